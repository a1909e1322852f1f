"""Normalization: how large a learning rate may be with it, and how small a batch.

An MLP of eight hidden layers of 64 units on MNIST-1D by plain gradient descent. The norm stands between affine map and
activation. Batch norm needs more than one sample to a batch in training: both halves refuse a batch of one.
"""

from typing import Any

from benchmarks.techniques.variation import vary
from benchmarks.workloads.mlp_mnist1d import WORKLOAD
from harness.contract import Expectation, Optimizer, Technique, Variant

WIDTH, DEPTH = 64, 8
MODERATE, LARGE, HUGE = 0.1, 1.0, 3.0


def variant(name: str, about: str, norm: str | None, learning_rate: float = MODERATE, **changes: Any) -> Variant:
    """Return the deep MLP on MNIST-1D with a norm."""
    return vary(
        "normalization",
        WORKLOAD,
        name,
        about,
        arguments={"hidden": (WIDTH,) * DEPTH, "norm": norm},
        optimizer=Optimizer("sgd", learning_rate),
        **{"epochs": 15, "shuffle": True, **changes},
    )


def small(name: str, norm: str | None, batch_size: int) -> Variant:
    """Return the variant with a small batch: two epochs of a thousand samples, and a learning rate to match."""
    about = f"{norm} norm, batches of {batch_size}"
    return variant(name, about, norm, 0.01, batch_size=batch_size, samples=1000, epochs=2)


TECHNIQUE = Technique(
    name="normalization",
    title="Normalization",
    about="An MLP of eight hidden layers on MNIST-1D by gradient descent, at growing learning rates and small batches.",
    variants=(
        variant("none", "no norm, learning rate 0.1", None),
        variant("batch", "batch norm, learning rate 0.1", "batch"),
        variant("layer", "layer norm, learning rate 0.1", "layer"),
        variant("group", "group norm, 8 groups, learning rate 0.1", "group"),
        variant("rms", "RMS norm, learning rate 0.1", "rms"),
        variant("none_at_1", "no norm, learning rate 1", None, LARGE),
        variant("batch_at_1", "batch norm, learning rate 1", "batch", LARGE),
        variant("layer_at_1", "layer norm, learning rate 1", "layer", LARGE),
        variant("group_at_1", "group norm, learning rate 1", "group", LARGE),
        variant("rms_at_1", "RMS norm, learning rate 1", "rms", LARGE),
        variant("batch_at_3", "batch norm, learning rate 3", "batch", HUGE),
        small("batch_by_2", "batch", 2),
        small("batch_by_4", "batch", 4),
        small("layer_by_1", "layer", 1),
        small("layer_by_2", "layer", 2),
        small("layer_by_4", "layer", 4),
        small("group_by_1", "group", 1),
        small("rms_by_1", "rms", 1),
    ),
    expectations=(
        Expectation(
            figure="train_loss",
            variant="none_at_1",
            at_least=2.2,
            because="a learning rate of 1 kills a network without norms: the loss is that of chance, ln 10 = 2.30",
        ),
        Expectation(
            figure="metric",
            variant="batch_at_1",
            against="none_at_1",
            at_least=0.2,
            because="with batch norm the scale of the weights drops out of the function, and the gradient by them "
            "shrinks as they grow (Ioffe and Szegedy, 2015)",
        ),
    ),
)
