"""The nouns of twinbench as types. Read this file first.

A *workload* says what is trained and to which target; an *arm* is one way to run it (PyTorch, Keras on
TensorFlow, …); a *cell* is one workload on one arm with every setting named; an arm opens a *session* for a
cell, and the harness judges what the session returns. Every package may import this module, and ``benchmarks``
and ``models_*`` import nothing else of the harness. It imports only the standard library, so that a worker
process pays nothing for it; what is stored or read from a user is validated in ``harness.schema``.

Canonical names and layouts are PyTorch's: ``conv1.weight`` of shape (out, in, kh, kw), images (N, C, H, W).
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, get_args

if TYPE_CHECKING:
    import numpy as np

    Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

Precision = Literal["fp32", "tf32", "bf16", "fp16", "fp64"]
"""``fp32`` is strict (TF32 off everywhere), ``tf32`` lets NVIDIA's tensor cores round what they multiply to 10 bits,
``bf16`` and ``fp16`` are mixed (float32 parameters), the latter with losses scaled, ``fp64`` is for parity."""

Device = Literal["cpu", "gpu"]
"""``gpu``: the first NVIDIA GPU that ``CUDA_VISIBLE_DEVICES`` names, counted in the order of the PCI bus."""

Track = Literal["matched", "stock"]
"""``matched``: same initial parameters, same batches, same mathematics, same precision policy. ``stock``: optimizer and
initial values are each framework's own (``Optimizer.typed``, ``Session.draw``), all else is as in the matched track."""

Task = Literal["classification", "regression", "segmentation", "reconstruction", "language"]

Form = Literal["features", "image", "signal", "sequence", "tokens"]
"""How a sample enters a network: (F,), (C, H, W), (C, L), (T, F), or (T,) of integer ids. Keras halves read the channel
last, and give it last where outputs are images or signals again."""

LossName = Literal[
    "cross_entropy",
    "focal",
    "dense_cross_entropy",
    "softmax_twice",
    "clipped_cross_entropy",
    "kl_divergence",
    "binary_cross_entropy",
    "hinge",
    "perceptron",
    "cosine",
    "mse",
    "mae",
    "huber",
    "negative_elbo",
    "quantile",
    "contrastive",
    "triplet",
    "multi_task",
]

OF_INDICES: frozenset[LossName] = frozenset({"cross_entropy", "focal", "softmax_twice", "clipped_cross_entropy"})
"""Losses that take class indices; all others take targets of the outputs' shape, floats."""

MIXING = frozenset({"mixup", "cutmix"})
"""Augmentation that mixes targets too, which therefore cannot be indices."""

AUGMENTS: Mapping[str, tuple[Form, ...]] = {
    **dict.fromkeys(("flip", "shift", "crop", "rotation", "zoom", "cutout", "mixup", "cutmix"), ("image",)),
    "shift_signal": ("signal",),
    "noise": ("features", "image", "signal", "sequence"),
}
"""Techniques of augmentation, with the forms of samples that each applies to."""

LOSS_OPTIONS: Mapping[LossName, tuple[str, ...]] = {
    "cross_entropy": ("class_weights", "ignored", "label_smoothing"),
    "dense_cross_entropy": ("class_weights", "label_smoothing"),
    "huber": ("delta",),
    "focal": ("gamma",),
    "quantile": ("quantile",),
    "contrastive": ("margin",),
    "triplet": ("margin",),
    "multi_task": ("classes", "weight"),
}
"""Losses that have options, with these."""

OptimizerName = Literal["sgd", "rmsprop", "adagrad", "adadelta", "adam", "adamw", "nadam", "adamax", "lion", "muon"]
Metric = Literal["accuracy", "told_apart", "r2", "iou", "mse", "elbo", "bits_per_character"]
LESS_IS_BETTER: frozenset[Metric] = frozenset({"mse", "bits_per_character"})

STOCHASTIC = ("dropout", "noise")
"""Arguments of architectures that scale what is random in a model. Most gates set them to 0: no two frameworks draw
alike."""

CHOSEN_GRADIENTS = ("straight_through",)
"""Activations whose gradient is chosen, and not the slope of what they compute."""

Scope = Literal["step", "inference", "latency", "epoch", "accuracy"]
"""What a cell measures: the time of train steps, or of forward passes, over staged batches, of forward passes one by
one, or of epochs; or a whole training."""

RACED: tuple[Scope, ...] = ("step", "inference", "latency", "epoch")
"""Scopes that take time, in the order in which they are raced."""

Part = Literal["input", "forward", "forward+backward", "optimizer", "bookkeeping", "dispatch"]
"""A part of what training does, run by itself over and over (``Divisible``), to see where the time goes: what an epoch
does beside its steps; a forward pass in training mode, with its loss; the same with gradients; the update; what else a
framework keeps of a step; a whole step on so few samples that little but calls is left."""
LoadingName = Literal["dataloader", "tf_data", "pydataset", "grain"]

LayerKind = Literal["linear", "conv", "transposed_conv", "norm", "embedding", "recurrent", "attention"]


class Outcome(enum.StrEnum):
    """How an attempt at a cell ended. A failed cell is a row in the report, never a hole."""

    OK = "ok"
    DIVERGED = "diverged"
    UNSUPPORTED = "unsupported"
    OUT_OF_MEMORY_HOST = "out_of_memory_host"
    OUT_OF_MEMORY_DEVICE = "out_of_memory_device"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    CONTENDED = "contended"
    INVALID_RESULT = "invalid_result"
    INTERRUPTED = "interrupted"


