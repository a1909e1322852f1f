"""A worker process as the coordinator sees it: start it, ask it, and survive whatever it does."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.contract import ArmSpec, Cell, NoDevice, Outcome, Setup, Workload
from harness.measure.environment import visible_device
from harness.registry import BROUGHT_ALONG, FRAMEWORKS

if TYPE_CHECKING:
    from harness.run.sitting import StoredDataset

INHERITED = (
    "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV",
    "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "TWINBENCH_ARMS",
)  # fmt: skip
"""Variables that a worker may see; anything else might change what a framework does."""

HUGE_PAGES = "glibc.malloc.hugetlb=1"
"""Let malloc ask for huge pages. A process otherwise keeps a speed of its own, up to 11 % off its twin's, that comes
from the physical pages it happened to get (measured); every arm is given the same setting."""

HOME = Path(__file__).resolve().parents[2]
"""Where our packages lie: a checkout, or site-packages."""

GRACE_S = 1.0
POLL_S = 0.5
LONGEST_ANSWER = 1 << 24


class WorkerFailure(Exception):
    """A request that did not end in an answer.

    Attributes:
        outcome: What became of it.
    """

    def __init__(self, outcome: Outcome, reason: str):
        super().__init__(reason)
        self.outcome = outcome


class Worker:
    """One arm's process, leader of its own process group, its output in a file.

    Use as a context manager: leaving it kills the whole group. Packages in ``overlay`` take the place of ours.
    Threads may share one: each waits until the others have their answers.
    """

    def __init__(self, spec: ArmSpec, setup: Setup, log: Path, scratch: Path, overlay: Path | None = None):
        self.spec = spec
        self.log = log
        (scratch / "keras").mkdir(exist_ok=True)  # its KERAS_HOME
        ours, theirs = socket.socketpair()
        with log.open("ab") as output, theirs:
            self.spawned_ns = time.perf_counter_ns()
            self.process = subprocess.Popen(
                # -P: a file of the current folder must not stand in for a module of the worker.
                [sys.executable, "-P", "-m", "harness.run.worker", str(theirs.fileno()), str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment(spec, setup, scratch, overlay),
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self.channel = ours
        self.setup = setup
        self.pending = b""
        self.turn = threading.Lock()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def ended(self) -> bool:
        """Whether the process is gone."""
        return self.process.poll() is not None

    def begin(self) -> None:
        """Ask for the framework to be imported and configured, without waiting; ``started`` waits."""
        self._send(
            "start",
            entry=self.spec.entry,
            setup=dataclasses.asdict(self.setup),
            blocked=sorted(FRAMEWORKS - set(self.spec.needs)),
            meanwhile=sorted(BROUGHT_ALONG - set(self.spec.needs)),
            spawned_ns=self.spawned_ns,
        )

    def started(self, timeout_s: float) -> dict[str, Any]:
        """Wait for the answer to ``begin``.

        Raises:
            WorkerFailure: As for ``ask``.
        """
        return self._answer("start", timeout_s)

    def settle(self, timeout_s: float) -> None:
        """Wait until ``begin`` is answered or the worker has ended, and take neither; ``started`` then tells which."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.channel, selectors.EVENT_READ)
            selector.select(timeout_s)

    def open(
        self,
        cell: Cell,
        dataset: StoredDataset,
        timeout_s: float,
        workload: Workload | None = None,
        *,
        first_step: bool = True,
    ) -> dict[str, Any]:
        """Have a cell's model built; see ``harness.run.worker.Server.open``.

        Raises:
            WorkerFailure: As for ``ask``.
        """
        return self.ask(
            "open",
            timeout_s,
            cell=dataclasses.asdict(cell),
            dataset=dataset.fields,
            arrays=str(dataset.arrays),
            workload=dataclasses.asdict(workload) if workload else None,
            first_step=first_step,
        )

    def ask(self, do: str, timeout_s: float, **arguments: Any) -> dict[str, Any]:
        """Make one request and wait for its answer; nothing spins meanwhile.

        Raises:
            WorkerFailure: If the worker ends, hangs, answers nonsense or reports an exception.
        """
        with self.turn:
            self._send(do, **arguments)
            return self._answer(do, timeout_s)

    def _send(self, do: str, **arguments: Any) -> None:
        # A worker that has ended is noticed by whoever waits for its answer.
        with contextlib.suppress(OSError):
            self.channel.sendall(json.dumps({"do": do, **arguments}).encode() + b"\n")

    def _answer(self, do: str, timeout_s: float) -> dict[str, Any]:
        line = self._receive(do, timeout_s)
        try:
            reply = json.loads(line)
            error, result = reply.get("error"), reply.get("result")
        except (ValueError, AttributeError, RecursionError):
            raise self._babbled(do, line) from None
        if error is not None:
            raise WorkerFailure(self._classify(str(error)), f"{do}: {error}")
        if not isinstance(result, dict):
            raise self._babbled(do, line)
        return result

    def kill(self) -> None:
        """End the process and all its descendants in the group: politely, then not. Safe to call again."""
        if self.channel.fileno() < 0:  # done before; the number of the group may be another's by now
            return
        for sign, wait_s in ((signal.SIGTERM, GRACE_S), (signal.SIGKILL, None)):
            try:
                os.killpg(self.process.pid, sign)
            except ProcessLookupError:
                break
            try:
                self.process.wait(wait_s)
            except subprocess.TimeoutExpired:
                continue
        self.process.wait()
        self.channel.close()

    def _receive(self, do: str, timeout_s: float) -> bytes:
        deadline = time.monotonic() + timeout_s
        if self.channel.fileno() < 0:
            raise self._ended(do)
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self.channel, selectors.EVENT_READ)
                while b"\n" not in self.pending:
                    if (left := deadline - time.monotonic()) <= 0:
                        raise self._hung(do, timeout_s)
                    if selector.select(min(left, POLL_S)):
                        if not (received := self.channel.recv(1 << 20)):
                            raise self._ended(do)
                        self.pending += received
                        if len(self.pending) > LONGEST_ANSWER:
                            raise self._babbled(do, self.pending)
                    elif self.process.poll() is not None:  # a descendant may hold the socket open
                        raise self._ended(do)
        except OSError:
            raise self._ended(do) from None
        line, _, self.pending = self.pending.partition(b"\n")
        return line

    def _hung(self, do: str, timeout_s: float) -> WorkerFailure:
        os.kill(self.process.pid, signal.SIGUSR1)  # leaves the stacks of all threads in the log
        time.sleep(0.1)
        self.kill()
        return WorkerFailure(Outcome.TIMEOUT, f"{do}: no answer within {timeout_s:g} s")

    def _babbled(self, do: str, received: bytes) -> WorkerFailure:
        self.kill()
        return WorkerFailure(Outcome.INVALID_RESULT, f"{do}: not an answer: {received[:80]!r}")

    def _ended(self, do: str) -> WorkerFailure:
        try:
            code = self.process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return WorkerFailure(Outcome.INVALID_RESULT, f"{do}: the worker closed its channel")
        self.kill()
        if code < 0:
            names = {int(sign): sign.name for sign in signal.Signals}
            reason = f"{do}: killed by {names.get(-code, f'signal {-code}')}"
            if -code == signal.SIGKILL:
                reason += " (by the kernel, if memory ran out)"
        else:
            reason = f"{do}: exited with status {code}"
        return WorkerFailure(Outcome.CRASHED, reason)

    def _classify(self, error: str) -> Outcome:
        if error.startswith(NoDevice.__name__):
            return Outcome.UNSUPPORTED
        on_host, on_device = self.spec.out_of_memory
        if error.startswith("MemoryError") or any(fragment in error for fragment in on_host):
            return Outcome.OUT_OF_MEMORY_HOST
        if any(fragment in error for fragment in on_device):
            return Outcome.OUT_OF_MEMORY_DEVICE
        return Outcome.CRASHED


