"""Custom layers, losses and training steps: what one writes where nothing ready-made fits.

Each is shown beside what comes ready-made: a layer with a state and a function with a gradient of its own
(``models_*/techniques/custom.py``) in the MLP on digits, losses on digits and diabetes, and train steps on 1,000
samples of MNIST-1D, which the MLP learns by heart.
"""

import dataclasses
from typing import Any

from benchmarks.techniques.variation import vary
from benchmarks.workloads import linear_diabetes, mlp_digits, mlp_mnist1d
from harness.contract import Architecture, Expectation, Optimizer, Technique, TrainStep, Variant

CLASSES, PIXELS, EMBEDDED = 10, 64, 16
EPOCHS = 10
SAMPLES, BY_HEART = 1000, 100
RADIUS = 0.2


def digits(name: str, about: str, **changes: Any) -> Variant:
    """Return the MLP on digits."""
    figures = ("train_metric", "confidence")
    own = {"optimizer": Optimizer("adam", 3e-3), "epochs": EPOCHS, "figures": figures}
    return vary("custom", mlp_digits.WORKLOAD, name, about, **{**own, **changes})


def signs(name: str, about: str) -> Variant:
    """Return the MLP on digits with an activation of two values."""
    return digits(name, about, arguments={"activation": name}, figures=("train_metric", "gradient_ratio"))


def embedding(name: str, about: str, dataset: str, loss: str) -> Variant:
    """Return the MLP without its last layer's classes: it embeds each of the samples that belong together."""
    architecture = Architecture(
        "mlp",
        "MLP",
        {"in_features": PIXELS, "hidden": (128,), "out_features": EMBEDDED},
        immaterial={"fc.1.bias": "it moves all embeddings alike, and only distances count"},
    )
    options = {"loss": loss, "loss_options": {"margin": 1.0}, "metric": "told_apart", "figures": ("train_metric",)}
    return digits(name, about, dataset=dataset, form="sequence", architecture=architecture, epochs=20, **options)


def quantile(share: float) -> Variant:
    """Return linear regression on diabetes under the quantile loss."""
    return vary(
        "custom",
        linear_diabetes.WORKLOAD,
        f"quantile_{round(100 * share)}",
        f"quantile loss: a share of {share:g} of the targets below the answer",
        loss="quantile",
        loss_options={"quantile": share},
        optimizer=Optimizer("adam", 1e-2),
        figures=("share_below",),
    )


def step(name: str, about: str, train_step: TrainStep | None) -> Variant:
    """Return the MLP on a quarter of MNIST-1D with a train step."""
    return vary(
        "custom",
        mlp_mnist1d.WORKLOAD,
        name,
        about,
        optimizer=Optimizer("adam", 1e-3),
        shuffle=True,
        samples=SAMPLES,
        epochs=BY_HEART,
        train_step=train_step,
        figures=("train_metric", "gap", "confidence"),
    )


def beside_ready_made(figure: str, variant: str, because: str, **bounds: float) -> Expectation:
    """Return what something custom is expected to change."""
    return Expectation(figure, variant, because, against="ready_made", **bounds)


def share_below(share: float, at_least: float, at_most: float) -> Expectation:
    """Return that the quantile loss finds its quantile; chance moves the share of 88 test samples by 0.03."""
    because = f"the loss is least with a share {share:g} of the targets below (Koenker and Bassett, 1978)"
    name = f"quantile_{round(100 * share)}"
    return Expectation("share_below", name, because, at_least=at_least, at_most=at_most)


TECHNIQUE = Technique(
    name="custom",
    title="Custom layers, losses and train steps",
    about="What one writes by hand, each beside what comes ready-made.",
    variants=(
        digits("ready_made", "nothing custom: ReLU, cross-entropy"),
        digits("focal", "focal loss, γ = 2", loss="focal", loss_options={"gamma": 2.0}),
        digits("centred", "a layer with a state: takes a running mean away", arguments={"norm": "centred"}),
        signs("sign", "the sign for an activation, with its own gradient, 0"),
        signs("straight_through", "the sign with a gradient of one's own, the clipped identity's"),
        digits(
            "two_tasks",
            "two losses at once: the class, and the picture itself",
            dataset="digits_tasks",
            architecture=dataclasses.replace(
                mlp_digits.WORKLOAD.architecture,
                arguments={"in_features": PIXELS, "hidden": (128, 64), "out_features": CLASSES + PIXELS},
            ),
            loss="multi_task",
            loss_options={"classes": CLASSES, "weight": 1.0},
            figures=(),
        ),
        embedding("contrastive", "contrastive loss of pairs of digits", "digits_pairs", "contrastive"),
        embedding("triplet", "triplet loss of digits, one alike and one other", "digits_triplets", "triplet"),
        quantile(0.1),
        quantile(0.9),
        step("framework_step", "the train step that the framework brings", None),
        step("own_step", "the same step written by hand", TrainStep()),
        step("sharpness_aware", "a step that needs two gradients: sharpness-aware", TrainStep(RADIUS)),
    ),
    expectations=(
        beside_ready_made(
            "confidence",
            "focal",
            "(1 − p)² takes the weight off what is right already (Lin et al., 2017; Mukhoti et al., 2020)",
            at_most=-0.02,
        ),
        beside_ready_made("metric", "focal", "what is wrong keeps its weight", at_least=-0.02, at_most=0.02),
        beside_ready_made("metric", "centred", "what it takes away, the next bias could give back", at_least=-0.01),
        Expectation("gradient_ratio", "sign", "the sign's gradient is 0: nothing arrives below", at_most=-100.0),
        Expectation("metric", "sign", "only the last layer learns, from random signs", at_least=0.6, at_most=0.9),
        Expectation(
            "train_loss",
            "straight_through",
            "with a gradient that is not the function's the layers below learn too (Courbariaux et al., 2016)",
            against="sign",
            at_most=-0.3,
        ),
        beside_ready_made("metric", "straight_through", "192 signs are enough for ten digits", at_least=-0.03),
        beside_ready_made(
            "metric", "two_tasks", "a picture says of its class nothing new", at_least=-0.02, at_most=0.02
        ),
        Expectation(
            "metric", "contrastive", "new digits fall near their own kind (Hadsell et al., 2006)", at_least=0.9
        ),
        Expectation("metric", "triplet", "the same, from order alone (Schroff et al., 2015)", at_least=0.9),
        share_below(0.1, at_least=0.03, at_most=0.17),
        share_below(0.9, at_least=0.8, at_most=0.97),
        Expectation("train_loss", "own_step", "it is the same step", "framework_step", at_least=-0.01, at_most=0.01),
        Expectation("metric", "own_step", "it is the same step", "framework_step", at_least=-0.02, at_most=0.02),
        Expectation(
            "test_loss",
            "sharpness_aware",
            "it ends where the loss stays low near by too, and new samples are near by (Foret et al., 2021)",
            against="framework_step",
            at_most=-0.25,
        ),
        Expectation(
            "train_loss",
            "sharpness_aware",
            "which is not the lowest point there is",
            against="framework_step",
            at_least=0.03,
        ),
    ),
)