@dataclasses.dataclass(frozen=True)
class Dataset:
    """Arrays ready for training: fixed split, inputs standardised with training statistics only.

    Attributes:
        x_train: float32 inputs, (N, ...) in their natural canonical shape: (N, F), (N, C, H, W) or (N, L); or int64 ids
            (N, T).
        y_train: int64 class indices (N,) or, for language, (N, T); or float32 targets: (N, 1) standardised like the
            inputs, or (N, C, H, W) for images.
        x_test: As ``x_train``.
        y_test: As ``y_train``.
        outputs: Number of classes, of targets or of their channels, or size of the vocabulary.
        sha256: Hash of the four arrays, their shapes and types.
    """

    name: str
    task: Task
    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array
    outputs: int
    source: str
    licence: str
    sha256: str

    def first(self, samples: int | None) -> Dataset:
        """Return the dataset with so many training samples, the first ones; None for all of them."""
        if samples is None:
            return self
        return dataclasses.replace(self, x_train=self.x_train[:samples], y_train=self.y_train[:samples])


@dataclasses.dataclass(frozen=True)
class Architecture:
    """A pair: ``architectures/<file>.py`` holds a class ``name`` in each framework, built with ``arguments``.

    Attributes:
        immaterial: Tensors that provably cannot change the loss in training, as patterns of canonical names (``*`` is
            anything), each with the reason. Of attention's packed tensors ``[q]``, ``[k]`` and ``[v]`` name the
            thirds: ``blocks.*.attn.in_proj_bias[k]``. The gates then require gradients of zero of them.
        initial_std: Standard deviations of the normal distributions that the matched track draws initial values from,
            by patterns of canonical names, the first that fits; 0 for zeros. Norms and what fits none keep PyTorch's
            default rules.
        initializer: What the weights of linear layers and convolutions are drawn by, one of
            ``benchmarks.techniques.initializers``, with biases of 0; in the stock track by the half's own function of
            that name. None for PyTorch's default rules, in the stock track the framework's.
        tied: Canonical name of the embedding whose vectors are the output layer's weights once more (Press and Wolf,
            2016), if there is one. No module tells of it, so it is said here, for the count of FLOPs.
    """

    file: str
    name: str
    arguments: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    immaterial: Mapping[str, str] = dataclasses.field(default_factory=dict)
    initial_std: Mapping[str, float] = dataclasses.field(default_factory=dict)
    initializer: str | None = None
    tied: str | None = None


@dataclasses.dataclass(frozen=True)
class Clipping:
    """How gradients are limited before the optimizer sees them, as ``torch.nn.utils`` defines it.

    Attributes:
        by: ``global_norm`` multiplies all gradients by min(1, limit / (‖all‖₂ + 1e-6)); ``norm`` does so for each
            tensor by itself; ``value`` clamps every element to ±limit. ``adaptive`` (Brock et al., 2021, equation 3,
            before it goes on to units) multiplies each tensor's by min(1, limit · max(‖p‖₂, 1e-3) / ‖g‖₂), p its
            parameter: PyTorch and Keras have none. What goes by tensor is refused where the frameworks pack tensors in
            other ways, as of attention and of a GRU.
    """

    by: Literal["global_norm", "norm", "value", "adaptive"]
    limit: float

    def __post_init__(self) -> None:
        """Refuse a limit that nothing can keep."""
        if self.limit <= 0:
            raise ValueError(f"clipping by {self.by}: limit {self.limit} is not above 0")


@dataclasses.dataclass(frozen=True)
class Optimizer:
    """An optimizer with every number stated, as PyTorch defines them; each reads only what concerns it.

    PyTorch has no Lion, and its Muon computes in bfloat16 whatever the parameters are and takes nothing but matrices:
    of these two ``models_torch.techniques`` has the definition. Matrices are those of linear and of recurrent layers
    and embeddings; ``muon`` updates all else as ``adamw`` does. With attention or a GRU, whose matrices the frameworks
    pack in other ways, it is refused.

    Attributes:
        learning_rate: Multiplies the update as it is applied; no slot holds it.
        momentum: Heavy-ball momentum without dampening (``sgd``, ``rmsprop``, ``muon``).
        nesterov: Look ahead by one more step of momentum (``sgd``, ``muon``).
        beta_1: Decay of the first moment (``adam``, ``adamw``, ``nadam``, ``adamax``), or its share in what ``lion``
            takes the sign of.
        beta_2: Decay of the second moment, of the infinity norm (``adamax``) or of the first moment (``lion``).
        rho: Decay of the mean square (``rmsprop``, whose papers and PyTorch say alpha, and ``adadelta``).
        epsilon: Added to the root of the bias-corrected second moment (Kingma & Ba 2015, algorithm 1), or to the root
            of the mean or summed square; within both roots for ``adadelta``; to each |g| for ``adamax``.
        weight_decay: λ. Coupled, g ← g + λp after clipping, except for ``adamw``, ``lion`` and ``muon``: decoupled,
            p ← (1 − ηλ)p.
        momentum_decay: ψ of ``nadam``: μₜ = β₁(1 − ½·0.96^(ψt)).
        initial_accumulator: What ``adagrad`` starts its sum of squares from.
    """

    name: OptimizerName
    learning_rate: float
    momentum: float = 0.0
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    nesterov: bool = False
    rho: float = 0.9
    weight_decay: float = 0.0
    momentum_decay: float = 0.004
    initial_accumulator: float = 0.0
    clipping: Clipping | None = None

    def __post_init__(self) -> None:
        """Refuse what no framework can do."""
        if self.name not in get_args(OptimizerName):
            raise ValueError(f"there is no optimizer {self.name}; known: {', '.join(get_args(OptimizerName))}")
        if self.nesterov and not self.momentum:
            raise ValueError(f"{self.name}: Nesterov's momentum looks ahead by a momentum, and there is none")

    @property
    def typed(self) -> dict[str, Any]:
        """What a user types beside name, learning rate and clipping in the stock track, in either framework.

        That is what is off unless one asks for it; numbers that have a default of their own are left to the framework.
        """
        decay = 0.0 if self.name in ("adamw", "muon") else self.weight_decay
        asked = {"momentum": self.momentum, "nesterov": self.nesterov, "weight_decay": decay}
        return {name: value for name, value in asked.items() if value}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Optimizer:
        """Return the optimizer that ``dataclasses.asdict`` told of."""
        clipping = fields.get("clipping")
        return cls(**{**fields, "clipping": Clipping(**clipping) if clipping else None})


