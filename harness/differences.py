"""Measure every default that differs between PyTorch and Keras, and write ``docs/differences.md``.

``python -m harness.differences`` writes the page, with ``--check`` compares it with what is measured now. A row is
a function of its name in ``exercises/differences`` of each half, run in float64 in a worker process, once as a
framework's user gets it and once as the pairs have it.
"""

from __future__ import annotations

import difflib
import json
import math
import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harness import matched, registry
from harness.contract import LayerKind, Setup, TensorSpec
from harness.parity.workers import Workers, package_of
from harness.run.process import WorkerFailure, environment
from harness.store.atomic import write_atomically

if TYPE_CHECKING:
    from harness.contract import Array

PAGE = Path(__file__).resolve().parents[1] / "docs" / "differences.md"
ARMS = ("torch", "keras-tensorflow")
ROUNDING = 1e-10
"""Differences below it are float64's rounding."""


@dataclass(frozen=True)
class Row:
    """One line of the page.

    Attributes:
        name: Of the function in each half.
        what: The default, in the field's words.
        how: What makes the two equal.
        specs: Tensors drawn for both halves, for a row on initialisation.
        initializer: What their weights are drawn by; None for PyTorch's default rules.
        left: The pairs leave it as it is: it has no reconciled form.
        refusal: A framework may refuse it, which is then its default.
        fresh: It is about what an arm sets when it starts, and asked in a process in which none has started.
    """

    name: str
    what: str
    how: str
    specs: Mapping[str, TensorSpec] = field(default_factory=dict)
    initializer: str | None = None
    left: bool = False
    refusal: bool = False
    fresh: bool = False


@dataclass(frozen=True)
class Measured:
    """A row with its figures.

    Attributes:
        says: The default of each half, in words.
        default: RMS of the difference over that of PyTorch's result, in the default form.
        reconciled: The same as the pairs have it; None where they leave it as it is.
    """

    row: Row
    says: tuple[str, str]
    default: float
    reconciled: float | None


def _drawn(layer: LayerKind, **shapes: tuple[int, ...]) -> dict[str, TensorSpec]:

    return {f"layer.{name.replace('__', '.')}": TensorSpec(shape, layer) for name, shape in shapes.items()}


_CARRIED = "drawn once in NumPy by PyTorch's rule and loaded into both (`harness/matched.py`, `models_keras/bridge.py`)"
_DRAWN = "drawn once in NumPy and loaded into both (`benchmarks/techniques/initializers.py`)"
_TURNED = "axes moved by `models_keras/bridge.py`"
_STATED = "stated in both"
_POOL = "`make_pool` in `models_*/techniques/pooling.py`"

