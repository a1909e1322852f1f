"""Carry trained weights across a pair: from a file of one framework to a file that the other's users load.

PyTorch's form is its ``state_dict`` as safetensors, Keras' is ``.weights.h5``, the only one that ``load_weights``
reads and the same on every backend. (Keras variables have no stable names to key a safetensors file with: a second
model in a process is ``dense_3`` where the first was ``dense``.) Each file is read and written by its own framework,
in a worker process, and checked against the pair's half there.
"""

from __future__ import annotations

import contextlib
import dataclasses
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import matched, registry
from harness.contract import ArmSpec, Dataset, Precision, Workload
from harness.parity.errors import distance
from harness.parity.gates import FORWARD_FP32
from harness.parity.pair import without_chance
from harness.parity.workers import Exchange, Workers
from harness.run.process import Worker
from harness.store.atomic import replacing

if TYPE_CHECKING:
    from harness.contract import Array

SAMPLES = 7
"""Test samples on which the converted model must give the outputs of the original."""


class ConversionError(ValueError):
    """A conversion that was not asked for rightly, or a file that cannot be carried across. Nothing was written."""


class HalvesDisagree(Exception):
    """The converted model gives other outputs than the original: the pair is at fault. Nothing was written."""


@dataclasses.dataclass(frozen=True)
class Conversion:
    """What was written, and what is known of it.

    Attributes:
        arms: Which arm read the source, and which wrote the output.
        tensors: Canonical tensors carried; each came back from the written file equal to the bit.
        numbers: How many numbers they hold.
        dtype: Of the written file: float64 where the source has a float64 tensor, otherwise float32, which holds
            bfloat16 and float16 exactly.
        widened: Tensors stored in another type than ``dtype``, by that type.
        left: What the source holds and the output does not: counters, optimizer state.
        difference: Largest difference of the two models' outputs on test samples, relative to their RMS; the original
            computes in float64.
    """

    source: str
    output: str
    workload: str
    architecture: str
    arms: tuple[str, str]
    tensors: int
    numbers: int
    dtype: str
    widened: Mapping[str, str]
    left: tuple[str, ...]
    difference: float

    def as_dict(self) -> dict[str, Any]:
        """Return the conversion for JSON."""
        return dataclasses.asdict(self)


def targets() -> dict[str, list[ArmSpec]]:
    """Return the arms that read and write weights files, by the name of their half: ``torch``, ``keras``."""
    found: dict[str, list[ArmSpec]] = {}
    for spec in registry.arms().values():
        if spec.weights:
            found.setdefault(spec.entry.partition(".")[0].removeprefix("models_"), []).append(spec)
    return found


def convert(
    source: str | Path,
    workload: str,
    to: str,
    output: str | Path | None = None,
    arm: str = "",
    *,
    force: bool = False,
    workers: Workers | None = None,
) -> Conversion:
    """Carry weights of a workload's architecture to the other framework.

    Args:
        source: ``.safetensors`` to go to Keras, ``.weights.h5`` to go to PyTorch.
        workload: Whose architecture the weights belong to.
        to: ``keras`` or ``torch``.
        output: File to write; by default beside the source, with the other ending.
        arm: Which arm stands for the half that has several; by default the first that can run here.
        force: Replace ``output`` if it exists.
        workers: Processes to use, where many files are to be carried; by default fresh ones for this file.

    Raises:
        UnknownName: If there is no such workload, target or arm.
        ConversionError: If a file cannot be used, or a framework is not installed; names the file and the tensor.
        HalvesDisagree: If the outputs differ by more than the bound of the forward gate.
        WorkerFailure: If a worker crashes.
    """
    pair = registry.find_workload(workload)
    reader, writer = _choose(to, arm)
    source, output = _paths(Path(source), Path(output) if output else None, reader, writer, force)
    dataset = registry.load_dataset(pair.dataset)
    with contextlib.ExitStack() as stack:
        workers = workers or stack.enter_context(processes())
        # float64 holds every type that a file may have, so nothing is rounded on the way in.
        original = Half(workers, reader, "fp64", pair, dataset)
        tensors, told = original.carry("in", source, {})
        stored = {name: dtype for name, dtype in told["dtypes"].items() if name not in told["left"]}
        dtype = "float64" if "float64" in stored.values() else "float32"
        written = {name: tensor.astype(dtype) for name, tensor in tensors.items()}
        draft = workers.scratch / f"draft{writer.weights}"
        converted = Half(workers, writer, "fp64" if dtype == "float64" else "fp32", pair, dataset)
        back, _ = converted.carry("out", draft, written)
        _require_equal(back, written, writer)
        difference = _difference(original, converted, pair)
        _put(draft, output)
    return Conversion(
        source=str(source),
        output=str(output),
        workload=workload,
        architecture=pair.architecture.name,
        arms=(reader.name, writer.name),
        tensors=len(written),
        numbers=sum(tensor.size for tensor in written.values()),
        dtype=dtype,
        widened={name: kind for name, kind in stored.items() if kind != dtype},
        left=tuple(told["left"]),
        difference=difference,
    )


@contextlib.contextmanager
def processes() -> Iterator[Workers]:
    """Lend worker processes, started as they are needed and ended with the block."""
    with tempfile.TemporaryDirectory(prefix="twinbench-convert-") as scratch, Workers(Path(scratch), 1) as workers:
        yield workers


