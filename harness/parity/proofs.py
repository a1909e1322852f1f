"""What has been proven: findings on file, by workload and arm, valid for the code and the versions they came from."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from harness import registry
from harness.contract import Device, Workload
from harness.measure.environment import library_versions, source_sha256
from harness.parity import bands
from harness.parity.engine import TECHNIQUES, Task, choose_reference, tasks
from harness.parity.gates import Finding
from harness.schema import Proof, Suite
from harness.store.atomic import write_atomically

REQUIRED = ("structure", "data", "sensitivity", "forward", "loss", "backward")
"""Gates that a pair must have passed before its matched track is raced."""

OF_TRAINING = ("train_mode", "training")
"""Further ones where the race is to tell what is learned: running statistics, steps of the workload's own optimizer,
epochs of ``fit``."""

OF_FORMS = ("slope", "training", "trajectory")
"""Further ones for a form of an arm: a compiler makes other code for training, for evaluation, for what is drawn and
for each size of batch, and the gates above see few of them."""


@dataclasses.dataclass(frozen=True)
class Pair:
    """An arm's half of a workload, to be proven against the reference's; or an arm's techniques, without workload.

    Attributes:
        device: What the half computes on; techniques by themselves compute on the CPU.
    """

    arm: str
    reference: str
    workload: Workload | None = None
    device: Device = "cpu"

    @property
    def name(self) -> str:
        """A file-system name, unique among the arms and workloads of a checkout."""
        on_gpu = "-gpu" * (self.device == "gpu")
        return f"{self.workload.name if self.workload else 'techniques'}-{self.arm}{on_gpu}"

    def key(self) -> str:
        """Return a hash of all that the proof rests on: code, versions, and what was compared."""
        known = {
            "workload": dataclasses.asdict(self.workload) if self.workload else None,
            "device": self.device,
            "arms": {arm: registry.versions(registry.find_arm(arm)) for arm in (self.arm, self.reference)},
            "libraries": library_versions(),
            "source": source_sha256(),
            "band": bands.largest(self.workload.name, self.arm) if self.workload else None,
        }
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()


class Proofs:
    """A folder with one file per pair."""

    def __init__(self, folder: Path):
        self.folder = folder

    def keep(self, pair: Pair, findings: Sequence[Finding]) -> None:
        """Add a pair's findings to those of the same code, gate by gate; findings of other code are dropped.

        Raises:
            OSError: If the file cannot be written.
        """
        gates = {finding.family for finding in findings}
        kept = [finding for finding in self.of(pair) if finding.family not in gates]
        content = {"key": pair.key(), "findings": [dataclasses.asdict(finding) for finding in [*kept, *findings]]}
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self._path(pair), json.dumps(content, indent=1) + "\n")

    def lacks(self, pair: Pair, gates: Iterable[str]) -> list[str]:
        """Return which of the gates the pair has not passed with this code: not tried, or failed."""
        passed: dict[str, bool] = {}
        for finding in self.of(pair):
            gate = finding.family
            passed[gate] = passed.get(gate, True) and finding.passed
        return [gate for gate in gates if not passed.get(gate)]

    def failed(self, pair: Pair) -> list[str]:
        """Return which gates the pair failed with this code, whoever asked for them."""
        return list(dict.fromkeys(finding.family for finding in self.of(pair) if not finding.passed))

    def of(self, pair: Pair) -> list[Finding]:
        """Return what has been found of the pair with this code."""
        try:
            content = json.loads(self._path(pair).read_text(encoding="utf-8"))
            return [Finding(**fields) for fields in content["findings"]] if content["key"] == pair.key() else []
        except (OSError, ValueError, KeyError, TypeError):  # absent or damaged: nothing is proven by it
            return []

    def _path(self, pair: Pair) -> Path:
        return self.folder / f"{pair.name}.json"


def pairs(suite: Suite) -> list[Pair]:
    """Return what a suite rests on: every half that it runs, and the techniques of every arm.

    Raises:
        ParityError: If none of its arms can run here.
    """
    reference = choose_reference(suite.arms)
    workloads = [(registry.find_workload(choice.name), suite.runners(choice)) for choice in suite.workloads]
    found = []
    for arm in suite.arms:
        spec = registry.find_arm(arm)
        halves = [
            Pair(arm, reference, workload, suite.device)
            for workload, runners in workloads
            if arm in runners and registry.unsupported(spec, workload, "fp64", suite.device) is None
        ]
        found += [*halves, Pair(arm, reference)] if halves else []
    return found


def required(pair: Pair) -> list[str]:
    """Return the gates that a pair must have passed before it is raced."""
    learns = OF_TRAINING if pair.workload and pair.workload.metric else ()
    compiled = OF_FORMS if registry.find_arm(pair.arm).form_of else ()
    gates = dict.fromkeys((*REQUIRED, *learns, *compiled))
    return [gate for gate in gates if (gate in TECHNIQUES) == (pair.workload is None)]


def unproven(suite: Suite, proofs: Proofs) -> dict[str, list[Task]]:
    """Return the gates that a suite's pairs have yet to pass with this code, as tasks by arm.

    These are the required ones, and any other that a pair is known to have failed.
    """
    todo: dict[str, list[Task]] = {}
    for pair in pairs(suite):
        lacking = proofs.lacks(pair, dict.fromkeys([*required(pair), *proofs.failed(pair)]))
        if lacking:
            todo.setdefault(pair.arm, []).extend(tasks([pair.workload] if pair.workload else [], lacking))
    return todo


def on_record(suite: Suite, proofs: Proofs) -> list[Proof]:
    """Return the required gates that a suite's pairs have passed, for the manifest of a run."""
    return [
        Proof(workload=finding.workload, arm=finding.arm, gate=finding.gate, figure=finding.figure)
        for pair in pairs(suite)
        for finding in proofs.of(pair)
        if finding.family in required(pair)
    ]


def describe(todo: dict[str, list[Task]]) -> str:
    """Return in words what is not proven: ``lenet_mnist5k (keras-jax, torch), techniques (torch)``."""
    arms: dict[str, list[str]] = {}
    for arm, its_tasks in todo.items():
        for task in its_tasks:
            arms.setdefault(task.name, []).append(arm)
    return ", ".join(f"{name} ({', '.join(its_arms)})" for name, its_arms in arms.items())


def keep(findings: Sequence[Finding], reference: str, proofs: Proofs, device: Device = "cpu") -> None:
    """File findings under their pairs.

    Args:
        findings: Of halves that computed on ``device``, and of techniques.
        reference: What they were compared with.
        proofs: Where to.
        device: See ``Pair``.

    Raises:
        OSError: If a file cannot be written.
    """
    by_pair: dict[tuple[str, str | None], list[Finding]] = {}
    for finding in findings:
        workload = None if finding.family in TECHNIQUES else finding.workload
        by_pair.setdefault((finding.arm, workload), []).append(finding)
    for (arm, workload), its_findings in by_pair.items():
        of = (registry.find_workload(workload), device) if workload else ()
        proofs.keep(Pair(arm, reference, *of), its_findings)
