"""From a suite to launches, sittings and cells: what is measured by which processes, in which order."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import ValidationError

from harness import registry
from harness.contract import RACED, Cell, Device, Leg, Precision, Scope, Track, Workload
from harness.registry import UnknownName, hint
from harness.schema import Suite, WorkloadChoice

WORDS: Mapping[str, tuple[str, Sequence[str]]] = {
    "scopes": ("scope", RACED),
    "tracks": ("track", get_args(Track)),
    "device": ("device", get_args(Device)),
}
"""Fields of a suite that are a few words, with what one of them is called; precisions beside them."""


TRAINING = Leg("accuracy")
"""What a sitting ends with."""


class SuiteError(ValueError):
    """A suite that cannot be run. The message names the file, the field, the value and what would be accepted."""


class StrictLoader(yaml.SafeLoader):
    """Refuses a field that is given twice, of which YAML's own loader keeps the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping."""
        names = [self.construct_object(key) for key, _ in node.value]
        if twice := sorted({str(name) for name in names if names.count(name) > 1}):
            raise yaml.YAMLError(f"given more than once: {', '.join(twice)}")
        return super().construct_mapping(node, deep)


@dataclasses.dataclass(frozen=True)
class Sitting:
    """The arms' processes race one workload in one launch, then each trains it with one seed.

    Attributes:
        workload: With its track.
        arms: Those that take part.
        launch: Index of the launch, or None if only accuracy is measured.
        seed: Seed of the training, or None if only time is measured.
        legs: What is raced, in order.
    """

    workload: Workload
    arms: tuple[str, ...]
    precision: Precision
    threads: int
    epochs: int
    launch: int | None
    seed: int | None
    legs: tuple[Leg, ...]
    device: Device = "cpu"

    @property
    def name(self) -> str:
        """A file-system name, unique in a run."""
        index = self.launch if self.launch is not None else f"s{self.seed}"
        stock = "" if self.workload.track == "matched" else f"-{self.workload.track}"
        return f"{self.workload.name}-{self.precision}{stock}-{index}"

    def cell(self, arm: str, scope: Scope, batch_size: int | None = None) -> Cell | None:
        """Return the arm's cell of that scope in this sitting, or None if the sitting does not measure it.

        Args:
            arm: Whose it is.
            scope: What it measures.
            batch_size: Where the suite names it; None for the workload's own.
        """
        index = self.seed if scope == "accuracy" else self.launch
        if index is None or Leg(scope, batch_size) not in (*self.legs, TRAINING):
            return None
        return Cell(
            scope=scope,
            workload=self.workload.name,
            arm=arm,
            precision=self.precision,
            threads=self.threads,
            batch_size=batch_size or self.workload.batch_size,
            epochs=self.epochs,
            index=index,
            track=self.workload.track,
            device=self.device,
        )


@dataclasses.dataclass(frozen=True)
class Launch:
    """A set of fresh processes, an arm each, and the sittings that they go through. Starting them is dear.

    Attributes:
        alone: Workers start one at a time and have one sitting, so that cold start is measured undisturbed, and
            first steps and memory in processes that did nothing before.
    """

    sittings: tuple[Sitting, ...]
    alone: bool

    @property
    def name(self) -> str:
        """A file-system name, unique in a run."""
        first, more = self.sittings[0].name, len(self.sittings) - 1
        return f"{first}-and-{more}-more" if more else first


def read_suite(name: str) -> Suite:
    """Read a shipped suite by name, or any by the path of its YAML file.

    Raises:
        UnknownName: If there is neither such a suite nor such a file.
        SuiteError: If the file is no valid suite.
    """
    path = registry.suites().get(name) or Path(name)
    if not path.is_file():
        if path.suffix in (".yaml", ".yml") or os.sep in name:
            raise SuiteError(f"suite file {name!r} {'is a folder' if path.is_dir() else 'does not exist'}")
        raise UnknownName("suite", name, registry.suites())
    try:
        content = StrictLoader(path.read_text(encoding="utf-8")).get_single_data()
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a ValueError is bytes or a date that none can be
        raise SuiteError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    except OSError as error:
        raise SuiteError(f"{path}: cannot be read: {error.strerror}") from error
    if not isinstance(content, dict):
        given = "an empty file" if content is None else type(content).__name__
        raise SuiteError(f"{path}: a suite is a mapping of fields, not {given}")
    try:  # not the datasets: their modules take time that `twinbench list` does not have
        suite = Suite.model_validate({"name": path.stem, **expand(content)}, strict=True)
        workloads = _find(suite)
    except ValidationError as error:
        raise SuiteError("\n".join(f"{path}: {line}" for line in explain(error))) from error
    except UnknownName as error:
        raise SuiteError(f"{path}: {error}") from error
    if suite.baselines and not any(workload.suits_baselines for workload in workloads):
        raise SuiteError(f"{path}: field 'baselines': no workload here has a dataset that a classical model learns")
    return suite


