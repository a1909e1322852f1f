"""Gate "loss": every loss on hand-made outputs, and the loss that an epoch reports over an uneven last batch.

Values and gradients are compared with PyTorch's in float64, and so are values in mixed precision, of outputs that are
bfloat16. What an epoch reports at learning rate 0, and what is
predicted in batches, are compared with NumPy's: nothing changes then, so the mean over all samples is known.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy import special

from harness import metrics, registry
from harness.contract import OF_INDICES, Architecture, Optimizer, Workload
from harness.parity.errors import distance
from harness.parity.gates import Finding
from harness.parity.workers import Workers

if TYPE_CHECKING:
    from harness.contract import Array

VALUE, GRADIENT, EPOCH = 1e-10, 1e-8, 1e-10
MIXED = 1e-5
"""Of a loss in float32, of which outputs have the digits of bfloat16."""

CLASSES = 5
CLASS_WEIGHTS = [0.2, 3.0, 1.0, 0.7, 5.0]
PIXELS, LATENT = 4, 3
SAMPLES, BATCH, FEATURES = 23, 7, 6  # batches of 7, 7, 7 and 2


@dataclass(frozen=True)
class Case:
    """One loss with its options.

    Attributes:
        title: What a finding calls it.
        shape: Of the outputs: (N, C), or (N, T, C) for sequences.
        padding: The label that the tail of every sequence has; None for none.
        witnessed: Whether the witness has it too.
        nothing: Whether all outputs of a sample are 0.
    """

    title: str
    loss: str
    shape: tuple[int, ...] = (11, CLASSES)
    options: Mapping[str, Any] = field(default_factory=dict)
    padding: int | None = None
    only_padding: bool = False
    witnessed: bool = False
    nothing: bool = False


_SEQUENCE = (4, 9, CLASSES)
_ALL = {"class_weights": CLASS_WEIGHTS, "label_smoothing": 0.1}
CASES = (
    Case("cross_entropy", "cross_entropy", witnessed=True),
    Case("cross_entropy · sequence", "cross_entropy", _SEQUENCE),
    Case("cross_entropy · class weights", "cross_entropy", options={"class_weights": CLASS_WEIGHTS}),
    Case("cross_entropy · smoothing", "cross_entropy", options={"label_smoothing": 0.1}),
    Case("cross_entropy · class weights, smoothing", "cross_entropy", options=_ALL),
    Case("cross_entropy · padding", "cross_entropy", _SEQUENCE, {"ignored": -100}, padding=-100),
    Case("cross_entropy · padding is class 0", "cross_entropy", _SEQUENCE, {"ignored": 0}, padding=0),
    Case("cross_entropy · padding, all options", "cross_entropy", _SEQUENCE, _ALL | {"ignored": -1}, padding=-1),
    Case("cross_entropy · only padding", "cross_entropy", _SEQUENCE, {"ignored": -1}, -1, only_padding=True),
    Case(
        "cross_entropy · only padding, all options",
        "cross_entropy",
        _SEQUENCE,
        _ALL | {"ignored": -1},
        -1,
        only_padding=True,
    ),
    Case("dense_cross_entropy", "dense_cross_entropy"),
    Case("dense_cross_entropy · class weights, smoothing", "dense_cross_entropy", options=_ALL),
    Case("clipped_cross_entropy", "clipped_cross_entropy"),
    Case("softmax_twice", "softmax_twice"),
    Case("kl_divergence", "kl_divergence"),
    Case("hinge", "hinge", (11, 3)),
    Case("cosine", "cosine"),
    Case("cosine · of nothing", "cosine", nothing=True),
    Case("focal", "focal"),
    Case("focal · gamma", "focal", options={"gamma": 3.5}),
    Case("quantile", "quantile", (11, 3), {"quantile": 0.9}),
    Case("contrastive", "contrastive", (11, 2, 4), {"margin": 4.0}),
    Case("triplet", "triplet", (11, 3, 4)),
    Case("multi_task", "multi_task", (11, CLASSES + 3), {"classes": CLASSES, "weight": 0.3}),
    Case("binary_cross_entropy", "binary_cross_entropy", (11, 3), witnessed=True),
    Case("perceptron", "perceptron", (11, 3), witnessed=True),
    Case("mse", "mse", (11, 3), witnessed=True),
    Case("mae", "mae", (11, 3)),
    Case("negative_elbo", "negative_elbo", (11, PIXELS + 2 * LATENT)),
    Case("huber", "huber", (11, 3)),
    Case("huber · delta", "huber", (11, 3), {"delta": 0.3}),
)


def check(workers: Workers, arms: Sequence[str], seed: int = 0) -> Iterator[Finding]:
    """Compare every arm's losses, and what its epochs report, and yield each finding."""
    for index, case in enumerate(CASES):
        arrays = hand_made(case, np.random.default_rng([seed, 13, index]))
        if not case.witnessed and registry.find_arm(workers.reference).witness:  # alone, where no framework is
            continue
        asked: dict[str, Any] = {"name": case.loss, "options": dict(case.options)}
        expected = workers.exercise(workers.reference, "fp64", "losses", "loss", arrays, **asked)
        for arm in arms:
            if registry.find_arm(arm).witness and not case.witnessed:
                continue
            found = workers.exercise(arm, "fp64", "losses", "loss", arrays, **asked)
            for gate, name, bound in (("loss value", "value", VALUE), ("loss gradient", "gradient", GRADIENT)):
                yield _finding(f"loss {case.title}", arm, gate, found, {name: expected[name]}, bound)
        short = rounded(arrays)
        expected = workers.exercise(workers.reference, "fp64", "losses", "loss", widened(short), **asked)
        for arm in arms:
            if not registry.find_arm(arm).witness:
                found = workers.exercise(arm, "fp32", "losses", "mixed", short, **asked)
                yield _finding(f"loss {case.title}", arm, "loss mixed", found, {"value": expected["value"]}, MIXED)
    for workload in STILL:
        arrays, expected = epochs(workload, np.random.default_rng([seed, 17]))
        for arm in arms:
            if registry.find_arm(arm).witness and workload.loss_options:
                continue
            outputs = workload.architecture.arguments["out_features"]
            asked = {"workload": dataclasses.asdict(workload), "outputs": outputs}
            found = workers.ask(arm, "fp64", "epochs", arrays, **asked)
            yield _finding(
                f"loss of an epoch · {workload.title}", arm, "loss epoch", found, {"losses": expected["losses"]}, EPOCH
            )
            predicted = {name: expected[name] for name in ("batched", "single")}
            yield _finding(f"outputs in batches · {workload.title}", arm, "loss outputs", found, predicted, EPOCH)


