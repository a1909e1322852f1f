"""Find what exists, without importing a framework: arms, workloads, architectures, suites.

Nothing is listed by hand. An arm is an ``ArmSpec`` in the ``ARMS`` of a ``models_*`` package; a workload is a file
in ``benchmarks/workloads`` with a ``WORKLOAD``; a dataset is a file in ``benchmarks/datasets`` with a ``load``; a
classical model is one of the ``BASELINES`` of ``models_sklearn``.
Further packages with ``ARMS`` are named in the environment variable ``TWINBENCH_ARMS``, separated by commas.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import importlib.util
import os
import pkgutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import cast, get_args

from harness.contract import Arm, ArmSpec, Baseline, Dataset, Device, Precision, Setup, Technique, Workload

FRAMEWORKS = frozenset({"torch", "tensorflow", "jax", "keras"})
"""Top-level modules that a worker keeps out unless its arm needs them."""

BROUGHT_ALONG = frozenset({"matplotlib", "pandas", "sklearn"})
"""Modules that Keras imports wherever it finds them, for what no arm uses: a quarter to three fifths of the time that
it takes. While a worker imports its framework it keeps them out too, unless its arm needs them: what an arm costs is
not to depend on what else is installed."""

BEYOND_A_WITNESS = (
    "loss_options",
    "one_hot",
    "schedule",
    "regularizer",
    "augmentation",
    "train_step",
    "checkpointing",
    "stopping",
    "transfer",
    "loading",
)
"""Fields of a workload that only the halves of pairs read."""

TWIN = "-twin"
"""Ends the name of an arm that stands beside itself in a race (``twinbench aa``)."""

ARM_PACKAGES = ("models_torch", "models_keras", "models_numpy")
CLASSICAL_PACKAGE = "models_sklearn"


class UnknownName(ValueError):
    """A name that nothing in the registry bears. The message offers the nearest one."""

    def __init__(self, kind: str, name: str, known: Iterable[str]):
        super().__init__(f"unknown {kind} {name!r}; {hint(name, known)}")


class Misfit(ValueError):
    """Names that exist, of what does not fit together. The message says why."""


def hint(name: str, known: Iterable[str]) -> str:
    """Return a question for the name that comes nearest, or all that are known."""
    import difflib  # 2 ms that a worker need not spend

    known = sorted(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known) or 'none'}"


@functools.cache
def arms() -> dict[str, ArmSpec]:
    """Return every arm by name, in the order of declaration, whether or not its framework is installed.

    Raises:
        UnknownName: If ``TWINBENCH_ARMS`` names a package that cannot be found.
    """
    return {spec.name: spec for spec in _declared() if spec.form_of is None}


@functools.cache
def forms() -> dict[str, ArmSpec]:
    """Return the arms that are another's halves compiled in another way: they run where they are named."""
    return {spec.name: spec for spec in _declared() if spec.form_of is not None}


def every_arm() -> dict[str, ArmSpec]:
    """Return all that can be named: arms and forms of them."""
    return arms() | forms()


def _declared() -> Iterator[ArmSpec]:
    further = [name for name in os.environ.get("TWINBENCH_ARMS", "").split(",") if name]
    for name in further:
        if not importlib.util.find_spec(name.partition(".")[0]):
            raise UnknownName("package in TWINBENCH_ARMS", name, ARM_PACKAGES)
    packages = [name for name in ARM_PACKAGES if importlib.util.find_spec(name)]
    for name in [*packages, *further]:
        yield from importlib.import_module(name).ARMS


@functools.cache
def workloads() -> dict[str, Workload]:
    """Return every workload by name."""
    package = importlib.import_module("benchmarks.workloads")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return {name: cast(Workload, importlib.import_module(f"{package.__name__}.{name}").WORKLOAD) for name in names}


@functools.cache
def techniques() -> dict[str, Technique]:
    """Return every family of techniques by name: a file in ``benchmarks/techniques`` with a ``TECHNIQUE``."""
    package = importlib.import_module("benchmarks.techniques")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = (importlib.import_module(f"{package.__name__}.{name}") for name in names)
    found = [cast(Technique, module.TECHNIQUE) for module in modules if hasattr(module, "TECHNIQUE")]
    return {technique.name: technique for technique in found}


def find_technique(name: str) -> Technique:
    """Return the family of techniques of that name.

    Raises:
        UnknownName: If there is none.
    """
    if name not in techniques():
        raise UnknownName("technique", name, techniques())
    return techniques()[name]


def variants() -> dict[str, Workload]:
    """Return the workload of every variant of a technique, by its name: the technique's, a full stop, its own."""
    return {variant.workload.name: variant.workload for one in techniques().values() for variant in one.variants}


def find_pretrained(name: str) -> ModuleType | None:
    """Return the module of ``benchmarks/pretrained`` of that name, if there is one: weights that others trained."""
    package = importlib.import_module("benchmarks.pretrained")
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    return importlib.import_module(f"{package.__name__}.{name}") if name in names else None