@dataclasses.dataclass(frozen=True)
class Schedule:
    """How the learning rate changes from its peak, as ``torch.optim.lr_scheduler`` defines it; each reads its own.

    Attributes:
        name: ``step``: times ``factor`` after every ``steps``. ``exponential``: times ``factor`` after every step.
            ``cosine``: to ``floor`` in ``steps``, and up again after them. ``cosine_restarts``: the same, but a new
            cosine after each end, ``growth`` times as long. ``warmup``: linearly from ``factor`` of the peak up to it
            in ``steps``. ``one_cycle``: a cosine up from peak / ``rise`` in the first ``share`` of ``steps``, and down
            to that over ``fall`` in the others. ``polynomial``: to 0 in ``steps``, by the given ``power``.
            ``plateau``: times ``factor`` after more than ``steps`` epochs without a lower training loss.
        steps: Steps of the optimizer; epochs for ``plateau``.
    """

    name: Literal["step", "exponential", "cosine", "cosine_restarts", "warmup", "one_cycle", "polynomial", "plateau"]
    steps: int = 1
    factor: float = 0.1
    floor: float = 0.0
    growth: int = 1
    power: float = 1.0
    share: float = 0.3
    rise: float = 25.0
    fall: float = 1e4

    def __post_init__(self) -> None:
        """Refuse a course without steps."""
        if self.steps < (0 if self.name == "plateau" else 1):
            raise ValueError(f"schedule {self.name}: {self.steps} steps are too few")