def expand(content: dict[Any, Any]) -> dict[Any, Any]:
    """Write out a suite's short forms: ``all``, a workload given by its name alone, and the variants of techniques.

    Raises:
        UnknownName: If there is no technique of a name.
    """
    chosen, techniques, baselines = (content.get(field) for field in ("workloads", "techniques", "baselines"))
    if baselines == "all":
        baselines = list(registry.baselines())
    if chosen == "all":
        chosen = list(registry.workloads())
    if techniques == "all":
        techniques = list(registry.techniques())
    if isinstance(chosen, list):
        chosen = [{"name": item} if isinstance(item, str) else item for item in chosen]
    if isinstance(techniques, list) and (chosen is None or isinstance(chosen, list)):
        named = [item.get("name") for item in chosen or [] if isinstance(item, dict)]
        chosen = [*(chosen or []), *({"name": name} for name in variants(techniques) if name not in named)]
    given = {"workloads": chosen, "techniques": techniques, "baselines": baselines}
    return content | {field: value for field, value in given.items() if value is not None}


def variants(techniques: Iterable[Any]) -> list[str]:
    """Return the names of the workloads of all variants of these techniques.

    Raises:
        UnknownName: If there is no technique of a name.
    """
    found = [registry.find_technique(name) for name in dict.fromkeys(map(str, techniques))]
    return [variant.workload.name for technique in found for variant in technique.variants]


def explain(error: ValidationError, known_fields: Iterable[str] | None = None) -> Iterator[str]:
    """Yield one line per problem: the field, what is wrong, and the value given.

    Args:
        error: Of a suite, or of another file that a user wrote.
        known_fields: Of that other file.
    """
    for problem in error.errors(include_url=False):
        field = ".".join(str(part) for part in problem["loc"])
        match problem["type"]:
            case "missing":
                yield f"field {field!r} is missing"
            case "extra_forbidden":
                model = WorkloadChoice if problem["loc"][0] == "workloads" else Suite
                fields = model.model_fields if known_fields is None else known_fields
                yield f"unknown field {field!r}; {hint(str(problem['loc'][-1]), fields)}"
            case "literal_error":
                given, field_of = str(problem["input"]), str(problem["loc"][0])
                kind, known = WORDS.get(field_of, ("precision", get_args(Precision)))
                yield f"field {field!r}: unknown {kind} {given!r}; {hint(given, known)}"
            case "value_error":
                yield f"field {field!r}: {problem['ctx']['error']}" if field else str(problem["ctx"]["error"])
            case _:
                yield f"field {field!r}: {problem['msg']}, not {problem['input']!r}"


def check_names(suite: Suite) -> None:
    """Look up every name in a suite, so that a wrong one is met before the first measurement.

    Raises:
        UnknownName: If an arm, a workload, its dataset or what it begins with does not exist.
        SuiteError: If it begins with what another architecture has learnt.
    """
    for workload in _find(suite):
        registry.find_dataset(workload.dataset)
        try:
            registry.check_source(workload)
        except registry.Misfit as error:
            raise SuiteError(str(error)) from error


def _find(suite: Suite) -> list[Workload]:
    """Look up every name of a suite but those of datasets, and return the workloads."""
    for arm in suite.arms:
        registry.find_arm(arm)
    for technique in suite.techniques:
        registry.find_technique(technique)
    for baseline in suite.baselines:
        registry.find_baseline(baseline)
    return [registry.find_workload(choice.name) for choice in suite.workloads]