def check_source(workload: Workload) -> None:
    """Look up what a workload begins with, if it begins with what was learnt before.

    Raises:
        UnknownName: If there is no such workload, and no such weights.
        Misfit: If it is a workload of another architecture.
    """
    transfer = workload.transfer
    if transfer is None or find_pretrained(transfer.source):
        return
    source = find_workload(transfer.source)
    if source.architecture != workload.architecture:
        raise Misfit(f"{workload.name}: its source {source.name} is of another architecture")


def find_dataset(name: str) -> ModuleType:
    """Return the module of a dataset, by the name of its file in ``benchmarks/datasets``.

    Raises:
        UnknownName: If there is no such file, or it has no ``load``.
    """
    package = importlib.import_module("benchmarks.datasets")
    modules = [module.name for module in pkgutil.iter_modules(package.__path__)]
    if name not in modules or not hasattr(module := importlib.import_module(f"{package.__name__}.{name}"), "load"):
        known = (name for name in modules if hasattr(importlib.import_module(f"{package.__name__}.{name}"), "load"))
        raise UnknownName("dataset", name, known)
    return module


@functools.lru_cache(maxsize=2)  # parsing one takes seconds, and many launches or seeds in a row want the same
def load_dataset(name: str) -> Dataset:
    """Load a dataset by name.

    Raises:
        UnknownName: If there is no such dataset.
        DatasetUnavailable: If the distribution that carries it is not installed.
    """
    return cast(Dataset, find_dataset(name).load())


def missing_extra(dataset: str) -> str | None:
    """Return which extra of this project a dataset lacks here, or None if it lacks none.

    Raises:
        UnknownName: If there is no such dataset.
    """
    return _missing_extra(find_dataset(dataset))


def _missing_extra(module: ModuleType | None) -> str | None:
    missing = getattr(module, "missing", None)
    return cast(str | None, missing()) if missing else None


def suites() -> dict[str, Path]:
    """Return the path of every shipped suite by name."""
    folder = Path(next(iter(importlib.import_module("benchmarks.suites").__path__)))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def classical() -> ArmSpec:
    """Return how the process of a classical model is started. It is none of ``arms``: it runs no workload."""
    return cast(ArmSpec, importlib.import_module(CLASSICAL_PACKAGE).ARM)


def baselines() -> dict[str, Baseline]:
    """Return every classical model by name, whether or not its library is installed."""
    return {baseline.name: baseline for baseline in importlib.import_module(CLASSICAL_PACKAGE).BASELINES}


def find_baseline(name: str) -> Baseline:
    """Return the classical model of that name.

    Raises:
        UnknownName: If there is none.
    """
    if name not in baselines():
        raise UnknownName("baseline", name, baselines())
    return baselines()[name]


def find_arm(name: str) -> ArmSpec:
    """Return the arm of that name, or the form or the twin of one.

    Raises:
        UnknownName: If there is none.
    """
    known = every_arm()
    if name not in known and (original := name.removesuffix(TWIN)) in known:
        return dataclasses.replace(known[original], name=name)
    if name not in known:
        raise UnknownName("arm", name, known)
    return known[name]


def make_arm(entry: str, setup: Setup) -> Arm:
    """Import an arm's framework into this process, which then belongs to it, and configure it (``ArmSpec.entry``)."""
    module, _, factory = entry.partition(":")
    return cast(Arm, getattr(importlib.import_module(module), factory)(setup))


def find_workload(name: str) -> Workload:
    """Return the workload of that name, or that of a technique's variant: ``optimizers.adam``.

    Raises:
        UnknownName: If there is none.
    """
    if "." in name:
        known = variants()
        if name not in known:
            raise UnknownName("workload", name, known)
        return known[name]
    if name not in workloads():
        raise UnknownName("workload", name, workloads())
    return workloads()[name]


def find_workloads(name: str) -> list[Workload]:
    """Return the workload of that name, or those of all variants of the technique of that name.

    Raises:
        UnknownName: If there is neither.
    """
    if name in techniques():
        return [variant.workload for variant in techniques()[name].variants]
    if "." not in name and name not in workloads():
        raise UnknownName("workload", name, [*workloads(), *techniques()])
    return [find_workload(name)]


def versions(spec: ArmSpec) -> dict[str, str]:
    """Return the installed version of each distribution of an arm; of alternatives (``a|b``) the installed one."""
    import importlib.metadata  # 20 ms that a worker need not spend

    found = {}
    for alternatives in spec.distributions:
        for distribution in alternatives.split("|"):
            try:
                found[distribution] = importlib.metadata.version(distribution)
            except importlib.metadata.PackageNotFoundError:
                continue
    return found