SECTIONS: Mapping[tuple[str, str], Sequence[Row]] = {
    ("Initial parameters: standard deviation (largest)", "initialisation"): (
        Row("dense_initialisation", "Dense, 700 → 300", _CARRIED, _drawn("linear", weight=(300, 700), bias=(300,))),
        Row(
            "convolution_initialisation",
            "convolution, 3×3, 32 → 64",
            _CARRIED,
            _drawn("conv", weight=(64, 32, 3, 3), bias=(64,)),
        ),
        Row(
            "depthwise_initialisation",
            "depthwise convolution, 3×3, 128: Keras counts all channels as fan-in",
            _CARRIED,
            _drawn("conv", weight=(128, 1, 3, 3), bias=(128,)),
        ),
        Row(
            "transposed_initialisation",
            "transposed convolution, 4×4, 64 → 16: fans from the layout",
            _CARRIED,
            _drawn("transposed_conv", weight=(64, 16, 4, 4), bias=(16,)),
        ),
        Row("embedding_initialisation", "embedding, 500 × 64", _CARRIED, _drawn("embedding", weight=(500, 64))),
        Row(
            "rnn_initialisation",
            "simple RNN, 32 → 64: recurrent weights orthogonal in Keras",
            _CARRIED,
            _drawn("recurrent", weight_ih_l0=(64, 32), weight_hh_l0=(64, 64), bias_ih_l0=(64,)),
        ),
        Row(
            "lstm_initialisation",
            "LSTM, 32 → 64: recurrent weights orthogonal and forget bias 1 in Keras",
            _CARRIED,
            _drawn("recurrent", weight_ih_l0=(256, 32), weight_hh_l0=(256, 64), bias_ih_l0=(256,)),
        ),
        Row(
            "gru_initialisation",
            "GRU, 32 → 64: recurrent weights orthogonal in Keras",
            _CARRIED,
            _drawn("recurrent", weight_ih_l0=(192, 32), weight_hh_l0=(192, 64), bias_ih_l0=(192,), bias_hh_l0=(192,)),
        ),
        Row(
            "attention_initialisation",
            "attention, 64, 4 heads: PyTorch's fans are those of the packed matrix",
            _CARRIED,
            _drawn(
                "attention",
                in_proj_weight=(192, 64),
                out_proj__weight=(64, 64),
                in_proj_bias=(192,),
                out_proj__bias=(64,),
            ),
        ),
        Row(
            "he_normal_initialisation",
            "`kaiming_normal_` and `HeNormal`, 1000 → 500: Keras cuts at two deviations",
            _DRAWN,
            _drawn("linear", weight=(500, 1000)),
            "he_normal",
        ),
        Row(
            "truncated_initialisation",
            "`trunc_normal_` and `TruncatedNormal`, std 0.05: PyTorch cuts at ±2, Keras at two deviations",
            _DRAWN,
            _drawn("linear", weight=(500, 1000)),
            "lecun_truncated_normal",
        ),
    ),
    ("Normalisation", "normalisation"): (
        Row("batch_norm_epsilon", "batch norm: epsilon (inputs of std 0.02)", f"1e-5 {_STATED}"),
        Row("batch_norm_momentum", "batch norm: momentum (running mean after one batch)", "Keras: 1 − PyTorch's"),
        Row("batch_norm_variance", "batch norm: running variance (batch of 4)", "`UnbiasedBatchNormalization`"),
        Row("batch_norm_mode", "batch norm called without a word on training", "`training=True` said in Keras"),
        Row(
            "batch_norm_of_one",
            "batch norm in training, batch of 1: refused or not",
            "`UnbiasedBatchNormalization`",
            refusal=True,
        ),
        Row("frozen_batch_norm", "frozen batch norm: running mean after a batch of training", "PyTorch: `eval()` too"),
        Row("layer_norm_epsilon", "layer norm: epsilon (inputs of std 0.02)", f"1e-5 {_STATED}"),
        Row("group_norm_epsilon", "group norm: epsilon (inputs of std 0.02)", f"1e-5 {_STATED}"),
        Row("group_norm_groups", "group norm of 64 channels, groups left out: refused or not", _STATED, refusal=True),
        Row("rms_norm_epsilon", "RMS norm: epsilon (inputs of std 0.001)", f"1e-6 {_STATED}"),
        Row("standard_deviation", "standard deviation of 6 numbers", "PyTorch: `correction=0`"),
    ),
    ("Recurrent layers and attention", "sequences"): (
        Row("gru_gates", "GRU: order of the gates in its weights", "gates swapped by `models_keras/bridge.py`"),
        Row(
            "gru_reset", "GRU, in Keras with `reset_after=False`: reset gate", "Keras: `reset_after=True`, its default"
        ),
        Row("time_axis", "GRU: axis of time", "PyTorch: `batch_first=True`"),
        Row("recurrent_outputs", "GRU over 5 steps: which of its outputs are given", "Keras: `Stack`, which gives all"),
        Row("rnn_biases", "simple RNN: biases (change of their sum in one step of SGD)", "PyTorch: `OneBiasRNN`"),
        Row("lstm_biases", "LSTM: biases (change of their sum in one step of SGD)", "PyTorch: `OneBiasLSTM`"),
        Row("bidirectional_outputs", "bidirectional GRU: its output by default", "all steps in both"),
        Row("recurrent_dropout", "LSTM of one layer: `dropout=0.5`, in training", "Keras: `Stack`"),
        Row(
            "padded_mean", "mean over words of an embedding, padding named", "`masked_mean` in the pairs' transformers"
        ),
        Row("attention_mask", "attention: boolean mask", "PyTorch: `scaled_dot_product_attention`, True is kept"),
        Row("attention_size", "attention, 4 heads: what a size of 64 is (parameters)", "Keras: `key_dim=64 // 4`"),
    ),
    ("Convolution, pooling, resizing", "convolution"): (
        Row("strided_same_padding", "3×3 convolution, stride 2, on 8×8", "Keras: `ZeroPadding2D(1)`, no padding"),
        Row(
            "average_pool_padding",
            "average pooling, 3×3, stride 2, on 9×9: zeros of the padding",
            "PyTorch: `count_include_pad=False`",
        ),
        Row("average_pool_side", "average pooling, 3×3, stride 2, on 8×8: where the padding is", _POOL),
        Row("max_pool_padding", "max pooling, 3×3, stride 2, on 8×8", _POOL),
        Row("pool_size", "max pooling, window left out: refused or not", _STATED, refusal=True),
        Row(
            "transposed_padding",
            "3×3 transposed convolution, stride 2, 8×8 → 16×16",
            '4×4 with `padding=1` and `padding="same"`, as in `ConvAutoencoder`',
        ),
        Row("flatten_order", "Dense on a flattened feature map", "kernel permuted by `models_keras/bridge.py`"),
        Row("dense_axes", "Dense, 8 → 8: axes of its kernel", _TURNED),
        Row("kernel_axes", "4×4 convolution, 4 → 4: axes of its kernel", _TURNED),
        Row("transposed_kernel_axes", "4×4 transposed convolution, 4 → 4: axes of its kernel", _TURNED),
        Row("channel_axis", "mean of each channel: axis of the channels", "Keras: axes moved by `models_keras/arm.py`"),
        Row("nearest_resize", "nearest neighbour, 8×8 → 5×5", "PyTorch: `nearest-exact`"),
        Row("bicubic_resize", "bicubic, 8×8 → 5×5", "`antialias=True` in both"),
        Row(
            "bilinear_corners",
            "bilinear, 8×8 → 5×5, in PyTorch with `align_corners=True`",
            "PyTorch: `align_corners=False`, its default",
        ),
    ),
    ("Activations", "activations"): (
        Row("leaky_relu_slope", "leaky ReLU: slope", f"0.01 {_STATED}"),
        Row("gelu_form", "GELU", "Keras: `ops.gelu(x, approximate=False)`"),
        Row("prelu_slope", "PReLU: slope at the start", "Keras: `Constant(0.25)`, `shared_axes`"),
    ),
    ("Dropout and augmentation", "regularisation"): (
        Row("dropout_mode", "dropout of a half, called without a word on training", "`eval()`, `training=False`"),
        Row("dropout_rate", "dropout, rate left out: refused or not", _STATED, refusal=True),
        Row(
            "recomputed_dropout",
            "dropout of a half, computed once more for the gradient: slope of a squared output, of 2",
            "Keras: `recomputed` in `models_keras/techniques/recomputation.py`",
        ),
        Row(
            "filling",
            "pictures moved by a quarter: what comes in",
            "zeros: `shift` in `models_*/techniques/augmentation.py`",
        ),
        Row("flipping", "random flip: share that stays upright", "`flip` in `models_*/techniques/augmentation.py`"),
        Row("rotation_unit", "rotation by 0.1", "radians: `rotation` in `models_*/techniques/augmentation.py`"),
    ),
    ("Losses", "losses"): (
        Row("cross_entropy_input", "cross-entropy: what it takes", "Keras: `from_logits=True`"),
        Row("cross_entropy_of_probabilities", "cross-entropy of probabilities near 0", "logits in both"),
        Row("binary_cross_entropy", "binary cross-entropy of probabilities near 0", "logits in both"),
        Row(
            "ignored_label",
            "cross-entropy, a label of −100: refused or not",
            "named: `cross_entropy(ignored=…)`",
            refusal=True,
        ),
        Row("class_weights", "class weights: mean", "`cross_entropy` in `models_*/techniques/losses.py`"),
        Row(
            "smoothed_class_weights",
            "class weights with label smoothing of 0.1, weighted mean",
            "`cross_entropy` in `models_*/techniques/losses.py`",
        ),
        Row(
            "softmax_twice",
            "cross-entropy from logits, of a model that ends in softmax",
            "a model that ends in logits; the mistake is `losses.softmax_twice`",
        ),
        Row("divergence", "Kullback–Leibler divergence: mean", "`kl_divergence` in `models_*/techniques/losses.py`"),
        Row("cosine_loss", "cosine loss (of outputs at right angles to their targets)", "Keras: + 1"),
        Row("reported_penalty", "reported loss under an L2 penalty", "penalties in both; `make_penalty`"),
        Row("reported_loss", "reported loss of an epoch of two batches", "PyTorch: the mean of `fit`, by batch size"),
    ),
    ("Optimizers: change of a parameter", "optimizers"): (
        Row("sgd_learning_rate", "SGD: learning rate", _STATED),
        Row("momentum_under_a_drop", "momentum, learning rate ÷ 10 after 5 of 10 steps", "Keras: `UnscaledMomentum`"),
        Row(
            "adam_epsilon",
            "Adam: epsilon (gradients near 1e-6)",
            "`CorrectedMoments` in `models_keras/techniques/optimizers.py`",
        ),
        Row("adamw_decay", "AdamW: weight decay", _STATED),
        Row("weight_decay", "SGD with momentum: `weight_decay=0.1`", "Keras: `CoupledDecay`"),
        Row("adam_weight_decay", "Adam: `weight_decay=0.1`", "Keras: `CoupledDecay`"),
        Row("l2_factor", "L2 penalty λ (one step)", "Keras: `L2(λ / 2)`"),
        Row("rmsprop_defaults", "RMSprop: its numbers", _STATED),
        Row(
            "rmsprop_epsilon", "RMSprop: epsilon (gradients near 1e-4, same numbers)", "Keras: `RMSpropEpsilonOutside`"
        ),
        Row(
            "rmsprop_momentum_under_a_drop",
            "RMSprop with momentum, learning rate ÷ 10 after 5 of 10 steps",
            "Keras: `RMSpropEpsilonOutside`",
        ),
        Row("adagrad_defaults", "Adagrad: its numbers", _STATED),
        Row(
            "adagrad_epsilon", "Adagrad: epsilon (gradients near 1e-6, same numbers)", "Keras: `AdagradEpsilonOutside`"
        ),
        Row("adadelta_defaults", "Adadelta: its numbers", _STATED),
        Row("adamax_defaults", "Adamax: its numbers", _STATED),
        Row("adamax_epsilon", "Adamax: epsilon (gradients near 1e-6, same numbers)", "Keras: `AdamaxEpsilonInNorm`"),
        Row("nadam_defaults", "NAdam: its numbers", _STATED),
        Row("nadam_momentum", "NAdam: momentum's schedule (same numbers)", "Keras: `NesterovSchedule`"),
        Row(
            "muon_defaults",
            "Muon: its numbers, and its factor for a matrix 6×8",
            "PyTorch: `Muon` in `models_torch/techniques/optimizers.py`; Keras: `TypedMuon`",
        ),
        Row(
            "muon_of_vectors",
            "Muon of a vector: refused or not",
            "PyTorch: `Muon`, with Adam for vectors",
            refusal=True,
        ),
        Row("averaged_parameters", "average of the parameters of 10 steps: its decay", _STATED),
        Row(
            "repeated_words",
            "Adam, one step of an embedding: a word three times in a batch",
            "Keras: `CorrectedMoments`; Adadelta: `SummedGradients`",
        ),
        Row("clipping_by_norm", "clipping two gradients of norm 3 and 0.5 at 1", "Keras: `CanonicalClipping`"),
        Row("clipping_stabiliser", "clipping a global norm of 3e-3 at 1e-4", "Keras: `CanonicalClipping`"),
        Row("loss_scale", "dynamic loss scaling: its first scale", _STATED),
        Row("accumulation", "four gradients accumulated", "PyTorch: the loss divided by their number"),
    ),
    ("Schedules and fitting", "fitting"): (
        Row("cosine_past_its_end", "cosine over 10 steps, then 6 more", "Keras: `CosineRisingAgain`"),
        Row("cosine_restarts", "cosine over 41 steps, twice, compiled", "Keras: `CosineStartingAgain`"),
        Row("scheduled_steps", "cosine over 10 steps, two gradients accumulated for each", "Keras: `ScheduledBySteps`"),
        Row("exponential_decay", "exponential decay, 5 steps an epoch", "Keras: `staircase=True`"),
        Row("milestones", "learning rate at its milestone", "Keras: the step before it"),
        Row("plateau_patience", "plateau, patience 2, 9 flat epochs", "Keras: `PlateauBeyondPatience`"),
        Row(
            "plateau_threshold",
            "plateau: threshold (losses near 100 that fall by 0.001, same patience)",
            "Keras: `PlateauBeyondPatience`",
        ),
        Row(
            "plateau_cooldown",
            "plateau: cooldown of 3 (20 flat epochs, same patience)",
            "Keras: `PlateauBeyondPatience`",
        ),
        Row(
            "early_stopping",
            "early stopping: epochs of 9 that are trained, and which one's parameters are kept",
            "PyTorch: `EarlyStopping`; patience and `restore_best` stated",
        ),
        Row(
            "averaged_at_the_end",
            "training with an average of the parameters, of one decay: what the model has at the end",
            "PyTorch: the average's model, `AveragedModel.module`",
        ),
        Row("unnamed_optimizer", "a step of training, no optimizer named: parameters stay or not", _STATED),
        Row("shuffling", "order of samples", "orders drawn in NumPy for both; Keras: `shuffle=False`"),
        Row("held_out_samples", "which quarter of the samples is held out", "the last in both (`harness/matched.py`)"),
        Row("batch_size", "batch size (steps for 64 samples)", _STATED),
    ),
    ("Random numbers, precision, compilation", "runtime"): (
        Row("seeded_numbers", "7 normal numbers by seed 0", "drawn in NumPy for both (`harness/matched.py`)"),
        Row(
            "tensor_float_32",
            "TF32: whether float32 may be computed in it (flags, read on a CPU)",
            "off in both: `models_torch/arm.py`, `models_keras/backends/tensorflow.py`",
            fresh=True,
        ),
        Row(
            "narrow_layers",
            "bfloat16: bits of what Dense, layer norm, batch norm and softmax make of float32",
            "not: `bf16` is each framework's own (`docs/measuring.md`)",
            left=True,
        ),
        Row("automatic_loss_scale", "float16: scale of the loss, scaling left out", "`make_scaler`, `make_scaled`"),
        Row(
            "traced_calls",
            "6 steps of training: calls of the model's Python",
            "not: the arm says how (`docs/measuring.md`)",
            left=True,
        ),
    ),
}