def _devices(setup: Setup) -> dict[str, str]:
    """Return the variables by which frameworks find their device, and by which they share it with their rivals."""
    if setup.device == "cpu":
        return {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
    return {
        "CUDA_VISIBLE_DEVICES": visible_device(os.environ),
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",  # NVML counts so; CUDA puts the fastest first
        "JAX_PLATFORMS": "cuda,cpu",
        # Each of them would take most of the memory for itself, and the driver's view of it would tell nothing.
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
        "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    }


def environment(spec: ArmSpec, setup: Setup, scratch: Path, overlay: Path | None = None) -> dict[str, str]:
    """Return all the variables that a worker sees."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return inherited | {
        # The code that the coordinator runs, not another checkout's that is installed in editable form.
        "PYTHONPATH": os.pathsep.join(map(str, filter(None, [overlay, inherited.get("PYTHONPATH"), HOME]))),
        "GLIBC_TUNABLES": HUGE_PAGES,
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        **_devices(setup),
        "JAX_ENABLE_X64": "1" if setup.precision == "fp64" else "0",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "OMP_NUM_THREADS": str(setup.threads),
        # A user's ~/.keras/keras.json may set another float type or image format.
        "KERAS_HOME": str(scratch / "keras"),
        "TORCHINDUCTOR_CACHE_DIR": str(scratch / "inductor"),  # what torch.compile leaves goes with the run
        **spec.environment,
    }
