"""Activations: what twenty layers of each do to the gradient on its way back.

An MLP of twenty hidden layers of 64 units on digits. Weights are drawn as suits the activation: by Xavier for those
that saturate, by He for the others (``benchmarks.techniques.initializers``), biases are 0.
"""

from benchmarks.techniques.variation import vary
from benchmarks.workloads.mlp_digits import WORKLOAD
from harness.contract import Expectation, Technique, Variant

WIDTH, DEPTH, EPOCHS = 64, 20, 5


def variant(name: str, about: str, initializer: str) -> Variant:
    """Return the deep MLP on digits with an activation."""
    return vary(
        "activations",
        WORKLOAD,
        name,
        about,
        arguments={"hidden": (WIDTH,) * DEPTH, "activation": name},
        initializer=initializer,
        epochs=EPOCHS,
        figures=("gradient_ratio", "dead_units"),
    )


def ratio(name: str, low: float | None, high: float, because: str) -> Expectation:
    """Return bounds for log10 of the first layer's gradient over the last one's, before training."""
    return Expectation("gradient_ratio", name, because, at_least=low, at_most=high)


TECHNIQUE = Technique(
    name="activations",
    title="Activations",
    about="An MLP of twenty hidden layers on digits: the gradient of the first layer beside the last one's.",
    variants=(
        variant("relu", "max(x, 0)", "he_normal"),
        variant("leaky_relu", "max(x, 0.01 x)", "he_normal"),
        variant("elu", "x above 0, eˣ − 1 below", "he_normal"),
        variant("gelu", "x Φ(x), exactly", "he_normal"),
        variant("gelu_tanh", "x Φ(x), Φ by tanh", "he_normal"),
        variant("silu", "x σ(x): Swish", "he_normal"),
        variant("tanh", "tanh x", "xavier_uniform"),
        variant("sigmoid", "σ(x)", "xavier_uniform"),
        variant("softmax", "the layer's shares, which add up to 1", "xavier_uniform"),
        variant("snake", "x + sin² x, written by hand", "lecun_normal"),
    ),
    expectations=(
        ratio("relu", -1.2, 0.3, "He's weights keep the gradient's size on average (He et al., 2015)"),
        ratio("leaky_relu", -1.2, 0.3, "as for ReLU"),
        ratio(
            "tanh", -0.8, 0.6, "Xavier's weights keep it where tanh is nearly the identity (Glorot and Bengio, 2010)"
        ),
        ratio("sigmoid", None, -10.0, "σ′ is at most ¼, so that twenty products shrink it by 4²⁰ = 10¹² or more"),
        ratio("softmax", None, -20.0, "shares of 64 units move by a 64th: twenty products shrink it by 64²⁰ or more"),
        ratio("snake", 0.2, 2.2, "(1 + sin 2x)² is 1.5 on average, and √1.5²⁰ = 10^1.8 if all x were large"),
        Expectation(
            figure="train_loss",
            variant="sigmoid",
            at_least=2.2,
            because="the first layers do not learn, so that it answers with the classes' shares: ln 10 = 2.30",
        ),
        Expectation(
            figure="train_loss",
            variant="relu",
            against="sigmoid",
            at_most=-1.0,
            because="five epochs are enough for a gradient that arrives",
        ),
        Expectation(
            figure="dead_units",
            variant="elu",
            against="relu",
            at_most=-0.02,
            because="below 0 its gradient is eˣ and not 0, so that a unit can come back (Clevert et al., 2016)",
        ),
    ),
)
