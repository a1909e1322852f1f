"""Batching: how many samples go into a step, and what accumulated gradients are equal to.

Five epochs of the MLP on MNIST-1D, a thousand samples, by plain gradient descent at one learning rate for all: what
differs is how many steps an epoch makes and how noisy they are. A step of ``accumulated`` averages the gradients of
four parts of a batch: PyTorch sums where Keras averages, so PyTorch's half divides the loss (``models_torch/arm.py``).
"""

from benchmarks.techniques.variation import vary
from benchmarks.workloads.mlp_mnist1d import WORKLOAD
from harness.contract import Expectation, Optimizer, Technique, Variant

SAMPLES, EPOCHS = 1000, 5


def variant(name: str, about: str, batch_size: int, accumulation: int = 1) -> Variant:
    """Return the MLP on a thousand samples of MNIST-1D with a batch size."""
    return vary(
        "batching",
        WORKLOAD,
        name,
        about,
        optimizer=Optimizer("sgd", learning_rate=0.05),
        batch_size=batch_size,
        accumulation=accumulation,
        samples=SAMPLES,
        epochs=EPOCHS,
        shuffle=True,
    )


TECHNIQUE = Technique(
    name="batching",
    title="Batch size and gradient accumulation",
    about="Five epochs of the MLP on a thousand samples of MNIST-1D by gradient descent, at one learning rate.",
    variants=(
        variant("by_100", "batches of 100: 50 steps", 100),
        variant("full", "the whole set: 5 steps", SAMPLES),
        variant("by_25", "batches of 25: 200 steps", 25),
        variant("by_5", "batches of 5: 1,000 steps", 5),
        variant("by_1", "one sample: 5,000 steps", 1),
        variant("accumulated", "batches of 100 in four parts of 25", 100, accumulation=4),
    ),
    expectations=(
        Expectation(
            figure="train_loss",
            variant="accumulated",
            against="by_100",
            at_least=-1e-3,
            at_most=1e-3,
            because="the mean of the parts' gradients is the batch's, as no layer looks across samples",
        ),
        Expectation(
            figure="train_loss",
            variant="full",
            against="by_100",
            at_least=0.0,
            because="five steps of the same length come a tenth as far as fifty",
        ),
        Expectation(
            figure="train_loss",
            variant="by_5",
            against="by_100",
            at_most=-0.2,
            because="twenty times as many steps, whose noise is not yet what holds them up",
        ),
    ),
)
