"""The gates. Each compares an arm's half with the reference half and yields what it found."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness import matched
from harness.contract import Dataset, Precision, TensorSpec, Workload
from harness.parity.dropout import dropout, step
from harness.parity.errors import Distance, backwards, distance, owner
from harness.parity.immaterial import immaterial, not_zero, parts, split, unmatched
from harness.parity.pair import Half, Reference
from harness.parity.slope import slope
from harness.parity.train_mode import train_mode
from harness.parity.training import training
from harness.parity.trajectory import trajectory

if TYPE_CHECKING:
    from harness.contract import Array

FORWARD_FP64, FORWARD_FP32, BACKWARD_FP64 = 1e-10, 1e-5, 1e-8
"""Bounds; what healthy halves come to at twenty seeds stands beside them in ``docs/proving.md``."""

LOUD = 30.0
"""Root mean square of biases that ``forward`` also asks for the outputs of."""

FORWARD_SINGLE = "forward fp32"
BAND = 3.0
"""How many times the largest float32 error on file for a half (``harness.parity.bands``) ``forward`` lets it have."""

NAMED = 5
"""Tensors that a finding about many of them names."""

NO_BAND = f"no band on file, held to {FORWARD_FP32:g} alone"
MOVED = 1e-7
"""Least relative change of the output that a perturbation of a tensor must cause to count as tested, as a share of it:
1e-9 for 1 %."""

TOKENS = 128
"""Of a text that ``sensitivity`` looks at: every tensor has its part in them, and attention to 1,024 takes minutes."""


@dataclass(frozen=True)
class Finding:
    """What one gate found on one arm of one workload.

    Attributes:
        figure: What was measured, in the gate's own unit; null where the gate counts nothing.
        bound: What it may be at most.
        where: The tensor or tap where the fault shows first, as the gate says, or what else is wrong.
        note: What a reader should know of a gate that passed, such as tensors left untested.
        seed: Of the noise, the batch and all else that was drawn.
    """

    workload: str
    arm: str
    gate: str
    passed: bool
    figure: float | None = None
    bound: float | None = None
    where: str | None = None
    note: str | None = None
    seed: int = 0

    @property
    def family(self) -> str:
        """The gate by the name that a user asks for: ``forward fp64`` is of ``forward``."""
        return self.gate.partition(" ")[0]

    def as_dict(self) -> dict[str, str | float | bool | None]:
        """Return the finding for JSON; an infinite error is a string, which JSON can hold."""
        fields = dict(vars(self))
        if self.figure is not None and not math.isfinite(self.figure):
            fields["figure"] = str(self.figure)
        return fields


@dataclass(frozen=True)
class Stage:
    """What a gate works on: both halves with the same noise loaded, and a batch of real data.

    Attributes:
        reference: The half that is compared with, in float64, calmed (``harness.parity.pair.calm``).
        exact: The arm's half in float64, calmed. A gate finds the noise loaded and may leave anything behind.
        open_single: Opens the arm's half in float32; None for a witness, which computes in float64 only.
        reference_single: Opens the half that is compared with in float32.
        open_pair: Opens both halves of a variant of the workload with the noise: in float64 in place of ``exact``, in
            float32 in place of what ``open_single`` opened.
        tensors: Seeded noise for every tensor; nothing is left at zero or one, where a fault could hide.
        x: (N, ...) a batch in canonical form, N odd so that no axis is mistaken for it.
        band: The largest error of the half's outputs in float32 over many seeds, if it is on file.
    """

    workload: Workload
    dataset: Dataset
    arm: str
    reference: Reference
    exact: Half
    open_single: Callable[[], Half] | None
    reference_single: Callable[[], Reference]
    open_pair: Callable[[Workload, Precision], tuple[Reference, Half]]
    tensors: Mapping[str, Array]
    x: Array
    y: Array
    band: float | None = None

    def finding(self, gate: str, found: Distance, bound: float, note: str | None = None) -> Finding:
        """Turn a distance into a finding."""
        return Finding(
            self.workload.name,
            self.arm,
            gate,
            passed=found.first is None,
            figure=found.error,
            bound=bound,
            where=found.first,
            note=note,
        )

    def called(self, names: Iterable[str]) -> list[str]:
        """Return names of gradients by when the reference's half calls their layers: inputs first, the loss last.

        A model may define its norms after all of its other layers. What no layer has stays after its neighbour.
        """
        place = {layer: number for number, layer in enumerate(self.reference.probe("taps", x=self.x))}
        ends = {"inputs": -1.0, "loss": math.inf}
        places, last = {}, -0.5
        for name in names:
            last = ends.get(owner(name), place.get(owner(name), last))
            places[name] = last
        return sorted(places, key=places.__getitem__)

    def tally(self, gate: str, wrong: Sequence[str]) -> Finding:
        """Turn the names of what is wrong, of which there may be none, into a finding that names the first few."""
        unnamed = len(wrong) - NAMED
        return Finding(
            self.workload.name,
            self.arm,
            gate,
            passed=not wrong,
            figure=float(len(wrong)),
            bound=0,
            where=", ".join(wrong[:NAMED]) + (f" and {unnamed} more" if unnamed > 0 else "") if wrong else None,
        )


def noise(specs: Mapping[str, TensorSpec], seed: int, most: float = 0.0) -> dict[str, Array]:
    """Draw noise for every tensor, around its usual scale: variances and norm scales positive, all else either sign.

    What batch norm follows has the variance of its running statistics, which evaluation divides by: else a deep network
    would give its biases back, and next to nothing of its input.

    Args:
        specs: What to draw for.
        seed: Of the noise.
        most: The largest norm that training allows the weights of a unit; these exceed it, so that it is at work. 0 for
            none.
    """
    drawn = {}
    usual = matched.initial_parameters(specs, seed)
    for index, (name, spec) in enumerate(specs.items()):
        generator = np.random.default_rng([seed, 7, index])
        if spec.layer == "norm":
            positive = name.endswith((".weight", ".running_var"))
            drawn[name] = generator.uniform(0.5, 1.5, spec.shape) if positive else generator.normal(0, 0.3, spec.shape)
        elif not usual[name].any():
            drawn[name] = generator.normal(0, 0.1, spec.shape)
        else:
            drawn[name] = usual[name]
    for name in _before_batch_norm(specs):
        drawn[name] = drawn[name] * math.sqrt(3)  # PyTorch's rule gives a third of the variance of the input
    for name, tensor in drawn.items():
        if most and tensor.ndim > 1:
            units = tensor.reshape(len(tensor), -1)
            drawn[name] = tensor * (2 * most / np.linalg.norm(units, axis=1).mean())
    return drawn


def loud(tensors: Mapping[str, Array], specs: Mapping[str, TensorSpec]) -> dict[str, Array]:
    """Return the tensors with large biases in dense layers and convolutions, so that what these give is large."""

    def larger(name: str, tensor: Array) -> Array:
        biased = specs[name].layer in ("linear", "conv", "transposed_conv") and tensor.ndim == 1
        return tensor * (LOUD / np.sqrt(np.mean(tensor**2))) if biased else tensor

    return {name: larger(name, tensor) for name, tensor in tensors.items()}


def _before_batch_norm(specs: Mapping[str, TensorSpec]) -> list[str]:
    """Return the weights that a layer with running statistics comes right after, in the order of definition."""
    layers = list(dict.fromkeys(map(owner, specs)))
    return [
        f"{before}.weight"
        for before, after in itertools.pairwise(layers)
        if f"{after}.running_var" in specs and f"{before}.weight" in specs and f"{before}.running_var" not in specs
    ]


def structure(stage: Stage) -> Iterator[Finding]:
    """Names, shapes, count, kind of layer, buffer or not, trainable or not: equal, each tensor carried exactly once."""
    ours, theirs = stage.exact.specs(), stage.reference.specs
    wrong = [
        name
        for name in sorted(ours.keys() | theirs.keys())
        if name not in ours or name not in theirs or ours[name] != theirs[name]
    ]
    names = [part for name, spec in theirs.items() for part, _ in parts(name, np.empty(spec.shape))]
    strangers = [f"immaterial: {pattern}" for pattern in unmatched(stage.workload.architecture, names)]
    yield stage.tally("structure", wrong + strangers)


def sensitivity(stage: Stage) -> Iterator[Finding]:
    """Perturbing each tensor by 1 % of its RMS must move the arm's output; one that does not is untested.

    Declared immaterial tensors are not perturbed: ``backward`` holds them to their declaration. One sample tells, of a
    text its beginning, and only what changes is handed over: the largest models have a gigabyte of tensors, and
    hundreds of them.
    What 1 % leaves still is perturbed by all of its RMS, and must move the output a hundred times as far: an output may
    be a step function of it, as where an activation is the sign. Through twenty layers of sigmoids nothing reaches the
    output: there it must move a layer that comes after its own, as that layer's tensors must in turn.
    """
    still: list[str] = []
    steps: list[str] = []
    lost: list[str] = []
    declared = immaterial(stage.workload.architecture, split(stage.tensors))
    sample = stage.x[:1, :TOKENS] if stage.workload.form == "tokens" else stage.x[:1]
    base = stage.exact.probe("output", x=sample)["output"]
    scale = float(np.sqrt(np.mean(base**2)))
    for name, tensor in stage.tensors.items():
        generator = np.random.default_rng([11, len(name)])
        whole = np.sqrt(np.mean(tensor**2)) * np.asarray(generator.standard_normal(tensor.shape))
        for part, rows in parts(name, tensor):
            for share in (0.01, 1.0) if part not in declared else ():
                changed = tensor.copy()
                changed[rows] += share * whole[rows]
                stage.exact.probe("change", **{name: changed})
                moved = float(np.max(np.abs(stage.exact.probe("output", x=sample)["output"] - base))) / scale
                if moved > MOVED * share:
                    break
                if share < 1:
                    steps.append(part)
                else:
                    (lost if _moves_later(stage, sample, name) else still).append(part)
    finding = stage.tally("sensitivity", still)
    steps = [part for part in steps if part not in (*still, *lost)]
    told = [f"1 % of it leaves the output still, all of it does not: {', '.join(steps)}"] if steps else []
    told += [f"moves later layers, which `forward` compares, and not the output: {', '.join(lost)}"] if lost else []
    yield dataclasses.replace(finding, note="; ".join(told) or None)


def _moves_later(stage: Stage, sample: Array, name: str) -> bool:
    """Return whether what a tensor is now, against what it was, moves a layer that is called after the tensor's own."""
    changed = stage.exact.probe("taps", x=sample)
    stage.exact.load(stage.tensors)
    base = stage.exact.probe("taps", x=sample)
    layers = [layer for layer in base if layer != "output"]
    own = max((number for number, layer in enumerate(layers) if name.startswith(f"{layer}.")), default=len(layers))
    return any(
        float(np.max(np.abs(changed[layer] - base[layer]))) > MOVED * float(np.sqrt(np.mean(base[layer] ** 2)))
        for layer in layers[own + 1 :]
    )


