"""Checks that need Keras on a backend of their own run as scripts, in forks of one process per backend."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "",
    "XLA_FLAGS": "--xla_backend_optimization_level=0",  # each program runs once: compiling it is most of what JAX does
}


class Server:
    """A process that has imported Keras on one backend, ``check_server.py``, and runs checks one after the other."""

    def __init__(self, backend: str, scratch: Path):
        self.scratch = scratch / backend
        self.scratch.mkdir()
        self.turn = threading.Lock()
        self.numbers = itertools.count()
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "check_server.py")],
            env=os.environ | ENVIRONMENT | {"KERAS_BACKEND": backend, "PYTHONPATH": str(HERE.parents[1])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def check(self, script: str, arguments: Sequence[str], first: Path) -> Any:
        """Run a script and return what it prints."""
        assert self.process.stdin
        assert self.process.stdout
        with self.turn:
            out, err = (self.scratch / f"{next(self.numbers)}.{way}" for way in ("out", "err"))
            asked = {"script": str(HERE / script), "arguments": arguments, "first": str(first)}
            print(json.dumps(asked | {"out": str(out), "err": str(err)}), file=self.process.stdin, flush=True)
            status = self.process.stdout.readline().strip()
        assert status == "0", err.read_text()[-2000:] if err.exists() else "the process that runs checks has ended"
        return json.loads(out.read_text())

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()


@pytest.fixture(scope="session")
def run_check(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Any]]:
    """``run_check("bridge_check.py", "jax", *arguments)``: what the script prints as JSON on that backend.

    Packages below ``first`` are found before those of this repository. Who will ask for other backends too says so with
    ``also``: these are run meanwhile, as many at a time as there are cores.
    """
    scratch = tmp_path_factory.mktemp("checks")
    begun: dict[tuple[Any, ...], Future[Any]] = {}
    servers: dict[str, Server] = {}
    starting = threading.Lock()

    def check(backend: str, script: str, arguments: Sequence[str], first: Path) -> Any:
        with starting:
            if backend not in servers:
                servers[backend] = Server(backend, scratch)
        return servers[backend].check(script, arguments, first)

    def run_check(script: str, backend: str, *arguments: str, first: Path = HERE, also: Sequence[str] = ()) -> Any:
        for one in (backend, *also):
            asked = (one, script, arguments, first)
            if asked not in begun:
                begun[asked] = pool.submit(check, *asked)
        return begun[backend, script, arguments, first].result()

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        yield run_check
    for server in servers.values():
        server.close()
