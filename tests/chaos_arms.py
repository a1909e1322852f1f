"""Arms that go wrong in every way an arm can, and a few that do not: tests of the harness run them in real processes.

Found by the registry when ``TWINBENCH_ARMS`` is ``chaos_arms``. An arm is called ``<fault>-<place>``; it computes with
the witness's NumPy, and unless its name says otherwise it reports that nobody else used the machine.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import importlib.util
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.contract import ArmSpec, DeviceMemory, NoDevice, Setup, Workload
from harness.measure import evidence
from models_numpy.arm import NumpyArm, NumpySession

GATE = Path("gate")
"""A named pipe in the current folder. While it exists, the arm ``gated`` tells its pid there and trains no further."""


def tell(line: str) -> None:
    """Leave a line in this process' log."""
    os.write(1, f"{line}\n".encode())


def hang() -> None:
    while True:
        time.sleep(60)


def leave_child() -> None:
    """Start a process that holds this one's output and channel open, and does not end when asked to."""
    deaf = "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(file=sys.stderr, flush=True)"
    child = subprocess.Popen(
        [sys.executable, "-c", f"{deaf}; time.sleep(600)"], pass_fds=[channel()], stderr=subprocess.PIPE
    )
    child.stderr.readline()  # returns when the child can no longer be ended politely
    tell(f"child {child.pid}")


def hang_with_child() -> None:
    leave_child()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    hang()


def exit_with_child() -> None:
    leave_child()
    os._exit(3)


def channel() -> int:
    return int(sys.argv[1])


def write_garbage() -> None:
    os.write(channel(), b"Segmentation fault (core dumped)\n")


def write_no_mapping() -> None:
    os.write(channel(), b'{"result": 7}\n')


def flood() -> None:
    for _ in range(100):
        os.write(channel(), b"x" * 2**20)


def close_channel() -> None:
    os.close(channel())
    hang()


def raise_memory_error() -> None:
    raise MemoryError("Unable to allocate 7.28 TiB")


def raise_device_error() -> None:
    raise RuntimeError("CHAOS_EXHAUSTED: 7.28 TiB")


def find_no_device() -> None:
    raise NoDevice("Chaos finds no GPU here")


def raise_error() -> None:
    raise ValueError("no such thing as a \udc80 layer")


def stumble() -> None:
    """Crash once in a run: the second process finds the first one's mark."""
    mark = Path(os.environ["KERAS_HOME"], "stumbled")
    if not mark.exists():
        mark.touch()
        os.abort()


def wait_at_gate() -> None:
    if GATE.exists():
        with GATE.open("w") as gate:
            gate.write(f"{os.getpid()}\n")
        hang()


FAULTS: dict[str, Callable[[], Any]] = {
    "exit": lambda: sys.exit(3),
    "segv": lambda: ctypes.string_at(0),
    "abort": os.abort,
    "hang": hang,
    "hangchild": hang_with_child,
    "exitchild": exit_with_child,
    "garbage": write_garbage,
    "nomapping": write_no_mapping,
    "flood": flood,
    "mute": close_channel,
    "nan": lambda: math.nan,
    "memory": raise_memory_error,
    "device": raise_device_error,
    "nodevice": find_no_device,
    "error": raise_error,
    "stumble": stumble,
    "gated": wait_at_gate,
}


class ChaosArm(NumpyArm):
    """The witness's arm, with the fault that its environment names."""

    def __init__(self, setup: Setup) -> None:
        tell(f"pid {os.getpid()}")
        self.fault, _, self.place = os.environ["CHAOS"].partition("-")
        self.foreign = 0.0
        self.phases = 0
        evidence.pressure = evidence.foreign = lambda before, after: self.foreign
        self.meet("start")
        self.brought_along = findable(BROUGHT_ALONG)
        super().__init__(setup)

    def device_memory(self) -> DeviceMemory:
        """Return peaks that tell the phases apart: each has a MiB more than the one before."""
        self.phases += 1
        return DeviceMemory(self.phases << 20, self.phases << 21, since_start=False)

    def meet(self, place: str) -> Any:
        """Go wrong if this is the place, and return what the fault returns."""
        return FAULTS[self.fault]() if place == self.place else None

    def open(self, workload: Workload, sample_shape: tuple[int, ...], outputs: int) -> ChaosSession:
        self.meet("open")
        return ChaosSession(super().open(workload, sample_shape, outputs), self)