def hand_made(case: Case, generator: np.random.Generator) -> dict[str, Array]:
    """Return outputs and targets that hold what is rare: sure and wrong, equal logits, zero and large errors."""
    outputs = generator.normal(0, 3, case.shape)
    flat = outputs.reshape(-1, case.shape[-1])
    flat[0] = 40 * np.eye(case.shape[-1])[0]  # sure: the softmax is 1 up to 4e-18
    flat[1] = -flat[0]
    flat[2] = 1.5  # a tie
    if case.loss in OF_INDICES:
        classes = generator.integers(0, CLASSES, case.shape[:-1])
        classes.flat[:3] = 1, 0, CLASSES - 1  # wrong where the outputs are sure
        if case.padding is not None:
            lengths = generator.integers(3, case.shape[1], (case.shape[0], 1)) * (not case.only_padding)
            classes[np.arange(case.shape[1]) >= lengths] = case.padding
        return {"outputs": outputs, "targets": classes}
    if case.loss in ("contrastive", "triplet"):
        outputs[3] = generator.normal(0, 0.3, case.shape[1:])  # near each other
        outputs[4:6] = outputs[3, :1]  # in one place, where distance has no derivative: of two kinds, and of one
        return {"outputs": outputs, "targets": np.arange(len(outputs), dtype=np.float64)[:, np.newaxis] % 2}
    if case.loss in ("dense_cross_entropy", "kl_divergence", "multi_task"):
        classes = case.options.get("classes", case.shape[-1])
        shares = generator.dirichlet(np.full(classes, 0.3), case.shape[0])
        shares[:3] = np.eye(classes)[[1, 0, classes - 1]]  # wrong where the outputs are sure
        values = generator.normal(0, 3, (len(shares), case.shape[-1] - classes))  # of a second task, if there is one
        return {"outputs": outputs, "targets": np.concatenate([shares, values], axis=1)}
    if case.loss == "hinge":
        outputs[3] = 1.0  # where it has no derivative, if the target is 1
    if case.loss in ("binary_cross_entropy", "hinge", "perceptron"):
        return {"outputs": outputs, "targets": generator.integers(0, 2, case.shape).astype(np.float64)}
    if case.loss == "negative_elbo":
        pixels = generator.uniform(0, 1, (len(outputs), PIXELS))
        return {"outputs": outputs, "targets": np.where(pixels < 0.6, pixels, pixels > 0.8)}  # some are exactly 0 or 1
    targets = outputs + generator.normal(0, 1, case.shape)
    targets[3] = outputs[3]  # where the absolute value has no derivative
    if case.loss == "cosine":
        targets[4] = 0.0  # no direction; among outputs its gradient, of 1e8, would hide all others
    if case.nothing:
        outputs[5] = 0.0
    return {"outputs": outputs, "targets": targets}


