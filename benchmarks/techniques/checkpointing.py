"""Checkpointing: training that is broken off and resumed must end where it would have ended, to the bit.

The MLP on 800 samples of MNIST-1D, with all that has a state of its own: Adam's slots, a cosine schedule, dropout's
random numbers, augmentation that is drawn for each batch. It learns its samples by heart, so that its best epoch, told
by 200 held-out samples, is not its last.
"""

import dataclasses

from benchmarks.techniques.variation import vary
from benchmarks.workloads.mlp_mnist1d import WORKLOAD
from harness.contract import (
    Augmentation,
    Checkpointing,
    Expectation,
    Optimizer,
    Schedule,
    Technique,
    Variant,
)

SAMPLES, HELD_OUT, EPOCHS = 1000, 200, 60
STEPS = EPOCHS * (SAMPLES - HELD_OUT) // WORKLOAD.batch_size
OVERFITTING = dataclasses.replace(
    WORKLOAD, optimizer=Optimizer("adam", 3e-3), shuffle=True, samples=SAMPLES, held_out=HELD_OUT, epochs=EPOCHS
)
"""Shared with early stopping."""


def variant(name: str, about: str, checkpointing: Checkpointing | None) -> Variant:
    """Return the MLP on MNIST-1D with checkpoints."""
    return vary(
        "checkpointing",
        OVERFITTING,
        name,
        about,
        arguments={"dropout": 0.1},
        schedule=Schedule("cosine", steps=STEPS, floor=1e-4),
        augmentation=(Augmentation("noise", {"scale": 0.05}),),
        checkpointing=checkpointing,
    )


def same_end(figure: str, name: str) -> Expectation:
    """Return that a variant ends with the very figure of uninterrupted training."""
    because = "a checkpoint holds all that training depends on"
    return Expectation(figure, name, because, against="uninterrupted", at_least=0.0, at_most=0.0)


TECHNIQUE = Technique(
    name="checkpointing",
    title="Checkpointing",
    about="Training broken off and resumed from a checkpoint, and training that ends with its best epoch.",
    variants=(
        variant("uninterrupted", "trained in one go, without checkpoints", None),
        variant("last", "a checkpoint an epoch, interrupted after the 25th", Checkpointing(interrupted_after=25)),
        variant(
            "every_tenth",
            "a checkpoint every ten epochs, interrupted after the 25th, which are five to repeat",
            Checkpointing(every=10, interrupted_after=25),
        ),
        variant("best", "ends with the epoch of the lowest held-out loss", Checkpointing(keep="best")),
    ),
    expectations=(
        *(
            same_end(figure, name)
            for name in ("last", "every_tenth")
            for figure in ("metric", "test_loss", "train_loss")
        ),
        Expectation(
            "test_loss",
            "best",
            "the last epochs learn by heart; the best is before them (Prechelt, 1998)",
            against="uninterrupted",
            at_most=-0.1,
        ),
    ),
)
