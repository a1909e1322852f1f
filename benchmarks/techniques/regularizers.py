"""Regularizers: what keeps a network with far too many parameters from learning its few samples by heart.

The MLP on MNIST-1D knows 1,000 samples by heart within a few dozen epochs and does little better than chance allows on
new ones. Each variant is of a strength that shows; none is tuned for accuracy.
"""

from typing import Any

from benchmarks.techniques.variation import vary
from benchmarks.workloads.mlp_mnist1d import WORKLOAD
from harness.contract import Expectation, Optimizer, Regularizer, Technique, Variant

SAMPLES, EPOCHS, RATE = 1000, 100, 1e-3
L2 = 5e-3
FIGURES = ("weight_norm", "sparsity", "train_metric", "gap", "largest_unit_norm")


def variant(name: str, about: str, **changes: Any) -> Variant:
    """Return the MLP on a quarter of MNIST-1D, with something against overfitting."""
    own = {"optimizer": Optimizer("adam", RATE), "shuffle": True, "samples": SAMPLES, "epochs": EPOCHS}
    return vary("regularizers", WORKLOAD, name, about, figures=FIGURES, **{**own, **changes})


def against_none(figure: str, variant: str, because: str, **bounds: float) -> Expectation:
    """Return what a regularizer is expected to change."""
    return Expectation(figure, variant, because, against="none", **bounds)


TECHNIQUE = Technique(
    name="regularizers",
    title="Regularizers",
    about="The MLP on 1,000 samples of MNIST-1D, which it learns by heart: what each regularizer does about that.",
    variants=(
        variant("none", "nothing against overfitting"),
        variant("l1", "λ Σ|w| in the loss", regularizer=Regularizer(l1=1e-3)),
        variant("l2", "λ Σw² in the loss", regularizer=Regularizer(l2=L2)),
        variant("elastic", "half of either", regularizer=Regularizer(l1=5e-4, l2=L2 / 2)),
        variant(
            "weight_decay",
            "L2 as the optimizer's: 2λw in the gradient, biases too",
            optimizer=Optimizer("adam", RATE, weight_decay=2 * L2),
        ),
        variant(
            "decoupled", "AdamW: weights shrink past the gradient", optimizer=Optimizer("adamw", RATE, weight_decay=1.0)
        ),
        variant("dropout", "half of the hidden units left out of each step", arguments={"dropout": 0.5}),
        variant(
            "label_smoothing", "a tenth of each target spread over all classes", loss_options={"label_smoothing": 0.1}
        ),
        variant("max_norm", "no unit's weights longer than 1", regularizer=Regularizer(max_norm=1.0)),
    ),
    expectations=(
        Expectation("gap", "none", "15,210 parameters learn 1,000 samples by heart (Zhang et al., 2017)", at_least=0.4),
        against_none("sparsity", "l1", "the lasso sets weights to zero (Tibshirani, 1996)", at_least=0.3),
        against_none("gap", "l1", "what is zero remembers nothing", at_most=-0.15),
        against_none("weight_norm", "l2", "ridge pulls every weight towards zero", at_most=-5.0),
        against_none("sparsity", "l2", "but to none of them: its pull ends where the weight does", at_most=0.05),
        against_none(
            "sparsity", "elastic", "the lasso's half is enough for zeros (Zou and Hastie, 2005)", at_least=0.1
        ),
        Expectation(
            "weight_norm",
            "weight_decay",
            "the derivative of λw² is 2λw: the same, but for biases, which only the optimizer's decay shrinks",
            against="l2",
            at_least=-1.5,
            at_most=1.5,
        ),
        against_none(
            "weight_norm",
            "decoupled",
            "each step shrinks weights by ηλ, a thousandth, whatever Adam's slots are (Loshchilov and Hutter, 2019)",
            at_most=-2.0,
        ),
        against_none("gap", "dropout", "no unit can rely on another (Srivastava et al., 2014)", at_most=-0.15),
        against_none(
            "test_loss", "label_smoothing", "no answer is worth being sure of (Szegedy et al., 2016)", at_most=-0.2
        ),
        Expectation("largest_unit_norm", "max_norm", "the constraint holds after every step", at_most=1.00001),
        against_none("test_loss", "max_norm", "logits of short weights are less sure of themselves", at_most=-0.3),
    ),
)