class Half:
    """One framework's form of the pair, in a worker of its own."""

    def __init__(self, workers: Workers, spec: ArmSpec, precision: Precision, pair: Workload, dataset: Dataset):
        self.worker: Worker = workers.get(spec.name, precision)
        self.exchange: Exchange = workers.exchange
        self.spec = spec
        self.pair = pair
        self.x = matched.as_input(dataset.x_test[:SAMPLES], pair.form)
        self.outputs = dataset.outputs
        self.scratch = workers.scratch / f"scratch-{precision}{spec.weights}"
        # A code is sampled in evaluation too, and no two frameworks draw alike.
        noisy = pair.architecture.arguments.get("noise")
        self.without_noise = dataclasses.asdict(without_chance(pair)) if noisy else None

    def carry(self, what: str, path: Path, tensors: Mapping[str, Array]) -> tuple[dict[str, Array], dict[str, Any]]:
        """Carry a file ``in``, or tensors ``out`` to it; return what the model then holds, and what the worker told.

        Raises:
            ConversionError: If the file does not fit.
        """
        held, told = self.exchange.ask(
            self.worker,
            "weights",
            tensors,
            what=what,
            workload=self.pair.name,
            sample_shape=list(self.x.shape[1:]),
            outputs=self.outputs,
            path=str(path.absolute()),
            scratch=str(self.scratch),
            without_noise=self.without_noise,
        )
        if refused := told.get("refused"):
            architecture = self.pair.architecture.name
            raise ConversionError(f"{path} cannot be carried into {architecture} ({self.spec.name}): {refused}")
        return held, told

    def predict(self) -> Array:
        """Return the outputs on the first test samples, (7, outputs)."""
        return self.exchange.ask(self.worker, "probe", {"x": self.x}, what="taps")[0]["output"]


def _choose(to: str, arm: str) -> tuple[ArmSpec, ArmSpec]:
    """Return the arm that reads and the arm that writes."""
    known = targets()
    if to not in known:
        raise registry.UnknownName("target", to, known)
    others = [spec for half, specs in known.items() if half != to for spec in specs]
    chosen = registry.find_arm(arm) if arm else None
    if chosen and chosen not in [*known[to], *others]:
        raise ConversionError(f"{chosen.name} reads and writes no weights files")
    reader, writer = (
        [chosen] if chosen in candidates else [spec for spec in candidates if not registry.missing(spec)] or candidates
        for candidates in (others, known[to])
    )
    for spec in (reader[0], writer[0]):
        if spec and (reason := registry.missing(spec)):
            raise ConversionError(f"{spec.name} checks its half of the pair and cannot run here: {reason}")
    return reader[0], writer[0]


def _paths(source: Path, output: Path | None, reader: ArmSpec, writer: ArmSpec, force: bool) -> tuple[Path, Path]:
    """Return the file to read and the file to write, which is not there yet unless ``force``."""
    ending, wanted = str(reader.weights), str(writer.weights)
    if not source.name.endswith(ending):
        raise ConversionError(f"{source} is not named as {reader.name}'s weights files are: *{ending}")
    if not source.is_file():
        raise ConversionError(f"{source} " + ("is no file" if source.exists() else "does not exist"))
    output = output or source.with_name(source.name.removesuffix(ending) + wanted)
    if not output.name.endswith(wanted):
        raise ConversionError(f"{output} is not named as {writer.name} asks: *{wanted}")
    if not output.parent.is_dir():
        raise ConversionError(f"{output.parent} is no folder")
    if output.is_dir() or (output.exists() and not force):
        raise ConversionError(f"{output} exists; --force replaces it" if output.is_file() else f"{output} is no file")
    return source, output


def _put(draft: Path, output: Path) -> None:
    """Copy a file that is whole and checked to where it is wanted.

    No framework writes there: on a full disk HDF5 crashes (h5py 3.14), and an interrupted worker might write on.
    """
    try:
        with replacing(output) as temporary:
            temporary.write_bytes(draft.read_bytes())
    except OSError as error:
        raise ConversionError(f"{output} cannot be written: {error.strerror or error}") from None


def _require_equal(back: Mapping[str, Array], written: Mapping[str, Array], writer: ArmSpec) -> None:
    for name, tensor in written.items():
        if back[name].tobytes() != tensor.tobytes():
            raise HalvesDisagree(f"{name} came back from the file that {writer.name} wrote with other bits")


def _difference(original: Half, converted: Half, pair: Workload) -> float:
    expected, found = {"output": original.predict()}, {"output": converted.predict()}
    apart = distance(found, expected, FORWARD_FP32)
    if apart.first:
        raise HalvesDisagree(
            f"{converted.spec.name}'s outputs differ from {original.spec.name}'s by {apart.error:.1e} of their RMS "
            f"(bound {FORWARD_FP32:g}); twinbench parity {pair.name} tells where"
        )
    return apart.error


def as_text(done: Conversion) -> str:
    """Return a conversion in a few lines for a terminal."""
    reader, writer = done.arms
    lines = [
        f"{done.source} ({reader}) -> {done.output} ({writer})",
        f"{done.architecture} of {done.workload}: {done.tensors} tensors, {done.numbers:,} numbers, {done.dtype}",
        f"outputs on {SAMPLES} test samples differ by at most {done.difference:.1e} of their RMS",
    ]
    if done.widened:
        kinds = Counter(done.widened.values())
        stored = ", ".join(f"{count} tensors stored as {kind}" for kind, count in kinds.items())
        lines.append(f"widened, value for value: {stored}")
    if done.left:
        lines.append(f"left behind: {', '.join(done.left)}")
    return "\n".join(lines)
