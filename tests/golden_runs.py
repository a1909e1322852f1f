"""Recorded runs, narrowed and changed in a figure or two, whose whole reports are kept as files and read by people.

``make golden`` writes the files anew. What it changes in them is to be read as a reader of a report would, before it is
committed.
"""

from __future__ import annotations

import dataclasses
import functools
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from harness import registry
from harness.contract import Outcome
from harness.report import markdown
from harness.report.plots import Pictures
from harness.report.summary import Summary, summarize
from harness.schema import Manifest, Record
from harness.store.folder import RunFolder

HOME = Path(__file__).resolve().parents[1]
FOLDER = HOME / "tests" / "harness" / "report" / "golden"
Which = Callable[[Record], bool]


@dataclasses.dataclass(frozen=True)
class Run:
    """What a run recorded, as much of it as is looked at."""

    manifest: Manifest
    records: Sequence[Record]
    damaged: Sequence[str] = ()

    def narrowed(self, *workloads, arms=None, precision="fp32", seeds=None, launches=None):
        """Return some workloads, arms, seeds and launches of it, as if no more had been asked for.

        A precision of None stands for all that were recorded of them.
        """
        suite = self.manifest.suite
        arms = list(arms or suite.arms)
        seeds, launches = (suite.seeds if seeds is None else seeds), (suite.launches if launches is None else launches)
        precisions = ["fp32", "bf16"] if precision is None else [precision]
        choices = [
            choice.model_copy(update={"precisions": None}) for choice in suite.workloads if choice.name in workloads
        ]
        asked = {"workloads": choices, "arms": arms, "precisions": precisions, "seeds": seeds, "launches": launches}
        manifest = self.manifest.model_copy(
            update={
                "suite": suite.model_copy(update=asked),
                "arms": [arm for arm in self.manifest.arms if arm.name in arms],
                "proofs": self.manifest.proofs
                and [proof for proof in self.manifest.proofs if proof.workload in workloads and proof.arm in arms],
            }
        )
        records = [
            record
            for record in self.records
            if (record.cell.workload in workloads and record.cell.arm in arms and record.cell.precision in precisions)
            and record.cell.index < (seeds if record.cell.scope == "accuracy" else launches)
        ]
        return Run(manifest, records)

    def asked(self, **changes):
        """Return it with other fields of its suite."""
        suite = self.manifest.suite.model_copy(update=changes)
        return self.told(suite=suite)

    def told(self, **changes):
        """Return it with other fields of its manifest."""
        return dataclasses.replace(self, manifest=self.manifest.model_copy(update=changes))

    def changed(self, which: Which, change: Callable[[Record], Record]):
        """Return it with some of its records changed."""
        records = [change(record) if which(record) else record for record in self.records]
        return dataclasses.replace(self, records=records)

    def without(self, which: Which):
        """Return it without some of its records."""
        return dataclasses.replace(self, records=[record for record in self.records if not which(record)])

    def beside(self, which: Which, change: Callable[[Record], Record]):
        """Return it with changed copies of some of its records beside them."""
        more = [change(record) for record in self.records if which(record)]
        return dataclasses.replace(self, records=[*self.records, *more])

    def summary(self) -> Summary:
        """Return its figures."""
        known = registry.workloads() | registry.variants()
        return summarize(self.manifest, self.records, known, registry.techniques(), self.damaged)

    def report(self) -> str:
        """Return its report, without pictures."""
        return markdown.render(self.summary(), Pictures({}, None))


@functools.cache
def recorded(name: str, home: Path = HOME / "results" / "reference") -> Run:
    """Return a run that was recorded."""
    folder = RunFolder(home / name)
    return Run(folder.read_manifest(), folder.read_records()[0])


def of(arm=None, scope=None, index=None, workload=None) -> Which:
    """Return which records are of an arm, a scope, a seed or launch and a workload; what is not named is any."""
    asked = {"arm": arm, "scope": scope, "index": index, "workload": workload}
    named = {field: value for field, value in asked.items() if value is not None}
    return lambda record: all(getattr(record.cell, field) == value for field, value in named.items())