@dataclasses.dataclass(frozen=True)
class Regularizer:
    """What is added to the loss for every weight, or asked of it; biases, norms and embeddings are left alone.

    Attributes:
        l1: λ₁ of λ₁ Σ|w|.
        l2: λ₂ of λ₂ Σw², without a ½: a coupled weight decay of 2λ₂.
        max_norm: After each step the weights that enter a unit are shrunk to at most this Euclidean norm
            (Srivastava et al., 2014); 0 for none.
    """

    l1: float = 0.0
    l2: float = 0.0
    max_norm: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what would reward large weights."""
        for name, value in vars(self).items():
            if value < 0:
                raise ValueError(f"regularizer: {name} {value} is less than 0")


@dataclasses.dataclass(frozen=True)
class TrainStep:
    """A train step of one's own, in place of the one that the framework brings: ``train_step`` of a Keras model.

    PyTorch brings none, so there it is the plain loop in any case.

    Attributes:
        radius: ρ of sharpness-aware minimisation (Foret et al., 2021): the gradient that the optimizer is given is
            that of the point ρ · g / (‖g‖₂ + 1e-12) uphill, g being the gradient of all parameters here. 0 for the
            usual step, written by hand.
    """

    radius: float = 0.0


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """One technique of ``benchmarks.techniques.augmentation``, applied anew to every batch of ``fit``.

    Attributes:
        drawn: Options of what is drawn: how far, how often.
        given: Options of the function that the halves apply.
    """

    name: str
    drawn: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    given: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Checkpointing:
    """Checkpoints of training, between epochs.

    Attributes:
        keep: ``last``: each replaces the one before. ``best``: only if the loss on held-out samples is lower than ever;
            training then ends with the parameters of the best.
        every: Epochs from one to the next.
        interrupted_after: Epochs after which training is broken off, and resumed by a new session from the last
            checkpoint; 0 for never.
    """

    keep: Literal["last", "best"] = "last"
    every: int = 1
    interrupted_after: int = 0


@dataclasses.dataclass(frozen=True)
class Stopping:
    """Early stopping: after ``patience`` epochs in a row without progress of the loss on held-out samples.

    Attributes:
        patience: At least 1.
        min_delta: Progress is a loss lower than the best by more than this.
        restore_best: End with the parameters that had the best loss, and not with the last.
    """

    patience: int
    min_delta: float = 0.0
    restore_best: bool = False


@dataclasses.dataclass(frozen=True)
class Transfer:
    """Training that begins with what another workload has learnt, in the same arm and from the same seed.

    Layers are named by canonical path, with all layers that are in them.

    Attributes:
        source: The workload that is trained first, of the same architecture; or a module of ``benchmarks.pretrained``,
            whose weights are then carried into every arm.
        fresh: Layers that begin as they are drawn all the same.
        frozen: Layers that are not trained. No penalty or largest norm concerns their weights, and running statistics
            stay: norms use them in training too. Dropout in them goes on, for it has nothing to train.
        rates: By layer, how many times the learning rate it is trained with; 1 for all others.
    """

    source: str
    fresh: tuple[str, ...] = ()
    frozen: tuple[str, ...] = ()
    rates: Mapping[str, float] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        for other, paths in (("begins as it is drawn", self.fresh), ("has a learning rate", self.rates)):
            if both := sorted({*self.frozen} & {*paths}):
                raise ValueError(f"{both[0]} is frozen, and {other}; choose one")


@dataclasses.dataclass(frozen=True)
class Loading:
    """What ``fit`` takes its batches from, in place of arrays in memory that are sliced there and then.

    Batches and their order are the same whatever it is.

    Attributes:
        by: ``dataloader``: ``torch.utils.data.DataLoader`` over a ``TensorDataset``. ``tf_data``: a
            ``tf.data.Dataset``, prefetched. ``pydataset``: a ``keras.utils.PyDataset``. ``grain``: a
            ``grain.MapDataset``, read by its own threads.
        workers: Processes of a ``dataloader`` or threads of a ``pydataset`` that prepare batches beside the one that
            trains; 0 for none. The others know no such number.
        pinned: Batches of a ``dataloader`` go through page-locked memory, from which copies to a GPU are fast.
    """

    by: LoadingName
    workers: int = 0
    pinned: bool = False

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if self.workers < 0:
            raise ValueError(f"{self.by}: {self.workers} workers are less than none")
        if self.workers and self.by not in ("dataloader", "pydataset"):
            raise ValueError(f"{self.by} is not told how many workers to have")
        if self.pinned and self.by != "dataloader":
            raise ValueError(f"{self.by} has no pinned memory; a dataloader has")


def layer_of(tensor: str, paths: Iterable[str]) -> str | None:
    """Return which of the layers, by canonical path, a tensor belongs to, or the layer that it belongs to is in."""
    return next((path for path in paths if tensor.startswith(f"{path}.")), None)


Draws: TypeAlias = "Callable[[tuple[int, ...], int, int], list[tuple[Augmentation, dict[str, Array]]]]"
"""What is drawn for a batch of that canonical shape, by epoch and number of the batch: of each step in turn."""


@dataclasses.dataclass(frozen=True)
class Workload:
    """What is trained, for how long, and what counts as success. Framework-free.

    Attributes:
        form: How a sample of the dataset enters the network.
        epochs: Passes over the training set; the last, smaller batch is kept.
        shuffle: Draw a new order every epoch (the same one for every arm).
        loss: Mean over the batch. ``cross_entropy`` is from logits (N, …, C) for class indices (N, …), and so are two
            ways to give it probabilities instead: ``softmax_twice`` and ``clipped_cross_entropy``.
            ``dense_cross_entropy`` and ``kl_divergence``, from logits, take a share for each class;
            ``binary_cross_entropy``, from logits, ``hinge`` and ``perceptron`` take targets of 0 and 1 of the outputs'
            shape; ``focal``, from logits, is for class indices; ``cosine`` is 1 − the cosine of the angle between
            outputs and targets; ``quantile`` takes floats; ``contrastive`` (N, 2, D) and ``triplet`` (N, 3, D) take
            embeddings of samples that belong together; ``multi_task`` takes shares of ``classes`` and, beside them, a
            second task's floats;
            ``negative_elbo`` is that of a variational autoencoder, outputs (N, D + 2L): logits of D pixels, then L
            means and L log variances, targets (N, D) in [0, 1]; nats for each sample.
        metric: On the test set, see ``harness.metrics``; None if only speed is of interest.
        target: What a correct implementation reaches in ``metric`` with the full budget, at least (or at most, where
            less is better).
        margin: Differences in ``metric`` within ±margin are of no practical interest.
        pilot: Where ``target`` comes from: who reached what.
        loss_options: Of the loss: ``label_smoothing``, ``class_weights``, ``delta``, ``gamma``, ``quantile``,
            ``margin``; ``classes`` and ``weight`` of two tasks.
        one_hot: Number of classes that indices are made vectors of, (N, classes) of 0 and 1; 0 leaves them as they are.
        accumulation: Parts of a batch that gradients are averaged over before a step; it divides ``batch_size``.
        train_step: One's own in place of the framework's; None for that.
        samples: Training samples, the first ones of the dataset; None for all.
        held_out: The last ones of these, which are not trained on but tell ``best`` and ``stopping`` how it goes.
        loading: What batches come from; None for arrays in memory.
        figures: Further figures to measure, see ``harness.figures``.
        track: Whose optimizer and initial values it is trained with; only a run trains stock, no gate compares it.
    """

    name: str
    title: str
    dataset: str
    form: Form
    architecture: Architecture
    optimizer: Optimizer
    batch_size: int
    epochs: int
    loss: LossName
    metric: Metric | None
    target: float | None
    margin: float
    pilot: str
    shuffle: bool = True
    loss_options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    one_hot: int = 0
    schedule: Schedule | None = None
    regularizer: Regularizer | None = None
    augmentation: tuple[Augmentation, ...] = ()
    accumulation: int = 1
    train_step: TrainStep | None = None
    samples: int | None = None
    held_out: int = 0
    checkpointing: Checkpointing | None = None
    stopping: Stopping | None = None
    transfer: Transfer | None = None
    loading: Loading | None = None
    figures: tuple[str, ...] = ()
    track: Track = "matched"

    def __post_init__(self) -> None:
        """Refuse what contradicts itself, or does not apply."""
        for reason in (*self._wrong_steps(), *self._wrong_end(), *self._wrong_samples()):
            raise ValueError(f"{self.name}: {reason}")

    def _wrong_steps(self) -> Iterator[str]:
        """Yield what is wrong with how a step is taken."""
        if self.accumulation < 1 or self.batch_size % self.accumulation:
            yield f"accumulation {self.accumulation} does not divide a batch of {self.batch_size}"
        if self.train_step and self.accumulation > 1:
            yield "a train step of one's own does not accumulate gradients; choose one"
        if self.train_step and self.train_step.radius < 0:
            yield f"radius {self.train_step.radius} is less than 0"
        if self.loading and (self.augmentation or self.accumulation > 1):
            yield "batches are augmented, and cut into parts, in memory; choose one"
        norm = self.architecture.arguments.get("norm")
        if isinstance(norm, (list, tuple)):
            yield f"norms {', '.join(map(str, norm))} cannot stand in one place; choose one"

    def _wrong_end(self) -> Iterator[str]:
        """Yield what is wrong with when training ends, and what of it is kept."""
        best = self.checkpointing is not None and self.checkpointing.keep == "best"
        if (best or self.stopping) and not self.held_out:
            yield "what stops early, or keeps the best, needs held_out samples to tell by"
        if self.samples is not None and self.held_out >= self.samples:
            yield f"of {self.samples} samples {self.held_out} are held out, and none is left to train on"
        if self.checkpointing and self.stopping:
            yield "checkpoints do not hold how long early stopping has waited; choose one"
        if self.checkpointing and 0 < self.checkpointing.interrupted_after < self.checkpointing.every:
            yield "there is no checkpoint yet when training is interrupted"
        if self.stopping and self.stopping.patience < 1:
            yield f"patience {self.stopping.patience} is not at least 1"

    def _wrong_samples(self) -> Iterator[str]:
        """Yield what does not go with samples of this form, or with these targets."""
        for step in self.augmentation:
            forms = AUGMENTS.get(step.name)
            if forms is None:
                yield f"there is no augmentation {step.name}; known: {', '.join(AUGMENTS)}"
            elif self.form not in forms:
                yield f"{step.name} is for samples of form {' or '.join(forms)}, not {self.form}"
            elif step.name in MIXING and self.loss in OF_INDICES:
                yield f"{step.name} mixes targets, and {self.loss} takes class indices"
        if self.one_hot and self.loss in OF_INDICES:
            yield f"{self.loss} takes class indices, and one_hot makes vectors of them"
        if self.metric == "r2" and self.loss in OF_INDICES:
            yield f"{self.loss} is of classes, and r2 of numbers"
        if self.loss not in get_args(LossName):
            yield f"there is no loss {self.loss}; known: {', '.join(get_args(LossName))}"
        known = LOSS_OPTIONS.get(self.loss, ())
        if odd := [option for option in self.loss_options if option not in known]:
            yield f"{self.loss} has no {', '.join(odd)}; known: {', '.join(known) or 'none'}"

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Workload:
        """Return the workload that ``dataclasses.asdict`` told of."""
        optional = {
            "schedule": Schedule,
            "regularizer": Regularizer,
            "train_step": TrainStep,
            "checkpointing": Checkpointing,
            "stopping": Stopping,
            "transfer": Transfer,
            "loading": Loading,
        }
        parts: dict[str, Any] = {
            "architecture": Architecture(**fields["architecture"]),
            "optimizer": Optimizer.from_dict(fields["optimizer"]),
            "augmentation": tuple(Augmentation(**step) for step in fields.get("augmentation", ())),
        }
        parts |= {name: make(**told) for name, make in optional.items() if (told := fields.get(name)) is not None}
        return cls(**{**fields, **parts})

    @property
    def less_is_better(self) -> bool:
        """Whether smaller values of the metric are better ones."""
        return self.metric in LESS_IS_BETTER

    @property
    def suits_baselines(self) -> bool:
        """Whether it learns classes, or a number, from all of a dataset of real features: classical models can too.

        A variant of a technique does not count: it says something of the technique, not of the dataset.
        """
        whole = "." not in self.name and self.samples is None and not self.held_out
        return whole and self.form != "tokens" and self.metric in ("accuracy", "r2")

    def reached(self, value: float) -> bool:
        """Return whether a value of the metric meets the target."""
        return self.target is None or (value <= self.target if self.less_is_better else value >= self.target)


@dataclasses.dataclass(frozen=True)
class Variant:
    """One choice of a technique, as a workload whose name is the technique's, a full stop and its own.

    Attributes:
        name: Of letters, digits and ``_``.
        about: What it is, in a line.
        base: Name of the workload that it varies, if it has one.
    """

    name: str
    about: str
    workload: Workload
    base: str | None = None


@dataclasses.dataclass(frozen=True)
class Expectation:
    """What a technique is known to do, to be held against what is measured: on average, over seeds, in every arm.

    Attributes:
        figure: ``metric``, ``train_loss`` of the last epoch, ``test_loss``, or one of ``Workload.figures``.
        variant: Whose figure it is.
        against: The variant whose figure is subtracted; None for the figure itself.
        at_least: Lower bound.
        at_most: Upper bound.
        because: Why one expects it, with its source.
    """

    figure: str
    variant: str
    because: str
    against: str | None = None
    at_least: float | None = None
    at_most: float | None = None


@dataclasses.dataclass(frozen=True)
class Technique:
    """A family of choices, shown on workloads. The first variant is what the others are compared with.

    Attributes:
        dear: Training one variant takes minutes: a fast look at many families leaves this one out.
    """

    name: str
    title: str
    about: str
    variants: tuple[Variant, ...]
    expectations: tuple[Expectation, ...] = ()
    dear: bool = False


@dataclasses.dataclass(frozen=True)
class Estimator:
    """A class of scikit-learn, with every setting that matters stated, be it the default.

    Attributes:
        entry: ``module:class``.
        settings: Its arguments.
        seeded: It has something random in it, which starts from the seed: its argument ``random_state``.
        parallel: It can be told how many threads to take: its argument ``n_jobs``.
    """

    entry: str
    settings: Mapping[str, Any]
    seeded: bool = False
    parallel: bool = False


@dataclasses.dataclass(frozen=True)
class Baseline:
    """A classical model: what a network must beat to be worth its training.

    It is no half of a pair: it takes no steps that could be raced, and computes nothing that a gate could compare. It
    is fitted to a dataset, once for each seed, whatever workloads that dataset has.

    Attributes:
        name: Of letters, digits and ``_``.
        title: What it is, with its source.
        estimators: The classifier and the regressor.
    """

    name: str
    title: str
    estimators: Mapping[Task, Estimator]


@dataclasses.dataclass(frozen=True)
class TensorSpec:
    """One tensor of a model under its canonical name: its canonical shape and the kind of layer that owns it.

    Attributes:
        trainable: Whether training moves it by its gradient, as the framework says: not a buffer, and not frozen.
        buffer: It is no parameter, but follows what the model sees, as the running statistics of batch norm do.
    """

    shape: tuple[int, ...]
    layer: LayerKind
    trainable: bool = True
    buffer: bool = False


@dataclasses.dataclass(frozen=True)
class Call:
    """One call of a module in a forward pass. Shapes are canonical and of one sample.

    Attributes:
        path: Canonical path of the module; empty for the model itself.
        name: Its class, in the words of the framework.
        layer: What kind of layer it is; None if it holds no tensors but those of the modules within.
        depth: How many other calls it happens in: 0 for the model.
        input: Shape of its first input.
        output: Shape of its first output.
    """

    path: str
    name: str
    layer: LayerKind | None
    depth: int
    input: tuple[int, ...]
    output: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Gradients:
    """What one backward pass gives.

    Attributes:
        loss: Mean over the batch.
        parameters: By canonical name, in canonical layouts.
        inputs: Of the canonical shape of the inputs; None for ids, which have none.
    """

    loss: float
    parameters: Mapping[str, Array]
    inputs: Array | None


@dataclasses.dataclass(frozen=True)
class LossScale:
    """What dynamic scaling of the loss came to in a training.

    Attributes:
        scales: After each epoch.
        steps: That were attempted.
        skipped: Of these, the ones that were left out, a gradient not being finite.
    """

    scales: tuple[float, ...]
    steps: int
    skipped: int


@dataclasses.dataclass(frozen=True)
class DeviceMemory:
    """What a framework's allocator had on a device at most.

    Attributes:
        live_bytes: In tensors; None, as the next, where the framework does not tell.
        pool_bytes: Taken from the driver, in use or not.
        since_start: Since the process began, for the counters cannot be set back; else since they were last asked for.
    """

    live_bytes: int | None
    pool_bytes: int | None
    since_start: bool = False


@dataclasses.dataclass(frozen=True)
class Setup:
    """What a worker process is told before it imports its framework. It cannot change afterwards.

    Attributes:
        threads: Threads of the framework.
        pinned: Cut the affinity to as many cores, the first ones, as a measurement needs; else the kernel finds one.
    """

    precision: Precision
    threads: int
    pinned: bool = True
    device: Device = "cpu"


class Session(Protocol):
    """One model under training: the whole of what the harness asks of a framework.

    Inputs arrive in canonical form (``Form``), float32 or float64, ids int64; the session casts and transposes them
    and their targets.
    """

    def describe(self) -> dict[str, TensorSpec]:
        """Return every tensor, buffers included, under its canonical name, in order of definition."""

    def load(self, tensors: Mapping[str, Array], seed: int = 0) -> None:
        """Overwrite all parameters, given under canonical names in canonical layouts.

        The optimizer starts afresh, the staged batches from the first, and what is random in training, such as
        dropout, from ``seed``: a framework repeats itself, though no two draw the same.

        Raises:
            ValueError: If a name is missing or unknown, or a shape differs; it names the tensor.
        """

    def change(self, tensors: Mapping[str, Array]) -> None:
        """Overwrite some parameters, given as for ``load``, and leave all else as it is.

        Raises:
            ValueError: As of ``load``; none need be there.
        """

    def draw(self, seed: int) -> dict[str, Array]:
        """Return initial values of all parameters as the framework itself draws them; never asked of a witness.

        The session keeps its own.
        """

    def dump(self) -> dict[str, Array]:
        """Return all parameters under canonical names in canonical layouts. Inverse of ``load``, bit for bit."""

    def taps(self, x: Array, *, training: bool = False) -> dict[str, Array]:
        """Return the output of every layer that holds tensors, by its canonical path, in order of execution.

        In canonical layouts (channel first). The model's own output comes last, as ``output``.

        Args:
            x: A batch.
            training: As in a train step, without taking one; buffers may move. Otherwise in evaluation mode.
        """

    def calls(self, x: Array) -> list[Call]:
        """Return every call of a module that evaluating ``x`` makes, in order, from the model's own inwards.

        What is within a layer of a known kind is that layer's affair, and functions are no modules.
        """

    def gradients(self, x: Array, y: Array) -> Gradients:
        """Return the gradients of the mean loss of one batch, in training mode; buffers are updated as in training."""

    def stage(self, batches: Sequence[tuple[Array, Array]]) -> None:
        """Place batches (all of one shape) on the device for ``run_steps``, ``infer`` and ``time_passes``."""

    def held(self) -> list[tuple[Array, Array]]:
        """Return the staged batches, read back from the device, canonical, in the types that the framework has."""

    def run_steps(self, count: int) -> float:
        """Train ``count`` steps over the staged batches in turn, then wait for the device once.

        Returns:
            As the first call after ``load``, with ``count`` 1: the mean loss of the first batch before its update.
            Otherwise a recent loss or the mean since ``load``, finite unless training has diverged.
        """

    def serve(self, inputs: Sequence[Array]) -> None:
        """Place inputs (all of one shape) on the device: ``infer`` and ``time_passes`` go through these from now on.

        ``run_steps`` keeps the staged batches; the next ``stage`` takes all back to those.
        """

    def infer(self, count: int) -> float:
        """Evaluate ``count`` staged batches in turn, as fast as the framework can, then wait for the device once.

        Returns:
            A number of the last outputs, finite unless they are not.
        """

    def time_passes(self, laps: Array) -> None:
        """Evaluate staged batches in turn, wait for the device after each, and note how long each took.

        Args:
            laps: (N,) int64, to be filled with nanoseconds, one number for each pass.
        """

    def fit(
        self,
        x: Array,
        y: Array,
        orders: Iterable[Array],
        batch_size: int,
        draws: Draws | None = None,
        held_out: tuple[Array, Array] | None = None,
    ) -> list[float]:
        """Train one epoch per order (a permutation of the samples) through the framework's own input pipeline.

        It goes on where the last call since ``load`` ended.

        Args:
            x: All samples.
            y: Their targets.
            orders: Of the samples, one for each epoch.
            batch_size: Samples to a step of the optimizer, whatever is accumulated.
            draws: What augmentation draws for each batch; given only where the workload has any.
            held_out: Samples and targets whose loss tells when to stop; given only where the workload stops early.

        Returns:
            The mean training loss of each epoch, weighted by batch size; of fewer than asked if it stopped early.
        """

    def predict(self, x: Array, batch_size: int) -> Array:
        """Return the outputs, canonical, in the session's own floating type: (N, outputs), (N, T, outputs), images."""

    def slot_bytes(self) -> int:
        """Return how much the optimizer holds beside the parameters, once it has taken a step; scalars left out."""

    def settings(self) -> dict[str, Any]:
        """Return what is in force, read back from the framework: threads, precision flags, jit, versions."""


