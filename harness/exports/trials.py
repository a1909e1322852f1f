"""Write a model in every form that its framework offers, and see by another runtime whether it is the same model."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.metadata
import importlib.util
import itertools
import math
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from harness import matched, registry
from harness.contract import ArmSpec, Cell, Export, ExportForm, Outcome, Setup, Workload
from harness.measure.environment import fingerprint
from harness.parity.errors import distance
from harness.parity.pair import without_chance
from harness.registry import FRAMEWORKS
from harness.run.coordinator import store_dataset
from harness.run.process import HOME, Worker, WorkerFailure
from harness.run.sitting import START_TIMEOUT_S, StoredDataset, now
from harness.schema import Exports, ExportTrial

if TYPE_CHECKING:
    from harness.contract import Array

FORMS: tuple[ExportForm, ...] = get_args(ExportForm)

DEFAULT = ("mlp_digits", "lenet_mnist5k", "lstm_mnist1d", "transformer_movie_sentences")
"""A small one of each family that learns: dense, convolutional, recurrent, attention."""

SAMPLES = (32, 5)
"""Of the test set: those that are exported with, and those that show whether a batch may have another size."""

STEPS = 20
"""Of training before the export, so that nothing is where it began: not running statistics, not biases of 0."""

BOUND = 1e-4
"""Largest relative error that float32 may make; docs/exports.md has what was measured on either side of it."""

OPEN_S, EXPORT_S = 300.0, 300.0
"""For building and training a model, and for writing or running it in one form."""

LONGEST_REASON = 300

SUFFIXES: Mapping[ExportForm, str] = {"torch_export": ".pt2", "onnx": ".onnx", "litert": ".tflite", "saved_model": ""}
"""By which the frameworks know their files; a SavedModel is a folder."""

WORDS = {"export": "writing it", "run_export": "running it", "open": "building it", "block": "training it"}
"""What was asked of a process that failed."""

ANSI = re.compile(r"\x1b\[[0-9;]*m")
UNINFORMATIVE = re.compile(r"(\w+: )*in user code:|(.*\s)?Exception encountered when calling .*|File \".*|$")
"""Lines by which a framework only says that more follows."""

WITHIN = "Exception encountered when calling "
"""By which Keras leads from a traceback to what was raised there."""


class Unexportable(ValueError):
    """An arm, or a choice of forms, of which nothing can be exported. The message says why."""


def named(arms: Sequence[str], forms: Sequence[str]) -> list[ArmSpec]:
    """Return the arms that are asked for, or all that can run here and have one of the forms.

    Raises:
        UnknownName: If there is no such arm or form.
        Unexportable: If one writes its models in no such form, or none does.
    """
    for form in forms:
        if form not in FORMS:
            raise registry.UnknownName("form", form, FORMS)
    for spec in map(registry.find_arm, arms):
        if spec.form_of:
            raise Unexportable(f"{spec.name} is a form of {spec.form_of}: export that")
        if not spec.exports:
            raise Unexportable(f"{spec.name} writes its models in no form that others run")
        if forms and not _asked(spec, forms):
            offered = ", ".join(one.form for one in spec.exports)
            raise Unexportable(f"{spec.name} does not offer {', '.join(forms)}, only {offered}")
    known = registry.arms().values()
    able = [spec for spec in known if _asked(spec, forms) and not registry.missing(spec)]
    chosen = [registry.find_arm(arm) for arm in dict.fromkeys(arms)] or able
    if not chosen:
        raise Unexportable("no arm that can run here writes its models so; see `twinbench doctor`")
    return chosen


def attempt(
    arms: Sequence[ArmSpec], workloads: Sequence[Workload], forms: Sequence[str], tell: Callable[[str], None]
) -> list[Exports]:
    """Return what became of the model of every workload in every arm.

    Args:
        arms: By ``named``.
        workloads: Whose data can be had.
        forms: Only these; none means all that each arm has.
        tell: Takes what is being exported, as it goes on.
    """
    with tempfile.TemporaryDirectory(prefix="twinbench-exports-") as scratch:
        return [found for spec in arms for found in _of_arm(spec, workloads, forms, Path(scratch), tell)]


def _of_arm(
    spec: ArmSpec, workloads: Sequence[Workload], forms: Sequence[str], scratch: Path, tell: Callable[[str], None]
) -> list[Exports]:
    machine, asked = fingerprint(), _asked(spec, forms)
    with _Bench(spec, scratch, machine["cores_used"]) as bench:
        return [
            Exports(
                arm=spec.name,
                workload=workload.name,
                created=now(),
                cpu=machine["cpu"],
                cores=machine["cores_used"],
                versions=registry.versions(spec),
                packages=_packages(asked),
                steps=STEPS,
                samples=SAMPLES,
                bound=BOUND,
                trials=[_told(bench, workload, one, tell) for one in asked],
            )
            for workload in workloads
        ]


def _told(bench: _Bench, workload: Workload, export: Export, tell: Callable[[str], None]) -> ExportTrial:
    tell(f"{bench.spec.name}: {workload.name}, {export.form}")
    trial = bench.trial(workload, export)
    if trial.reason:
        tell(f"{bench.spec.name}: {workload.name}, {export.form}: {trial.outcome}: {trial.reason}")
    return trial


class _Bench:
    """Where an arm's models are written by one process and run by another, which never had them.

    Both end with the bench; one that has ended by itself is followed by a fresh one. For a form that lets another
    framework in there are two of their own.

    Attributes:
        hung: Whether the last attempt ended because no answer came.
    """

    def __init__(self, spec: ArmSpec, scratch: Path, threads: int):
        self.spec, self.scratch, self.threads = spec, scratch, threads
        self.workers: dict[tuple[str, frozenset[str]], Worker] = {}
        self.opened: dict[Worker, str] = {}
        self.hung = False
        self.numbers = itertools.count()
        self.stack = contextlib.ExitStack()

    def __enter__(self) -> _Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def trial(self, workload: Workload, export: Export) -> ExportTrial:
        """Write it for batches of any size; if that fails, for one size. What is wrong stays wrong."""
        if reason := registry.unsupported(self.spec, workload, "fp32") or _missing(export):
            return ExportTrial(form=export.form, outcome="unsupported", reason=reason)
        free = self._attempt(workload, export, None)
        if free.outcome != "failed" or self.hung:
            return free
        fixed = self._attempt(workload, export, SAMPLES[0])
        if fixed.outcome == "ok":
            return fixed.model_copy(update={"reason": f"for any size of batch: {free.reason}"})
        return free

    def _attempt(self, workload: Workload, export: Export, batch: int | None) -> ExportTrial:
        known: dict[str, Any] = {}
        self.hung = False
        number = next(self.numbers)
        path = self.scratch / f"{number}{SUFFIXES[export.form]}"
        try:
            x = self._samples(workload)
            writer = self._opened(workload, export)
            given, told = self._exchange(writer, "export", {"x": x}, form=export.form, path=str(path), batch=batch)
            known = {"seconds": told["seconds"], "bytes": _bytes(path)}
            runner = self._worker("run", export)
            inputs, outputs = given["inputs"], given["outputs"]
            found = self._run(runner, export, path, inputs)
            error = distance({"output": found}, {"output": outputs}, BOUND).error
            if not error <= BOUND:
                return _wrong(export, error, known)
            few = SAMPLES[1]
            try:
                again = self._run(runner, export, path, inputs[:few])
            except WorkerFailure as failure:
                known["reason"] = f"a batch of {few}: {self._reason(failure)}"
                return ExportTrial(form=export.form, outcome="ok", error=error, free_batch=False, **known)
            other = distance({"output": again}, {"output": outputs[:few]}, BOUND).error
            if not other <= BOUND:
                return _wrong(export, other, known)
            return ExportTrial(form=export.form, outcome="ok", error=max(error, other), free_batch=True, **known)
        except WorkerFailure as failure:
            self.hung = failure.outcome is Outcome.TIMEOUT
            return ExportTrial(form=export.form, outcome="failed", reason=self._reason(failure), **known)

    def _reason(self, failure: WorkerFailure) -> str:
        """Return the first line of an error that says something, without colours, and what was being done."""
        step, _, error = ANSI.sub("", str(failure)).partition(": ")
        for folder in (self.scratch, HOME):  # which say nothing to whoever reads it elsewhere
            error = error.replace(f"{folder}/", "")
        _, found, tail = error.rpartition(WITHIN)
        lines = [line.strip() for line in (found + tail if found else error).splitlines() if line.strip()]
        telling = [line for line in lines if not UNINFORMATIVE.fullmatch(line)] or lines
        line = f"{WORDS.get(step, step)}: {telling[0] if telling else failure.outcome.value}"
        return line if len(line) <= LONGEST_REASON else f"{line[: LONGEST_REASON - 1]}…"

    def _run(self, runner: Worker, export: Export, path: Path, inputs: Array) -> Array:
        found, _ = self._exchange(runner, "run_export", {"inputs": inputs}, run=export.run, path=str(path))
        return found["outputs"]

    def _exchange(
        self, worker: Worker, do: str, arrays: Mapping[str, Array], **request: Any
    ) -> tuple[dict[str, Array], dict[str, Any]]:
        """Make a request that takes arrays and answers with arrays; return them and what else the worker told."""
        given, answer = self.scratch / "given.npz", self.scratch / "answer.npz"
        answer.unlink(missing_ok=True)
        np.savez(given, **dict[str, Any](arrays))
        told = worker.ask(do, EXPORT_S, given=str(given), answer=str(answer), **request)
        with np.load(answer, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}, told

    def _opened(self, workload: Workload, export: Export) -> Worker:
        """Return the process that has the workload's model, trained for some steps."""
        worker = self._worker("write", export)
        if self.opened.get(worker) != workload.name:
            self.opened.pop(worker, None)
            # A code is sampled in evaluation too, and no two runtimes draw alike.
            noisy = workload.architecture.arguments.get("noise")
            tried = without_chance(workload) if noisy else workload
            worker.open(Cell.of(tried, self.spec.name, worker.setup), self._stored(workload), OPEN_S, tried)
            worker.ask("block", OPEN_S, steps=STEPS)
            self.opened[worker] = workload.name
        return worker

    def _stored(self, workload: Workload) -> StoredDataset:
        return store_dataset(registry.load_dataset(workload.dataset).first(workload.samples), self.scratch)

    def _samples(self, workload: Workload) -> Array:
        return matched.as_input(registry.load_dataset(workload.dataset).x_test[: SAMPLES[0]], workload.form)

    def _worker(self, task: str, export: Export) -> Worker:
        """Return the process for a task, with whatever frameworks the form wants beside the arm's own."""
        let_in = FRAMEWORKS & set(export.needs)
        known = task, let_in
        if known not in self.workers or self.workers[known].ended:
            spec = dataclasses.replace(self.spec, needs=(*self.spec.needs, *sorted(let_in)))
            log = self.scratch / f"{self.spec.name}-{task}.log"
            setup = Setup("fp32", self.threads, pinned=False)
            worker = self.stack.enter_context(Worker(spec, setup, log, self.scratch))
            worker.begin()
            try:
                worker.started(START_TIMEOUT_S)
            except WorkerFailure:
                worker.kill()
                raise
            self.workers[known] = worker
        return self.workers[known]