@dataclass(frozen=True)
class Left:
    """A default that no row measures.

    Attributes:
        what: The default, in the field's words.
        why: It has no row.
        where: Files that deal with it.
    """

    what: str
    why: str
    where: tuple[str, ...]


LEFT: Sequence[Left] = (
    Left(
        "what TF32 makes of a product",
        "only a GPU has it; the flags are above, and all arms turn it off for `fp32`",
        (
            "models_torch/arm.py",
            "models_keras/backends/tensorflow.py",
            "models_keras/backends/jax.py",
            "models_keras/backends/torch.py",
        ),
    ),
    Left(
        '`compile(jit_compile="auto")`',
        "on TensorFlow it means XLA on a GPU, and there not under `tf.distribute` or with deterministic operations; a "
        "record says what was in force",
        ("models_keras/arm.py", "docs/measuring.md"),
    ),
    Left(
        "operations that `torch.autocast` keeps in float32",
        "CUDA has a list of its own, layer norm and softmax among them; this page is measured on a CPU",
        ("models_torch/arm.py", "harness/run/process.py"),
    ),
    Left(
        "rounding in bfloat16 and float16",
        "this page is float64; a gate holds gradients too small or too large for a type to what they must become",
        ("harness/parity/precision.py",),
    ),
    Left(
        "`torch.load(weights_only=True)`, `.keras` and `.weights.h5` files",
        "formats, not figures; what the pairs write holds no pickle",
        ("models_torch/weights.py", "models_keras/weights.py", "models_torch/techniques/checkpointing.py"),
    ),
    Left(
        "workers, pinned memory and prefetching of the input pipelines",
        "change times and no numbers",
        ("models_torch/techniques/data_loading.py", "models_keras/techniques/data_loading.py"),
    ),
    Left(
        "Keras on JAX and on torch",
        "other arms, which differ from TensorFlow's in places; the gates prove each of them against PyTorch",
        ("docs/proving.md",),
    ),
    Left(
        "`RandomBrightness` and `RandomContrast`, which take values for 0 … 255",
        "PyTorch has no counterpart without torchvision, and the pairs have neither",
        ("models_keras/techniques/augmentation.py",),
    ),
    Left(
        "`recurrent_dropout`",
        "PyTorch has no counterpart, and the pairs do without",
        ("models_keras/techniques/recurrent.py",),
    ),
    Left(
        "the order of clipping, weight decay and step",
        "in PyTorch a user calls the first; the pairs have Keras' order in both",
        ("models_torch/techniques/optimizers.py", "harness/parity/optimizers.py"),
    ),
)
"""Defaults that differ, but have no row."""