def placed(record: Record, **place) -> Record:
    """Return a record as one of another cell."""
    return record.model_copy(update={"cell": dataclasses.replace(record.cell, **place)})


def scored(record: Record, metric: Callable[[float], float]) -> Record:
    """Return a record with another metric."""
    accuracy = record.accuracy.model_copy(update={"metric": metric(record.accuracy.metric)})
    return record.model_copy(update={"accuracy": accuracy})


def timed(record: Record, change: Callable[..., dict]) -> Record:
    """Return a record with its blocks changed, each by what ``change`` gives for it."""
    blocks = [dataclasses.replace(block, **change(block)) for block in record.timing.blocks]
    return record.model_copy(update={"timing": record.timing.model_copy(update={"blocks": blocks})})


def slower(factor: float) -> Callable[[Record], Record]:
    """Return what makes a record so many times as slow."""
    return lambda record: timed(record, lambda block: {"wall_ns": round(block.wall_ns * factor)})


def disturbed(record: Record) -> Record:
    """Return a record of a launch that other programs disturbed in all rounds but the first."""
    return timed(record, lambda block: {"contended": block.round > 0, "pressure": 0.4, "foreign": 0.3})


def failed(outcome: Outcome, reason: str) -> Callable[[Record], Record]:
    """Return what makes a record one of a failure."""
    gone = {"outcome": outcome, "reason": reason, "timing": None, "accuracy": None, "fit": None, "initial_sha256": None}
    return lambda record: record.model_copy(update={**gone, "settings": {}, "parameters": None, "log": "logs/1.log"})


ARMS = ("torch", "keras-tensorflow", "keras-jax", "keras-torch")
JAX = "keras-jax"


def with_stock(run: Run, by: float = 0.0) -> Run:
    """The same run once more in the stock track, in which JAX does worse."""
    other = run.asked(tracks=["matched", "stock"]).beside(lambda record: True, lambda r: placed(r, track="stock"))
    return other.changed(
        lambda record: record.cell.track == "stock" and of(JAX, "accuracy")(record),
        lambda record: scored(record, lambda metric: metric - by),
    )


def with_initializers(run: Run, by: float = 0.5) -> Run:
    """Its trainings as those of two variants of a technique: with weights of zero nothing is learned, or is it?"""
    known = [("initializers.torch_default", 0.0), ("initializers.zeros", by)]
    choice = run.manifest.suite.workloads[0]
    renamed = run.asked(
        workloads=[choice.model_copy(update={"name": name, "epochs": 1}) for name, _ in known],
        techniques=["initializers"],
        launches=0,
    )
    trained = [record for record in run.records if record.accuracy]
    records = [
        scored(placed(record, workload=name, epochs=1), lambda metric, less=less: max(0.1, metric - less))
        for name, less in known
        for record in trained
    ]
    return dataclasses.replace(renamed, records=records)


def verdicts() -> Run:
    """A run with all that verdicts need: two networks in four arms, as they were recorded."""
    return recorded("cpu").narrowed("mlp_digits", "lenet_mnist5k", arms=ARMS)


def failures() -> Run:
    """One arm that cannot run here, one that dies in every launch and diverges once, cells without a record."""
    run = recorded("cpu").narrowed("mlp_digits", arms=ARMS)
    arms = [
        arm.model_copy(update={"supported": False, "reason": "not installed: jax"}) if arm.name == "keras-jax" else arm
        for arm in run.manifest.arms
    ]
    run = run.told(arms=arms).without(of("keras-jax"))
    run = run.changed(of("keras-torch", "step"), failed(Outcome.CRASHED, "the process ended with signal 11"))
    run = run.changed(of("keras-torch", "accuracy", 3), failed(Outcome.DIVERGED, "the loss is not a number"))
    run = run.without(of("keras-tensorflow", "step", 7)).without(of("keras-tensorflow", "accuracy", 4))
    return dataclasses.replace(run, damaged=["records/0a1b-1.json: its checksum does not match its content"])


def only_failures() -> Run:
    """Every cell of every arm failed."""
    run = recorded("quick").narrowed("mlp_digits", arms=ARMS[:2])
    return run.changed(lambda record: True, failed(Outcome.TIMEOUT, "no answer in 900 s"))


