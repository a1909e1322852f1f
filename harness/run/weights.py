"""What a worker does with a weights file: checks it against the half it is for, carries it in, or writes one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.contract import Portable, WeightsError, WeightsFile
from harness.store.checkpoints import UNREAD, is_pickle

if TYPE_CHECKING:
    from harness.contract import Array

MOST_NAMED = 4
"""Tensors that an error names; of more it tells how many."""


def carry_in(fresh: Callable[[], Portable], path: str, scratch: str) -> tuple[Portable, dict[str, Any]]:
    """Load a file into a fresh session; tell how it is stored, and what of it the canonical tensors do not hold.

    Args:
        fresh: Opens a session.
        path: The file.
        scratch: Path of a file to write meanwhile.

    Raises:
        WeightsError: If the file is a pickle, does not fit, holds what is not finite, or a number that has no place
            elsewhere.
    """
    if is_pickle(Path(path)):
        raise WeightsError(UNREAD)
    session = fresh()
    found = session.read(path)
    session.save(scratch)
    _check(found, session.read(scratch).tensors)
    session.restore(path)
    another = fresh()
    another.load(session.dump())
    another.save(scratch)
    carried = another.read(scratch).tensors
    lost = [name for name, tensor in found.tensors.items() if not np.array_equal(tensor, carried[name])]
    if homeless := [name for name in lost if _is_real(found.tensors[name])]:
        raise WeightsError(f"the other half has no place for {_few(homeless)}, here other than as it begins")
    return session, {"dtypes": dict(found.dtypes), "left": [*lost, *found.others]}


def carry_out(session: Portable, tensors: Mapping[str, Array], path: str) -> None:
    """Write canonical tensors to a file, and take them back from it into the session."""
    session.load(tensors)
    session.save(path)
    session.load({name: np.zeros_like(tensor) for name, tensor in tensors.items()})
    session.restore(path)


def _check(found: WeightsFile, expected: Mapping[str, Array]) -> None:
    """Refuse a file whose tensors are not exactly the model's; counters may be missing."""
    wrong = []
    if missing := [name for name in expected if name not in found.tensors and _is_real(expected[name])]:
        wrong.append("missing: " + _few([f"{name} {expected[name].shape}" for name in missing]))
    if extra := [name for name in found.tensors if name not in expected]:
        wrong.append("not the model's: " + _few([f"{name} {found.tensors[name].shape}" for name in extra]))
    for name, tensor in found.tensors.items():
        if name not in expected:
            continue
        if tensor.shape != expected[name].shape:
            wrong.append(f"{name}: shape {tensor.shape}, expected {expected[name].shape}")
        elif _is_real(tensor) != _is_real(expected[name]):
            wrong.append(f"{name}: stored as {found.dtypes[name]}, which its place in the model is not for")
        elif count := np.count_nonzero(~np.isfinite(tensor)):
            wrong.append(f"{name}: {count} of {tensor.size} numbers are NaN or infinite")
    if wrong:
        raise WeightsError("; ".join(wrong[:MOST_NAMED]) + _more(wrong))


def _is_real(tensor: Array) -> bool:
    return tensor.dtype.kind == "f"


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + _more(names)


def _more(names: Sequence[str]) -> str:
    return f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