class NoDevice(RuntimeError):
    """What an arm raises that is told to compute on a device that its framework does not find. The message says so."""


class CheckpointError(ValueError):
    """A checkpoint that cannot be read, or does not fit. The message says why."""


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """All that a session needs to go on as if it had never stopped.

    Attributes:
        tensors: Parameters, optimizer slots, states of random numbers.
        state: What fits into JSON: epochs trained, where a schedule stands.
    """

    tensors: Mapping[str, Array]
    state: Mapping[str, Any]


class Resumable(Session, Protocol):
    """A session that can be broken off between epochs and resumed in another process, to the same bits."""

    def checkpoint(self) -> Checkpoint:
        """Return where training stands."""

    def resume(self, checkpoint: Checkpoint) -> int:
        """Go on from a checkpoint of the same workload and arm, and return the epochs that it has behind it.

        Raises:
            CheckpointError: If it is of another architecture, optimizer or schedule.
        """


class Scaling(Session, Protocol):
    """A session that scales its losses in float16."""

    def loss_scale(self) -> LossScale:
        """Return what came of it since ``load``; asked in float16 alone."""


class Feeding(Session, Protocol):
    """A session that can do what feeds training by itself."""

    def feed(
        self,
        x: Array,
        y: Array,
        orders: Iterable[Array],
        batch_size: int,
        draws: Draws | None = None,
        taken: Callable[[Array, Array], None] | None = None,
    ) -> None:
        """Do all that ``fit`` does with these arguments, but for the steps.

        Args:
            x: All samples.
            y: Their targets.
            orders: Of the samples, one for each epoch.
            batch_size: As for ``fit``.
            draws: As for ``fit``.
            taken: Is told inputs and targets of each batch, read back and canonical; None leaves them where they are.
        """


