"""What is raced: an arm beside its twin, in turns and, as most benchmarks do it, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import registry
from harness.contract import Precision
from harness.matrix import plan
from harness.run.coordinator import Coordinator, Progress
from harness.schema import Record, Suite, WorkloadChoice
from harness.store.folder import RunFolder, is_final, latest

PROTOCOLS = {"interleaved": True, "sequential": False}
"""By the name of their folders: whether arms take turns."""


class Unraced(ValueError):
    """An arm or a count of which no certificate can be made. The message says why."""


@dataclass(frozen=True)
class Twins:
    """An arm against itself on one workload.

    Attributes:
        launches: Of each protocol.
        load: Artificial neighbours.
    """

    arm: str
    workload: str
    precision: Precision
    launches: int
    rounds: int
    threads: int | None
    load: int

    @property
    def arms(self) -> tuple[str, str]:
        """The arm, and what it is called when it stands beside itself."""
        return self.arm, self.arm + registry.TWIN

    @property
    def name(self) -> str:
        """A file-system name that tells races of an arm apart."""
        kind = "" if self.precision == "fp32" else f"-{self.precision}"
        return f"{self.arm}-{self.workload}{kind}" + (f"-load{self.load}" if self.load else "")

    def suite(self, protocol: str) -> Suite:
        """Return what a protocol runs."""
        beside = f", beside {self.load} busy neighbours" if self.load else ""
        return Suite(
            name=f"aa-{protocol}",
            title=f"{self.arm} against itself on {self.workload}, {protocol}{beside}",
            workloads=[WorkloadChoice(name=self.workload)],
            arms=list(self.arms),
            precisions=[self.precision],
            launches=self.launches,
            rounds=self.rounds,
            seeds=0,
            cold_starts=0,
            threads=self.threads,
            interleaved=PROTOCOLS[protocol],
        )

    def check(self) -> None:
        """See that the race can be run.

        Raises:
            Unraced: If the arm is not raced, or cannot run the workload here.
            UnknownName: If a name is not known.
            SuiteError: If there are fewer cores than threads.
            DatasetUnavailable: If the data cannot be had.
        """
        spec, workload = registry.find_arm(self.arm), registry.find_workload(self.workload)
        if spec.witness:
            raise Unraced(f"{self.arm} is a witness: it checks the others and is not raced")
        if reason := registry.unsupported(spec, workload, self.precision):
            raise Unraced(f"{self.arm} cannot race {self.workload} here: {reason}")
        plan(self.suite("interleaved"))
        registry.load_dataset(workload.dataset)


def race(twins: Twins, folders: dict[str, RunFolder], progress: Progress) -> bool:
    """Run the launches that are missing, of each protocol in turn, so that both meet the same minutes.

    Returns:
        Whether the user interrupted it.
    """
    done = sum(is_final(record) for folder in folders.values() for record in latest(folder.read_records()[0]))
    progress.begin(2 * twins.launches * len(folders), done)
    for launch in range(1, twins.launches + 1):
        for protocol, folder in folders.items():
            so_far = twins.suite(protocol).model_copy(update={"launches": launch})
            if Coordinator(so_far, folder, _Part(progress, protocol)).run().interrupted:
                return True
    return False


class _Part:
    """Shows one of many short runs as a part of the whole, under the name of its protocol."""

    def __init__(self, whole: Progress, protocol: str):
        self.whole = whole
        self.protocol = protocol

    def begin(self, cells: int, done: int) -> None:
        """Leave the number of cells to the whole."""

    def step(self, sitting: str, event: str) -> None:
        """Pass it on."""
        self.whole.step(f"{self.protocol} {sitting}", event)

    def record(self, record: Record) -> None:
        """Pass it on; the same cell of another protocol is another one."""
        self.whole.record(record.model_copy(update={"key": f"{self.protocol}-{record.key}"}))


def protocols(path: Path) -> dict[str, RunFolder]:
    """Return the folder of each protocol."""
    return {protocol: RunFolder(path / protocol) for protocol in PROTOCOLS}


def named(arms: Sequence[str], precision: Precision, workload: str) -> list[str]:
    """Return the arms that are asked for, or all that can.

    Raises:
        Unraced: If there is none.
    """
    chosen = list(dict.fromkeys(arms)) or registry.able(registry.find_workload(workload), precision)
    if not chosen:
        raise Unraced(f"no arm can race {workload} in {precision} here; see `twinbench doctor`")
    return chosen
