"""Clipping: a recurrent network whose gradients explode, trained with and without.

A simple RNN over the forty steps of MNIST-1D. Its recurrent weights are drawn so large (N(0, 0.3²), a spectral radius
of 0.3·√32 = 1.7) that a gradient may grow from step to step (Pascanu et al., 2013).
"""

import dataclasses

from benchmarks.techniques.variation import vary
from benchmarks.workloads.rnn_mnist1d import WORKLOAD
from harness.contract import Architecture, Clipping, Expectation, Optimizer, Technique, Variant

EXPLODING = dataclasses.replace(
    WORKLOAD,
    title="Simple RNN of large weights on MNIST-1D",
    architecture=Architecture(
        "recurrent",
        "RecurrentClassifier",
        {"kind": "rnn", "input_size": 1, "hidden_size": 32, "num_classes": 10},
        initial_std={"rnn.weight_hh*": 0.3},
    ),
)
EPOCHS, LEARNING_RATE = 10, 0.1


def variant(name: str, about: str, clipping: Clipping | None) -> Variant:
    """Return the exploding RNN with its gradients limited."""
    optimizer = Optimizer("sgd", LEARNING_RATE, momentum=0.9, clipping=clipping)
    return vary("clipping", EXPLODING, name, about, optimizer=optimizer, epochs=EPOCHS, figures=("weight_norm",))


TECHNIQUE = Technique(
    name="clipping",
    title="Gradient clipping",
    about="A simple RNN on MNIST-1D whose gradients explode, by gradient descent with momentum.",
    variants=(
        variant("none", "gradients as they are", None),
        variant("value", "each element at most 0.01", Clipping("value", 0.01)),
        variant("norm", "each tensor's norm at most 0.1", Clipping("norm", 0.1)),
        variant("global_norm", "the norm of all at most 0.5", Clipping("global_norm", 0.5)),
        variant("adaptive", "each tensor's norm at most 0.02 of its parameter's", Clipping("adaptive", 0.02)),
    ),
    expectations=(
        Expectation(
            figure="train_loss",
            variant="none",
            at_least=2.2,
            because="steps as long as an exploded gradient undo what was learned: chance is ln 10 = 2.30",
        ),
        *(
            Expectation(
                figure="train_loss",
                variant=name,
                against="none",
                at_most=-0.1,
                because="no step is longer than one that still descends (Pascanu et al., 2013)",
            )
            for name in ("value", "norm")
        ),
    ),
)