class Divisible(Feeding, Protocol):
    """A session that can run parts of a train step by themselves. The whole step knows nothing of it."""

    def run_part(self, part: Part, count: int) -> float:
        """Run one of ``ArmSpec.parts`` ``count`` times over the staged batches in turn, then wait for the device once.

        Parts run one after the other, once each, do what a step does: gradients stay for ``optimizer``, outputs for
        ``bookkeeping``.

        Returns:
            The last loss of a pass, the mean loss since ``load`` of ``bookkeeping``, else any finite number.
        """


class Inspectable(Session, Protocol):
    """A session that tells which operations its framework makes of a train step."""

    def operations(self) -> Mapping[tuple[str, str], int]:
        """Return how often each operation gives numbers of each floating type in a step over the first staged batch.

        By the framework's own name of it, and ``float32``, ``bfloat16`` …; what only looks at numbers in another way is
        left out. Where the framework compiles, it is what it hands to its compiler, and the body of a loop counts once.
        """


class WeightsError(ValueError):
    """A weights file that cannot be read or carried across. The message names the tensor."""


@dataclasses.dataclass(frozen=True)
class WeightsFile:
    """What a weights file of a framework holds.

    Attributes:
        tensors: The model's, under the file's own names, in the framework's own layouts; bfloat16 as float32.
        dtypes: How each is stored.
        others: What it holds beside the model: optimizer state.
    """

    tensors: Mapping[str, Array]
    dtypes: Mapping[str, str]
    others: tuple[str, ...] = ()