ALIKE: Mapping[str, str] = {
    "lstm_gates": "the order of an LSTM's gates",
    "same_padding": "`same` padding of an even kernel at stride 1",
    "enlarging": "enlarging to twice the size, nearest and bilinear",
    "curves": "ELU, SELU, SiLU, softplus, Mish, ReLU6, softsign, hard sigmoid and hard SiLU",
    "errors": "the mean squared error and Huber's",
    "label_smoothing": "label smoothing",
    "plateau_numbers": "a plateau's factor, patience, threshold and cooldown by number",
}
"""Functions of ``exercises/differences/alike.py``: what is the same where one might look for a difference."""

_ALIKE = "differences.alike"


def _inputs() -> dict[str, Array]:
    """Return what the rows compute on, float64: noise from one seed."""
    rng = np.random.default_rng(0)
    shapes = {
        "images": (6, 4, 8, 8),
        "odd_images": (6, 4, 9, 9),
        "features": (6, 8),
        "sequence": (6, 5, 8),
        "logits": (6, 5),
        "conv.weight": (5, 4, 3, 3),
        "flat.weight": (3, 256),
        "gru.weight_ih_l0": (18, 8),
        "gru.weight_hh_l0": (18, 6),
        "gru.bias_ih_l0": (18,),
        "gru.bias_hh_l0": (18,),
        "lstm.weight_ih_l0": (24, 8),
        "lstm.weight_hh_l0": (24, 6),
        "lstm.bias_ih_l0": (24,),
        "attention.in_proj_weight": (24, 8),
        "attention.in_proj_bias": (24,),
        "attention.out_proj.weight": (8, 8),
        "attention.out_proj.bias": (8,),
        "start": (7,),
        "gradients": (10, 7),
        "deconv.weight": (4, 5, 4, 4),
        "dense.weight": (5, 8),
        "matrix_start": (6, 8),
        "matrix_gradients": (10, 6, 8),
        "square_images": (6, 8, 8, 8),
    }
    arrays: dict[str, Array] = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    step = np.arange(5)
    return arrays | {
        "labels": np.array([0, 1, 2, 3, 4, 1]),
        "far_logits": 60 * arrays["logits"],
        "targets": (arrays["logits"] > 0.5).astype(np.float64),
        "class_weights": np.array([1.0, 2.0, 5.0, 0.5, 10.0]),
        "mask": (step[:, np.newaxis] + step) % 2 == 0,
        "long_gradient": np.array([2.0, 2.0, 1.0]),
        "short_gradient": np.full(5, math.sqrt(0.05)),
        "slow_losses": 100 - 0.001 * np.arange(9),
        "held_out_losses": np.array([3, 2, 2.5, 1, 1.5, 1.2, 0.5, 0.7, 0.6]),
    }