def _wrong(export: Export, error: float, known: Mapping[str, Any]) -> ExportTrial:
    if math.isfinite(error):
        reason = f"its outputs differ by {error:.1e} of their RMS (bound {BOUND:g})"
        return ExportTrial(form=export.form, outcome="wrong", reason=reason, error=error, **known)
    return ExportTrial(form=export.form, outcome="wrong", reason="its outputs are of another shape, or NaN", **known)


def _asked(spec: ArmSpec, forms: Sequence[str]) -> list[Export]:
    return [one for one in spec.exports if not forms or one.form in forms]


def _missing(export: Export) -> str | None:
    """Return what is not installed of all that a form needs, or None."""
    absent = [module for module in export.needs if importlib.util.find_spec(module) is None]
    return f"not installed: {', '.join(absent)}" if absent else None


def _packages(exports: Sequence[Export]) -> dict[str, str]:
    """Return the versions of what the forms need beside the arm's own distributions."""
    names = dict.fromkeys(module for one in exports for module in one.needs)
    held = importlib.metadata.packages_distributions()
    found = {}
    for module in names:
        for distribution in held.get(module, []):
            found[module] = importlib.metadata.version(distribution)
    return found


def _bytes(path: Path) -> int:
    files = [path] if path.is_file() else [one for one in path.rglob("*") if one.is_file()]
    return sum(file.stat().st_size for file in files)