def forward(stage: Stage) -> Iterator[Finding]:
    """Outputs of every layer in evaluation mode: float64 against the reference, float32 against float64.

    Float32 stays inside the band on file for this half too, if there is one. In float64 also with biases that are much
    larger, where a pair learns: what is cut off at some size, a log variance or a logit, shows at sizes beyond noise.
    Larger data do not reach through a layer with bounds, and with larger weights rounding grows as in nothing trained.
    """
    expected = stage.reference.probe("taps", x=stage.x)
    exact = stage.exact.probe("taps", x=stage.x)
    yield stage.finding("forward fp64", distance(exact, expected, FORWARD_FP64), FORWARD_FP64)
    if stage.workload.metric is not None:
        large = loud(stage.tensors, stage.reference.specs)

        def outputs(half: Half) -> dict[str, Array]:
            half.load(large)
            return half.probe("taps", x=stage.x)

        compared = distance(outputs(stage.exact), stage.reference.answer("loud", outputs), FORWARD_FP64)
        yield stage.finding("forward loud fp64", compared, FORWARD_FP64)
    if stage.open_single is None:
        return
    half = stage.open_single()
    half.load(stage.tensors)
    single = half.probe("taps", x=stage.x)
    bound = FORWARD_FP32 if stage.band is None else min(FORWARD_FP32, BAND * stage.band)
    note = NO_BAND if stage.band is None else None
    yield stage.finding(FORWARD_SINGLE, distance(single, expected, bound), bound, note)