def find_precision(name: str) -> Precision:
    """Return the precision of that name.

    Raises:
        UnknownName: If there is none.
    """
    for known in get_args(Precision):
        if name == known:
            return cast(Precision, known)
    raise UnknownName("precision", name, get_args(Precision))


def missing(spec: ArmSpec) -> str | None:
    """Return why an arm cannot run on this machine, or None if it can."""
    absent = [module for module in spec.needs if importlib.util.find_spec(module) is None]
    return f"not installed: {', '.join(absent)}" if absent else None


UNSCALED = ("train_step", "checkpointing")
"""What of a workload is at odds with scaled losses, or would have to keep the scale."""


def unsupported(spec: ArmSpec, workload: Workload, precision: str, device: Device = "cpu") -> str | None:
    """Return why an arm cannot run a workload at a precision on a device, or None if it can."""
    if reason := missing(spec) or unimplemented(spec, workload):
        return reason
    if device not in spec.precisions:
        return f"{spec.name} does not compute on {device}, only on {' and '.join(spec.precisions)}"
    if precision not in (known := spec.precisions[device]):
        return f"{spec.name} does not compute in {precision} on {device}, only in {', '.join(known)}"
    if precision == "fp16" and (further := [name for name in UNSCALED if getattr(workload, name)]):
        return f"nobody scales the losses of {', '.join(further)} in fp16"
    if precision == "fp16" and workload.accumulation > 1:
        return "nobody scales the losses of accumulated gradients in fp16"
    return missing_extra(workload.dataset) or _unlearnt(workload) or _unloadable(workload, device)


def _unlearnt(workload: Workload) -> str | None:
    """Return why what others trained cannot be had here, or None if it can, or is not asked for."""
    return _missing_extra(find_pretrained(workload.transfer.source)) if workload.transfer else None


def _unloadable(workload: Workload, device: Device) -> str | None:
    """Return why batches cannot come here from what the workload says, or None if they can."""
    loading = workload.loading
    if loading and loading.by == "grain" and importlib.util.find_spec("grain") is None:
        return "not installed: grain"
    if loading and loading.pinned and device == "cpu":
        return "pinned memory is for copies to a GPU, and this device is a CPU"
    return None


def able(workload: Workload, precision: str, device: Device = "cpu") -> list[str]:
    """Return the arms that can race or train a workload here, witnesses left out."""
    known = arms().values()
    return [spec.name for spec in known if not spec.witness and unsupported(spec, workload, precision, device) is None]


def refusal(arm: str, workload: Workload, precision: str, device: Device = "cpu") -> str | None:
    """Return why nothing can be measured of an arm that trains a workload, or None if it can.

    Raises:
        UnknownName: If there is no such arm.
    """
    spec = find_arm(arm)
    if reason := unsupported(spec, workload, precision, device):
        return f"{arm} cannot train {workload.name} here: {reason}"
    return f"{arm} is a witness: it checks the others, and is not measured" if spec.witness else None


def unimplemented(spec: ArmSpec, workload: Workload) -> str | None:
    """Return why an arm has no form of a workload, or None if it has, whether or not it can run here."""
    if spec.architectures is not None:
        file, arguments = workload.architecture.file, workload.architecture.arguments
        if file not in spec.architectures:
            return f"{spec.name} implements {', '.join(spec.architectures)} only"
        if unknown := [name for name in arguments if name not in spec.architectures[file]]:
            return f"{spec.name} implements {file} without {', '.join(unknown)}"
    return _untrained(spec, workload)


def _untrained(spec: ArmSpec, workload: Workload) -> str | None:
    """Return why an arm cannot train what it has a form of, or None if it can."""
    if spec.optimizers is not None and workload.optimizer.name not in spec.optimizers:
        return f"{spec.name} implements {', '.join(spec.optimizers)} only"
    if spec.losses is not None and workload.loss not in spec.losses:
        return f"{spec.name} implements {', '.join(spec.losses)} only"
    if workload.track == "stock" and (reason := _without_stock(spec, workload)):
        return reason
    if workload.loading and workload.loading.by not in spec.loading and not spec.witness:
        return f"{spec.name} takes batches from {', '.join(('memory', *spec.loading))} only"
    if spec.witness and (further := [name for name in BEYOND_A_WITNESS if getattr(workload, name)]):
        return f"{spec.name} trains without {', '.join(further)}"
    return None


def _without_stock(spec: ArmSpec, workload: Workload) -> str | None:
    """Return why an arm has no stock form of a workload's training, or None if it has."""
    name, own = workload.optimizer.name, spec.own_optimizers
    if spec.witness:
        return f"{spec.name} is a witness of the matched track: it has no defaults of its own"
    if own is not None and name not in own:
        return f"{spec.name} has no {name} of its own that takes every parameter"
    if workload.transfer and workload.transfer.rates:
        return "learning rates by layer are of the matched track: a stock optimizer is given one"
    return None