def measure() -> tuple[dict[str, list[Measured]], dict[str, float]]:
    """Run every row in both halves, in both forms, and what is alike; of that return the difference by name."""
    inputs = _inputs()
    with tempfile.TemporaryDirectory(prefix="twinbench-differences-") as scratch, Workers(Path(scratch), 1) as workers:
        rows = {
            title: [_measure(workers, file, row, inputs) for row in rows] for (title, file), rows in SECTIONS.items()
        }
        halves = {name: [workers.exercise(arm, "fp64", _ALIKE, name, inputs) for arm in ARMS] for name in ALIKE}
        return rows, {name: apart(ours, theirs) for name, (theirs, ours) in halves.items()}


def _measure(workers: Workers, file: str, row: Row, inputs: Mapping[str, Array]) -> Measured:
    arrays = matched.initial_parameters(row.specs, 0, initializer=row.initializer) if row.specs else inputs
    says: list[str] = []
    figures: list[float] = []
    for form in ("default",) if row.left else ("default", "reconciled"):
        theirs, ours = (_ask(workers, arm, file, row, arrays, form) for arm in ARMS)
        said = [str(half.pop("says")) for half in (theirs, ours)]
        says = says or said
        figures.append(apart(ours, theirs))
    return Measured(row, (says[0], says[1]), figures[0], None if row.left else figures[1])