class ChaosSession:
    """A session that counts how often it is loaded: once to open, once before each block."""

    def __init__(self, session: NumpySession, arm: ChaosArm) -> None:
        self.session = session
        self.arm = arm
        self.loads = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.session, name)

    def load(self, tensors: Mapping[str, Any], seed: int = 0) -> None:
        self.loads += 1
        self.session.load(tensors)

    def run_steps(self, count: int) -> float:
        block = self.loads - 1
        if self.arm.fault == "crowded":
            self.arm.foreign = 0.9 if self.arm.place in ("always", f"block{block}") else 0.0
        met = self.arm.meet("block" if block else "step")
        loss = self.session.run_steps(count)
        return loss if met is None else met

    def infer(self, count: int) -> float:
        told = self.session.infer(count)
        met = self.arm.meet("pass")
        return told if met is None else met

    def fit(self, x: Any, y: Any, orders: Sequence[Any], batch_size: int) -> list[float]:
        tell(f"fit: {len(orders)} epochs of {len(x)} samples")
        met = self.arm.meet("fit")
        losses = self.session.fit(x, y, orders, batch_size)
        if self.arm.place == "short":
            return losses[:-1]
        return losses if met is None else [*losses[:-1], met]

    def predict(self, x: Any, batch_size: int) -> Any:
        outputs = self.session.predict(x, batch_size)
        return outputs[:-1] if self.arm.place == "predict" else outputs

    def settings(self) -> Any:
        """Tell what a worker finds around it."""
        if self.arm.place == "settings":
            return {"list": [1, 2], "object": {"speechless": object}, "blob": {"blob": "x" * 2**20}}[self.arm.fault]
        return {
            "pid": os.getpid(),
            "staged": sorted({len(x) for x, _ in self.session.held()}),
            "code": evidence.__file__,
            "cores": sorted(os.sched_getaffinity(0)),
            "environment": dict(os.environ),
            "findable": findable(("torch", "tensorflow", "jax", "keras", "numpy")),
            "importable": importable(os.environ.get("CHAOS_IMPORT", "")),
            "brought along": [self.arm.brought_along, findable(BROUGHT_ALONG)],
        }


BROUGHT_ALONG = ("matplotlib", "pandas", "sklearn")


def findable(modules: Iterable[str]) -> list[str]:
    return [module for module in modules if importlib.util.find_spec(module)]


def importable(module: str) -> bool:
    with contextlib.suppress(ModuleNotFoundError):
        return bool(module and importlib.import_module(module))
    return False


def spec(name: str, **changes: Any) -> ArmSpec:
    environment = {"CHAOS": name} | changes.pop("environment", {})
    given = {
        "needs": (),
        "distributions": ("numpy",),
        "precisions": dict.fromkeys(("cpu", "gpu"), ("fp32", "fp64")),  # on a GPU they compute on the CPU all the same
        "architectures": {"linear": ("in_features", "out_features"), "mlp": ("in_features", "hidden", "out_features")},
    }
    return ArmSpec(name=name, entry="chaos_arms:ChaosArm", environment=environment, **(given | changes))


ARMS = (
    *(
        spec(name)
        for name in (
            "healthy-one", "healthy-two", "healthy-three",
            "exit-start", "error-start", "nodevice-start",
            "segv-open", "abort-step", "stumble-open", "error-open", "memory-step", "nan-step",
            "exit-block", "exitchild-block", "garbage-block", "flood-block", "mute-block", "nan-block", "nan-pass",
            "segv-fit", "error-fit", "nomapping-fit", "nan-fit", "none-short", "none-predict",
            "list-settings", "object-settings", "blob-settings",
            "hang-open", "hang-block", "hangchild-fit", "gated-fit",
            "crowded-block2", "crowded-always",
        )
    ),
    spec("device-open", out_of_memory=((), ("CHAOS_EXHAUSTED",))),
    spec("only-cpu", precisions={"cpu": ("fp32", "fp64")}),
    spec("with-tf32", precisions={"cpu": ("fp32", "fp64"), "gpu": ("fp32", "tf32", "fp64")}),
    spec("only-mlp", architectures={"mlp": ("in_features", "hidden", "out_features")}),
    spec("needs-torch", needs=("torch", "pandas"), environment={"CHAOS_IMPORT": "tensorflow", "OMP_NUM_THREADS": "7"}),
    spec("needs-tensorflow", needs=("tensorflow",), distributions=("tensorflow|tensorflow-cpu",)),
    spec("needs-nonsense", needs=("framework_that_nobody_wrote",)),
)  # fmt: skip