UNEVEN = 0.01
"""Deviation of the noise on a batch whose gradients are compared."""


def backward(stage: Stage) -> Iterator[Finding]:
    """The loss, the gradient of every parameter and of the input, float64; zero where a tensor is immaterial.

    In the order in which they come about: the fault is in the layer that is named, or between it and the next.
    The batch has noise on it: in a picture's empty border all values are equal, of which a layer of max pooling chooses
    one by its rounding, and the gradient of the input would go there.
    """
    x = stage.x
    if x.dtype.kind == "f":
        x = x + np.asarray(np.random.default_rng(19).normal(0, UNEVEN, x.shape), x.dtype)
    stage.exact.probe("gradients", x=x, y=stage.y)  # once before, so that what piles up shows
    expected, found = (split(half.probe("gradients", x=x, y=stage.y)) for half in (stage.reference, stage.exact))
    declared = immaterial(stage.workload.architecture, expected)
    order = stage.called(name for name in expected if name not in declared)
    material = {name: gradient for name, gradient in found.items() if name not in declared}
    compared = backwards(material, {name: expected[name] for name in order}, BACKWARD_FP64)
    note = "; ".join(f"{name} is zero: {why}" for name, why in stage.workload.architecture.immaterial.items()) or None
    finding = stage.finding("backward fp64", compared, BACKWARD_FP64, note)
    if compared.first == "loss":  # not of its own making, if a layer gives something else in training
        taps = [half.probe("training taps", x=x) for half in (stage.exact, stage.reference)]
        if layer := distance(taps[0], taps[1], BACKWARD_FP64).first:
            finding = dataclasses.replace(finding, where=f"{layer}, in training")
    for gradients in (expected, found):
        if finding.passed and (wrong := not_zero(gradients, (name for name in declared if name in gradients))):
            finding = dataclasses.replace(finding, passed=False, where=f"{wrong[0]}, declared immaterial")
    yield finding


def data(stage: Stage) -> Iterator[Finding]:
    """The arrays that the arm's process has, the batches that its framework holds, the orders of two epochs; hashes."""
    held = stage.exact.hashes()
    expected = matched.hash_data(stage.dataset, stage.workload)
    yield stage.tally(
        "data", [f"{what}: {held.get(what, '')[:12]}" for what in expected if held.get(what) != expected[what]]
    )


GATES: Mapping[str, Callable[[Stage], Iterator[Finding]]] = {
    "structure": structure,
    "data": data,
    "sensitivity": sensitivity,
    "forward": forward,
    "backward": backward,
    "train_mode": train_mode,
    "training": training,
    "trajectory": trajectory,
    "dropout": dropout,
    "step": step,
    "slope": slope,
}
"""By name, in the order in which they are run: last those that open another model in place of the workload's own."""