class Portable(Session, Protocol):
    """A session that also reads and writes weights files in the form that its framework's users have them in."""

    def read(self, path: str) -> WeightsFile:
        """Return what a file holds, whatever model it belongs to.

        Raises:
            WeightsError: If it is cut short or no such file.
        """

    def save(self, path: str) -> None:
        """Write the model's weights file, the name of which ends in ``ArmSpec.weights``."""

    def restore(self, path: str) -> None:
        """Load a weights file that fits; integer counters may be missing. Inverse of ``save``, bit for bit."""


class Exportable(Session, Protocol):
    """A session that also writes its model, in evaluation mode, for other runtimes."""

    def answer(self, x: Array) -> tuple[Array, Array]:
        """Return inputs and the model's outputs for them as the framework has them, channel last or first."""

    def export(self, form: ExportForm, path: str, inputs: Array, batch: int | None) -> None:
        """Write the model.

        Args:
            form: One of ``ArmSpec.exports``.
            path: File to write, or folder.
            inputs: As the framework has them, for it to trace with.
            batch: The one size of batches that it is to take; None for any.
        """


class Classical(Protocol):
    """One classical model that is fitted to a dataset."""

    def fit(self, x: Array, y: Array) -> None:
        """Fit it to all training samples at once: features (N, F), and classes (N,) or numbers (N, 1)."""

    def predict(self, x: Array) -> Array:
        """Return for features (N, F) the class, as a vector (N, outputs) of 0 and a single 1, or numbers (N, 1)."""

    def settings(self) -> dict[str, Any]:
        """Return what is in force, read back after fitting: its class as ``model``, arguments, threads, versions."""


class ClassicalArm(Protocol):
    """A library of classical models, configured once for this process. Its ``ArmSpec`` is no arm of a suite."""

    def open(self, estimator: Estimator, outputs: int, seed: int) -> Classical:
        """Build a model for so many classes, or one number."""


class Arm(Protocol):
    """A framework, configured once for this process. ``ArmSpec.entry`` names a factory that takes a Setup."""

    def open(self, workload: Workload, sample_shape: tuple[int, ...], outputs: int) -> Session:
        """Build the workload's model for samples of the given canonical shape, without the batch axis."""