def plan(suite: Suite) -> list[Launch]:
    """Return a suite's launches, index by index, so that an interrupted run has something of everything.

    The first ``cold_starts`` have processes for each workload; the others go through all workloads of a precision,
    each launch beginning with another one, so that none is always the last.

    Raises:
        SuiteError: If the suite asks for more threads than there are cores, or for nothing at all.
    """
    if not suite.launches and not suite.seeds:
        raise SuiteError(f"suite {suite.name}: launches and seeds are both 0, so there is nothing to measure")
    if not suite.seeds and all(registry.find_arm(arm).witness for arm in suite.arms):
        raise SuiteError(f"suite {suite.name}: {', '.join(suite.arms)} is not raced, and seeds is 0")
    cores = len(os.sched_getaffinity(0))
    if suite.threads and suite.threads > cores:
        raise SuiteError(f"suite {suite.name}: threads is {suite.threads}, but only {cores} cores may be used")
    launches: list[Launch] = []
    for index in range(max(suite.launches, suite.seeds)):
        sittings = _sittings(suite, index, suite.threads or cores)
        if index < min(suite.cold_starts, suite.launches):
            launches += [Launch((sitting,), alone=True) for sitting in sittings]
            continue
        for precision in dict.fromkeys(sitting.precision for sitting in sittings):
            shared = [sitting for sitting in sittings if sitting.precision == precision]
            turn = index % len(shared)
            launches.append(Launch((*shared[turn:], *shared[:turn]), alone=False))
    return launches


def further(suite: Suite, begin: int, end: int, wanted: Collection[tuple[str, Precision, Track]]) -> list[Launch]:
    """Return launches from ``begin`` to before ``end`` for races that have no verdict yet; nothing is trained in them.

    Args:
        suite: Whose races they are.
        begin: Launches that there are.
        end: Launches that there are to be.
        wanted: Workload, precision and track of each race.
    """
    longer = suite.model_copy(update={"launches": end, "seeds": 0, "most_launches": None})
    found = []
    for launch in plan(longer):
        sittings = tuple(
            sitting
            for sitting in launch.sittings
            if (sitting.launch or 0) >= begin
            and (sitting.workload.name, sitting.precision, sitting.workload.track) in wanted
        )
        if sittings:
            found.append(Launch(sittings, launch.alone))
    return found


def fits(suite: Suite) -> list[Cell]:
    """Return the cells of a suite's classical models: each on every dataset that it can learn, seed by seed."""
    workloads = [registry.find_workload(choice.name) for choice in suite.workloads]
    datasets = dict.fromkeys(workload.dataset for workload in workloads if workload.suits_baselines)
    threads = suite.threads or len(os.sched_getaffinity(0))
    return [
        Cell(
            scope="accuracy",
            workload=dataset,
            arm=registry.classical().name,
            precision="fp64",
            threads=threads,
            batch_size=0,
            epochs=0,
            index=seed,
            baseline=baseline,
        )
        for seed in range(suite.seeds)
        for dataset in datasets
        for baseline in suite.baselines
    ]


def _workload(suite: Suite, choice: WorkloadChoice) -> Workload:
    workload = registry.find_workload(choice.name)
    if choice.batch_size and workload.metric:
        raise SuiteError(
            f"suite {suite.name}: {choice.name} learns with batches of {workload.batch_size}; its learning rate and "
            f"target are of these, and batch_size is for workloads without a metric"
        )
    return choice.sized(workload)


def _sittings(suite: Suite, index: int, threads: int) -> list[Sitting]:
    sittings = [
        Sitting(
            workload=dataclasses.replace(workload := _workload(suite, choice), track=track),
            arms=tuple(suite.runners(choice)),
            precision=precision,
            threads=threads,
            epochs=choice.epochs or workload.epochs,
            launch=index if index < suite.launches else None,
            seed=index if index < suite.seeds and workload.metric else None,
            legs=suite.legs(workload.batch_size),
            device=suite.device,
        )
        for choice in suite.workloads
        for precision in choice.precisions or suite.precisions
        for track in suite.tracks
    ]
    return [sitting for sitting in sittings if sitting.launch is not None or sitting.seed is not None]