def _ask(workers: Workers, arm: str, file: str, row: Row, arrays: Mapping[str, Array], form: str) -> dict[str, Array]:
    """Return what a half gives in a form; where it refuses, the name of its error and nothing else."""
    if row.fresh:
        return _ask_fresh(workers.scratch, arm, file, row, form)
    try:
        return workers.exercise(arm, "fp64", f"differences.{file}", row.name, arrays, form=form)
    except WorkerFailure as failure:
        refused = re.match(r"exercise: (\w+): ", str(failure))
        if not (row.refusal and refused):
            raise
        return {"says": np.array(refused[1])}


def _ask_fresh(scratch: Path, arm: str, file: str, row: Row, form: str) -> dict[str, Array]:
    code = (
        f"import json; from {package_of(arm)}.exercises.differences.{file} import {row.name} as function; "
        f"print(json.dumps({{name: array.tolist() for name, array in function({{}}, {form!r}).items()}}))"
    )
    variables = environment(registry.find_arm(arm), Setup("fp32", threads=1), scratch)
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], env=variables, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{arm}, {row.name}: {done.stderr}")
    return {name: np.array(given) for name, given in json.loads(done.stdout.splitlines()[-1]).items()}


def apart(ours: Mapping[str, Array], theirs: Mapping[str, Array]) -> float:
    """Return the RMS of the difference over that of ``theirs``: the largest over the tensors that are not zero there.

    1 where one half gives nothing, because it refuses, and the other something.

    Raises:
        ValueError: If the two are not of the same names and shapes, or not finite.
    """
    if not (ours and theirs):
        return float(bool(ours) != bool(theirs))
    largest = 0.0
    for name in theirs.keys() | ours.keys():
        if name not in ours or name not in theirs or ours[name].shape != theirs[name].shape:
            raise ValueError(f"{name}: the halves return other shapes")
        difference, scale = (float(np.sqrt(np.mean(x**2))) for x in (ours[name] - theirs[name], theirs[name]))
        if not math.isfinite(difference) or (scale == 0 and difference > 0):
            raise ValueError(f"{name}: no relative difference of {difference} to {scale}")
        largest = max(largest, difference / scale if scale else 0.0)
    return largest


