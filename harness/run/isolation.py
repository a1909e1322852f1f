"""What a worker does before it imports anything heavy: fewer cores, no neighbours, no orphan's life."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Collection, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import ClassVar

PR_SET_PDEATHSIG = 1


class NeighbourBlocker(PathFinder):
    """Finds every module but the blocked ones, which seem not to be installed.

    Keras imports TensorFlow wherever it is installed, to seed it, and scikit-learn, pandas and matplotlib: 400 MB and
    seconds that are not the arm's.
    """

    blocked: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return None for a blocked module, and what Python would find for any other."""
        if fullname.partition(".")[0] in cls.blocked:
            return None
        return super().find_spec(fullname, path, target)


def keep_out(modules: Collection[str]) -> None:
    """Make the modules unimportable in this process.

    Raises:
        RuntimeError: If one of them is already loaded.
    """
    if loaded := sorted(set(modules) & sys.modules.keys()):
        raise RuntimeError(f"already imported: {', '.join(loaded)}")
    NeighbourBlocker.blocked = frozenset(modules)
    sys.meta_path[sys.meta_path.index(PathFinder)] = NeighbourBlocker


def let_in(modules: Collection[str]) -> None:
    """Make modules that were kept out importable again."""
    NeighbourBlocker.blocked -= frozenset(modules)


def limit_cores(count: int) -> None:
    """Cut this process to the first ``count`` of its cores; thread pools started later size themselves by it."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:count])


def die_with_parent(parent: int) -> None:
    """Ask Linux to kill this process when its parent ends, even by SIGKILL."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before we asked
        os._exit(1)