class OnDevice(Arm, Protocol):
    """An arm that computes on a GPU too, and there tells what it holds."""

    def device_memory(self) -> DeviceMemory:
        """Return the peaks of the memory of the device; never asked on a CPU."""


ON_CPU: Mapping[Device, tuple[Precision, ...]] = {"cpu": ("fp32", "bf16", "fp16", "fp64")}
ON_GPU_TOO: Mapping[Device, tuple[Precision, ...]] = {**ON_CPU, "gpu": ("fp32", "tf32", "bf16", "fp16", "fp64")}
"""What frameworks compute in, by device."""


ExportForm = Literal["torch_export", "saved_model", "onnx", "litert"]
"""What a model is written as for others to run: PyTorch's ``ExportedProgram``, a SavedModel of TensorFlow's, ONNX,
LiteRT."""


@dataclasses.dataclass(frozen=True)
class Export:
    """One form that an arm's framework writes its models in.

    Attributes:
        run: ``module:function`` of ``(path, x) -> outputs``, which runs such a file by its own runtime: called in a
            process that never had the model. What goes in and comes out is as the framework has it.
        needs: Top-level modules that writing or running it needs beside the arm's own. A framework among them is let
            into the process: nothing is timed there.
    """

    form: ExportForm
    run: str
    needs: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class ArmSpec:
    """How to start an arm. Declared in ``models_*/__init__.py``, readable without importing a framework.

    The package of ``entry`` may hold ``exercises/<family>.py``, a technique by itself for the parity gates: functions
    of the same names in each half, ``(arrays, **arguments) -> arrays``, where arrays are NumPy's, by name.

    Attributes:
        entry: ``module:factory`` of the Arm, imported inside a worker process only.
        needs: Top-level modules it may import; every other framework is kept out of its process, and what Keras brings
            along (``harness.registry.BROUGHT_ALONG``) until its own is imported.
        distributions: What to install for it, and whose versions are recorded.
        precisions: What it can compute in, by what it can compute on.
        environment: Variables set before its process starts.
        checking: Further ones for parity checks in float64, which need right results soon rather than fast code.
        witness: It checks the others and is not raced; it computes in float64 whatever is asked.
        architectures: What it implements, by file: the arguments that it knows; None means all.
        optimizers: Which it implements; None means all.
        losses: Which it implements; None means all.
        own_optimizers: Which of these its framework has itself, for the stock track; None means all.
        loading: What beside arrays in memory ``fit`` can take batches from; its sessions are then ``Feeding``.
        weights: How the name of a weights file of its framework ends; None if its sessions are not ``Portable``.
        out_of_memory: Fragments of its errors that mean memory ran out, host first, then device.
        parts: Of a train step, those that its sessions can run by themselves (``Divisible``). Where a step is compiled
            as a whole there is no ``optimizer``: only what goes up to some point of it.
        form_of: The arm whose halves these are, compiled in another way. Such an arm runs where it is named; "all arms"
            leaves it out, for what is proven of them takes long to compile.
        exports: What its framework offers to write models as; its sessions are then ``Exportable``.
    """

    name: str
    entry: str
    needs: tuple[str, ...]
    distributions: tuple[str, ...]
    precisions: Mapping[Device, tuple[Precision, ...]] = dataclasses.field(default_factory=lambda: ON_CPU)
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)
    checking: Mapping[str, str] = dataclasses.field(default_factory=dict)
    witness: bool = False
    architectures: Mapping[str, tuple[str, ...]] | None = None
    optimizers: tuple[str, ...] | None = None
    losses: tuple[LossName, ...] | None = None
    own_optimizers: tuple[str, ...] | None = None
    loading: tuple[LoadingName, ...] = ()
    weights: str | None = None
    out_of_memory: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    parts: tuple[Part, ...] = ()
    form_of: str | None = None
    exports: tuple[Export, ...] = ()


@dataclasses.dataclass(frozen=True)
class Leg:
    """One part of a sitting: what every arm does in turns with the others, or a training.

    Attributes:
        batch_size: Where the suite names it; None for the workload's own.
    """

    scope: Scope
    batch_size: int | None = None

    @property
    def name(self) -> str:
        """Unique within a sitting."""
        return self.scope if self.batch_size is None else f"{self.scope}, batch {self.batch_size}"


@dataclasses.dataclass(frozen=True)
class Cell:
    """One workload on one arm with every setting named.

    With ``scope`` "accuracy" it is an accuracy cell: train the whole budget, then measure on the test set.
    With ``scope`` "step" or "inference" it is a timing cell: train steps or forward passes over staged batches, in
    turns with its rivals; with "latency" it is one too, whose forward passes are timed one by one, and with "epoch":
    passes over the whole training set, with all that feeds them.

    Attributes:
        batch_size: The workload's; where the suite names others for inference and latency, one of those.
        index: The seed of an accuracy cell; the launch of a timing cell, whose seed is always 0.
        baseline: The classical model that is trained in place of a network. ``workload`` is then the name of a dataset,
            and ``batch_size`` and ``epochs`` are 0: it knows neither.
    """

    scope: Scope
    workload: str
    arm: str
    precision: Precision
    threads: int
    batch_size: int
    epochs: int
    index: int
    track: Track = "matched"
    effort: Literal["default"] = "default"
    device: Device = "cpu"
    baseline: str | None = None

    @classmethod
    def of(cls, workload: Workload, arm: str, setup: Setup, scope: Scope = "step") -> Cell:
        """Return a cell of no run: what a process of such a setup opens to try a workload as given."""
        return cls(
            scope=scope,
            workload=workload.name,
            arm=arm,
            precision=setup.precision,
            threads=setup.threads,
            batch_size=workload.batch_size,
            epochs=workload.epochs,
            index=0,
            track=workload.track,
            device=setup.device,
        )

    @property
    def seed(self) -> int:
        """The seed of initial parameters and batch order."""
        return self.index if self.scope == "accuracy" else 0