def page(measured: Mapping[str, Sequence[Measured]], alike: Mapping[str, float]) -> str:
    """Return the page as Markdown."""
    lines = list(_head())
    for title, rows in measured.items():
        lines += ["", f"## {title}", ""]
        lines.append("| what | PyTorch | Keras | difference | reconciled | how |")
        lines.append("|---|---|---|---:|---:|---|")
        for done in rows:
            cells = [done.row.what, *done.says, _difference(done.default), _bound(done.reconciled), done.row.how]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, *_left(alike)]) + "\n"


def _left(alike: Mapping[str, float]) -> Iterator[str]:
    yield "\n## Not on this page, and why\n"
    for one in LEFT:
        links = ", ".join(f"[{path}](../{path})" for path in one.where)
        yield f"- {one.what}: {one.why} ({links})."
    same = "; ".join(f"{ALIKE[name]} ({_bound(difference)})" for name, difference in alike.items())
    yield "\n" + textwrap.fill(f"The same in both, where one might look for a difference: {same}.", 120)


def _head() -> Iterator[str]:
    versions = {name: v for arm in ARMS for name, v in registry.versions(registry.find_arm(arm)).items()}
    told = ", ".join(f"{name.removesuffix('-cpu')} {version.partition('+')[0]}" for name, version in versions.items())
    yield f"""\
# What differs between PyTorch and Keras

Every default that differs between the frameworks and that a pair has to reconcile, or would have to if it used it: its
size as a user meets it, and what is left of it in the pairs. `make differences` measures it all anew and writes this
page, and a test compares it with what is measured then; the defaults named here are read from the frameworks where they
are numbers.

*Difference* is the root mean square of the difference of the two results, divided by that of PyTorch's: 1 is as large
as the thing itself. *Reconciled* is the same as the pairs have it, as a power of ten that it stays below (Keras takes
some constants through float32, which leaves more than 1e-10); – where the pairs leave it as it is. All is computed on
a CPU from the same noise, in float64 but where another type is what a row is about, in Keras by its TensorFlow backend
({told}), by the functions in
[models_torch/exercises/differences](../models_torch/exercises/differences) and
[models_keras/exercises/differences](../models_keras/exercises/differences)."""


def _difference(figure: float) -> str:
    return f"{figure:.2g}" if figure >= 1e-3 else f"{figure:.1e}"


def _bound(figure: float | None) -> str:
    """Return the least power of ten above a figure, none below 1e-10: rounding is not the same on every machine."""
    return "–" if figure is None else f"< 1e{math.floor(math.log10(max(figure, ROUNDING / 10))) + 1}"


def main() -> None:
    """Write the page, or with ``--check`` tell where it differs from what is measured now; exit status 1 if it does."""
    text = page(*measure())
    if sys.argv[1:] != ["--check"]:
        write_atomically(PAGE, text)
        return
    written = PAGE.read_text(encoding="utf-8")
    sys.stdout.writelines(difflib.unified_diff(written.splitlines(True), text.splitlines(True), str(PAGE), "measured"))
    sys.exit(int(written != text))


if __name__ == "__main__":
    main()