def rounded(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return outputs that bfloat16 holds, and targets in float32."""
    short = {name: array.astype(np.float32) if array.dtype.kind == "f" else array for name, array in arrays.items()}
    return short | {"outputs": (short["outputs"].view(np.uint32) & 0xFFFF0000).view(np.float32)}


def widened(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return the same numbers in float64."""
    return {name: array.astype(np.float64) if array.dtype.kind == "f" else array for name, array in arrays.items()}


def epochs(workload: Workload, generator: np.random.Generator) -> tuple[dict[str, Array], dict[str, Array]]:
    """Return what an arm is given for two epochs in different orders, and what it must answer."""
    outputs = workload.architecture.arguments["out_features"]
    x = generator.normal(size=(SAMPLES, FEATURES))
    classes = workload.loss == "cross_entropy"
    y = generator.integers(0, outputs, SAMPLES) if classes else generator.normal(size=(SAMPLES, outputs))
    weight, bias = generator.normal(size=(outputs, FEATURES)), generator.normal(size=outputs)
    predicted = x @ weight.T + bias
    orders = np.stack([generator.permutation(SAMPLES) for _ in range(2)])
    losses = np.array([_of_epoch(workload, predicted[order], y[order]) for order in orders])
    given = {"x": x, "y": y, "orders": orders, "fc.weight": weight, "fc.bias": bias}
    return given, {"losses": losses, "batched": predicted, "single": predicted}


def _of_epoch(workload: Workload, outputs: Array, targets: Array) -> float:
    """Return the mean of what every batch's loss is, each counted by its samples."""
    batches = [slice(first, first + BATCH) for first in range(0, SAMPLES, BATCH)]
    return sum(_of_batch(workload, outputs[b], targets[b]) * len(outputs[b]) for b in batches) / SAMPLES


def _of_batch(workload: Workload, outputs: Array, targets: Array) -> float:
    """Return the loss of a batch: PyTorch divides by the weights of the batch's own classes, whose sum differs."""
    if not workload.loss_options:
        return {"cross_entropy": metrics.cross_entropy, "mse": metrics.mse}[workload.loss](outputs, targets)
    weights, smoothing = np.array(workload.loss_options["class_weights"]), workload.loss_options["label_smoothing"]
    surprise = weights * -special.log_softmax(outputs, axis=-1)
    of_class = np.take_along_axis(surprise, targets[:, np.newaxis], axis=-1).sum()
    return float(((1 - smoothing) * of_class + smoothing * surprise.mean(axis=-1).sum()) / weights[targets].sum())


def still_workload(
    loss: Literal["cross_entropy", "mse"], title: str = "", options: Mapping[str, Any] | None = None
) -> Workload:
    """Return a linear model under an optimizer that does not move it."""
    outputs = CLASSES if loss == "cross_entropy" else 1
    architecture = Architecture("linear", "Linear", {"in_features": FEATURES, "out_features": outputs})
    still = Optimizer("sgd", learning_rate=0.0)
    found = Workload("still", title or loss, "", "features", architecture, still, BATCH, 2, loss, None, None, 0.0, "")
    return dataclasses.replace(found, loss_options=options or {})


STILL = (
    still_workload("cross_entropy"),
    still_workload("mse"),
    still_workload("cross_entropy", "cross_entropy · class weights, smoothing", _ALL),
)


def _finding(
    what: str, arm: str, gate: str, found: Mapping[str, Array], expected: Mapping[str, Array], bound: float
) -> Finding:
    apart = distance({name: found[name] for name in expected if name in found}, expected, bound)
    return Finding(what, arm, gate, apart.first is None, apart.error, bound, apart.first)
