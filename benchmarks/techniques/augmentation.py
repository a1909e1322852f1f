"""Augmentation: what is drawn at random for each sample of a batch, and what it gains where samples are few.

It is drawn once, here, from a seed and the technique's name; every arm is handed the same arrays, and its half
(``models_*/techniques/augmentation.py``) applies them. Positions count in pixels of the canonical layouts: images
(N, C, H, W), rows downwards, and signals (N, C, L). A sequence (N, T, F) is a signal with its features as channels.

It is shown on 500 samples: of LeNet-5's digits, and of MNIST-1D, whose classes are made to be shifted and noisy.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.techniques.variation import vary
from benchmarks.workloads import cnn_mnist1d, lenet_mnist5k
from harness.contract import Augmentation, Expectation, Optimizer, Technique, Variant

if TYPE_CHECKING:
    from harness.contract import Array


def draw(name: str, shape: Sequence[int], seed: Sequence[int], **options: Any) -> dict[str, Array]:
    """Draw the parameters of one technique for one batch.

    Args:
        name: One of ``DRAWS``.
        shape: Of the batch, in the canonical layout.
        seed: Any numbers: the run's seed, the epoch, the step.
        options: The technique's own.

    Returns:
        Arrays with an entry for each sample, by the argument names of the function of that name in the halves.
    """
    return DRAWS[name](np.random.default_rng([*seed, zlib.crc32(name.encode())]), shape, **options)


def flip(generator: np.random.Generator, shape: Sequence[int], rate: float = 0.5) -> dict[str, Array]:
    """Which pictures are mirrored, left to right: each with probability ``rate``."""
    return {"flipped": generator.random(shape[0]) < rate}


def shift(generator: np.random.Generator, shape: Sequence[int], most: int = 2) -> dict[str, Array]:
    """By how many pixels each picture moves (N, 2), down and right; or each signal (N, 1). Uniform on −most … most."""
    return {"offset": generator.integers(-most, most, (shape[0], len(shape) - 2), endpoint=True)}


def crop(
    generator: np.random.Generator, shape: Sequence[int], size: tuple[int, int], padding: int = 0
) -> dict[str, Array]:
    """Where the window that is kept begins (N, 2): uniform over all places of it in a picture padded with zeros.

    Args:
        generator: Of random numbers.
        shape: Of the batch.
        size: Of the window: rows and columns.
        padding: On each side.
    """
    last = [length + padding - kept for length, kept in zip(shape[2:], size, strict=True)]
    return {"corner": generator.integers(-padding, last, (shape[0], 2), endpoint=True)}


def rotation(generator: np.random.Generator, shape: Sequence[int], degrees: float = 15.0) -> dict[str, Array]:
    """By which angle each picture is turned, in radians, counterclockwise. Uniform on ±``degrees``."""
    most = np.deg2rad(degrees)
    return {"angle": generator.uniform(-most, most, shape[0])}


def zoom(generator: np.random.Generator, shape: Sequence[int], most: float = 0.2) -> dict[str, Array]:
    """How many times each picture is enlarged. Uniform on 1 ± ``most``."""
    return {"factor": generator.uniform(1 - most, 1 + most, shape[0])}


def cutout(generator: np.random.Generator, shape: Sequence[int]) -> dict[str, Array]:
    """Where the middle of the square is that is cut out: uniform over all pixels (DeVries and Taylor, 2017)."""
    return {"centre": generator.integers(0, shape[2:], (shape[0], 2))}


def mixup(generator: np.random.Generator, shape: Sequence[int], alpha: float = 0.2) -> dict[str, Array]:
    """With whom each sample is mixed, and its own share in the mixture, from Beta(α, α) (Zhang et al., 2018).

    A share for each sample; the authors' code draws one for the whole batch.
    """
    share = generator.beta(alpha, alpha, shape[0])
    return {"partner": generator.permutation(shape[0]), "share": share}


def cutmix(generator: np.random.Generator, shape: Sequence[int], alpha: float = 1.0) -> dict[str, Array]:
    """From whom each picture takes a box, which one (N, 4), and the share of its own that is left (Yun et al., 2019).

    A box (top, left, bottom, right) ends before its bottom row and right column. With λ from Beta(α, α) it has
    ⌊√(1 − λ)·H⌋ rows and as many columns of W, its middle is uniform over all pixels, and what reaches over the edge
    is cut off.
    """
    samples, _, *lengths = shape
    sides = np.sqrt(1 - generator.beta(alpha, alpha, samples))
    size = (sides[:, np.newaxis] * lengths).astype(np.int64)
    first = generator.integers(0, lengths, (samples, 2)) - size // 2
    box = np.concatenate([first.clip(0), np.minimum(first + size, lengths)], axis=1)
    share = 1 - np.prod(box[:, 2:] - box[:, :2], axis=1) / np.prod(lengths)
    return {"partner": generator.permutation(samples), "box": box, "share": share}


def noise(generator: np.random.Generator, shape: Sequence[int], scale: float = 0.1) -> dict[str, Array]:
    """What is added to each element: N(0, scale²)."""
    return {"noise": generator.normal(0, scale, shape)}


DRAWS: Mapping[str, Callable[..., dict[str, Array]]] = {
    "flip": flip,
    "shift": shift,
    "shift_signal": shift,
    "crop": crop,
    "rotation": rotation,
    "zoom": zoom,
    "cutout": cutout,
    "mixup": mixup,
    "cutmix": cutmix,
    "noise": noise,
}

SAMPLES, IMAGE_EPOCHS, SIGNAL_EPOCHS = 500, 30, 100
CLASSES = 10


def images(name: str, about: str, *steps: Augmentation, mixes: bool = False) -> Variant:
    """Return LeNet-5 on 500 digits with augmentation; for what mixes targets, with a share for each class."""
    dense = {"loss": "dense_cross_entropy", "one_hot": CLASSES} if mixes else {}
    own = {"samples": SAMPLES, "epochs": IMAGE_EPOCHS, "augmentation": steps, "figures": ("train_metric", "gap")}
    return vary("augmentation", lenet_mnist5k.WORKLOAD, name, about, **own, **dense)


def signals(name: str, about: str, *steps: Augmentation) -> Variant:
    """Return the CNN on 500 sequences of MNIST-1D with augmentation."""
    own = {"samples": SAMPLES, "epochs": SIGNAL_EPOCHS, "augmentation": steps, "figures": ("train_metric", "gap")}
    own |= {"optimizer": Optimizer("adam", 3e-3), "shuffle": True}
    return vary("augmentation", cnn_mnist1d.WORKLOAD, name, about, **own)


def gains(variant: str, because: str, against: str = "none", **bounds: float) -> Expectation:
    """Return by how much augmentation is expected to change the accuracy."""
    return Expectation("metric", variant, because, against=against, **bounds)


TECHNIQUE = Technique(
    name="augmentation",
    title="Augmentation",
    about="LeNet-5 on 500 digits and a CNN on 500 sequences: what each kind of augmentation gains.",
    variants=(
        images("none", "pictures as they are"),
        images("flip", "half of the pictures mirrored", Augmentation("flip")),
        images("shift", "by up to two pixels", Augmentation("shift", {"most": 2})),
        images("rotation", "by up to 15°", Augmentation("rotation", {"degrees": 15.0})),
        images("zoom", "by up to a fifth", Augmentation("zoom", {"most": 0.2})),
        images(
            "crop",
            "28 × 28 pixels of a picture padded by two",
            Augmentation("crop", {"size": (28, 28), "padding": 2}, {"size": (28, 28)}),
        ),
        images("cutout", "a square of eight pixels cut out", Augmentation("cutout", given={"size": 8})),
        images("mixup", "pictures and targets mixed in pairs", Augmentation("mixup", {"alpha": 0.2}), mixes=True),
        images(
            "cutmix", "a box of another picture, targets by area", Augmentation("cutmix", {"alpha": 1.0}), mixes=True
        ),
        images("noise", "N(0, 0.3²) on every pixel", Augmentation("noise", {"scale": 0.3})),
        images(
            "all",
            "shift, rotation and zoom together",
            Augmentation("shift", {"most": 2}),
            Augmentation("rotation", {"degrees": 15.0}),
            Augmentation("zoom", {"most": 0.2}),
        ),
        signals("signal_none", "sequences as they are"),
        signals("signal_shift", "by up to four steps", Augmentation("shift_signal", {"most": 4})),
        signals("signal_noise", "N(0, 0.2²) on every step", Augmentation("noise", {"scale": 0.2})),
    ),
    expectations=(
        Expectation("gap", "none", "500 digits are learnt by heart", at_least=0.04),
        gains("flip", "a mirrored digit is another sign, or none", at_most=0.005),
        gains("shift", "the same digit a little elsewhere (Simard et al., 2003)", at_least=0.005),
        gains("rotation", "the same digit by another hand (Simard et al., 2003)", at_least=0.005),
        gains("crop", "the same as a shift", against="shift", at_least=-0.015, at_most=0.015),
        gains("cutout", "a digit is known by its parts as well (DeVries and Taylor, 2017)", at_least=0.0),
        gains("mixup", "between two samples the answer lies between theirs (Zhang et al., 2018)", at_least=0.0),
        gains("cutmix", "as cutout, and nothing is lost of the batch (Yun et al., 2019)", at_least=0.0),
        gains("all", "what helps alone helps together", at_least=0.015),
        gains("noise", "noise on pixels tells nothing about hands", at_least=-0.02, at_most=0.02),
        gains("signal_shift", "MNIST-1D moves its templates at random: more of the same", "signal_none", at_least=0.03),
    ),
)