def one_arm() -> Run:
    """One arm by itself: nothing to compare it with."""
    return recorded("cpu").narrowed("mlp_digits", arms=["torch"])


def one_seed() -> Run:
    """One seed and one launch: estimates without intervals."""
    return recorded("quick").narrowed("mlp_digits", "cnn_mnist1d", arms=ARMS[:3], seeds=1, launches=1)


def inconclusive() -> Run:
    """Seeds and launches that scatter: an accuracy as it was recorded, and times that differ from launch to launch."""
    run = recorded("cpu").narrowed("cnn_mnist1d", arms=ARMS[:2])
    for launch in (1, 3, 5, 7):
        run = run.changed(of("keras-tensorflow", "step", launch), slower(0.8))
    return run


def unstable() -> Run:
    """Other programs disturbed most rounds of one arm."""
    return recorded("cpu").narrowed("mlp_digits", arms=ARMS[:3]).changed(of("keras-jax", "step"), disturbed)


def broken() -> Run:
    """Nobody asked for proof, and one arm began from other parameters than the others."""
    run = recorded("quick").narrowed("mlp_digits", arms=ARMS[:3]).told(proofs=None)
    return run.changed(
        of("keras-jax", "accuracy", 0), lambda record: record.model_copy(update={"initial_sha256": "f" * 64})
    )


def inference() -> Run:
    """Train steps and forward passes of one network beside a public implementation; nothing is learned."""
    return recorded("peers/torch").narrowed("bert_synthetic")


def precisions() -> Run:
    """One network in both precisions, as it was recorded."""
    return recorded("cpu").narrowed("lenet_mnist5k", arms=ARMS[:3], precision=None)


def tracks() -> Run:
    """Both tracks: in the stock one, copied from the matched one, a framework does worse and another is slower."""
    run = with_stock(recorded("cpu").narrowed("mlp_digits", arms=ARMS[:3]), 0.03)
    return run.changed(
        lambda record: record.cell.track == "stock" and of("keras-tensorflow", "step")(record), slower(1.5)
    )


def technique() -> Run:
    """Two variants of a technique, one of which is expected to learn nothing and does in one arm only."""
    run = with_initializers(recorded("cpu").narrowed("mlp_digits", arms=ARMS[:3]), 0.9)
    return run.changed(
        of(JAX, "accuracy", workload="initializers.zeros"), lambda record: scored(record, lambda metric: metric + 0.7)
    )


def initializers() -> Run:
    """Three variants of a technique in both tracks, as they were recorded."""
    return recorded("technique", HOME / "tests" / "recorded")


def classical() -> Run:
    """Two networks beside classical models that were fitted to the same data; one of them could not be."""
    run = recorded("cpu").narrowed("mlp_digits", "softmax_digits", arms=["torch"], launches=0)
    fits = recorded("fits", HOME / "tests" / "recorded")
    arms = [*run.manifest.arms, *(arm for arm in fits.manifest.arms if arm.name == "sklearn")]
    run = run.asked(baselines=fits.manifest.suite.baselines).told(arms=arms)
    run = dataclasses.replace(run, records=[*run.records, *(record for record in fits.records if record.fit)])
    return run.changed(
        lambda record: record.cell.baseline == "nearest_neighbours", failed(Outcome.TIMEOUT, "no answer in 900 s")
    )


def nothing() -> Run:
    """A run that was begun and came to nothing."""
    return recorded("quick").narrowed("mlp_digits", arms=ARMS[:2]).without(lambda record: True)


RUNS: dict[str, Callable[[], Run]] = {
    make.__name__: make
    for make in (
        verdicts,
        failures,
        only_failures,
        one_arm,
        one_seed,
        inconclusive,
        unstable,
        broken,
        inference,
        precisions,
        tracks,
        technique,
        initializers,
        classical,
        nothing,
    )
}


def main() -> None:
    """Write every report anew and take away those of runs that are no more."""
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.md"):
        path.unlink()
    for name, make in RUNS.items():
        (FOLDER / f"{name}.md").write_text(make().report(), encoding="utf-8")
        sys.stdout.write(f"{FOLDER / name}.md\n")


if __name__ == "__main__":
    main()
