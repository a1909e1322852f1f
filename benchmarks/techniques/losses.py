"""Losses: what is asked of a network for the same task, and what comes of asking for the wrong thing.

Classification is shown on the MLP on digits, ten epochs; two classes on logistic regression; regression on the linear
model on diabetes. ``wild`` variants begin with weights of N(0, 1), so that the network is sure and mostly wrong: what
is lost where probabilities are clipped shows there.
"""

import dataclasses
import math
from typing import Any

from benchmarks.techniques.variation import vary
from benchmarks.workloads import linear_diabetes, logistic_breast_cancer, mlp_digits
from harness.contract import Expectation, Optimizer, Technique, Variant, Workload

CLASSES, EPOCHS = 10, 10
BEST_SOFTMAX_TWICE = math.log(math.e + CLASSES - 1) - 1
"""The loss of a sample whose probability, 1, is taken for a logit."""


def digits(name: str, about: str, **changes: Any) -> Variant:
    """Return the MLP on digits under another loss."""
    own = {"optimizer": Optimizer("adam", 3e-3), "epochs": EPOCHS, "figures": ("train_metric",)}
    return vary("losses", mlp_digits.WORKLOAD, name, about, **{**own, **changes})


def dense(name: str, about: str, loss: str, **changes: Any) -> Variant:
    """Return the MLP on digits under a loss that takes a target for every output."""
    return digits(name, about, loss=loss, one_hot=CLASSES, **changes)


def wild(name: str, about: str, loss: str) -> Variant:
    """Return the MLP on digits, sure and wrong to begin with, under another loss."""
    architecture = dataclasses.replace(mlp_digits.WORKLOAD.architecture, initial_std={"*.weight": 1.0})
    return digits(name, about, loss=loss, architecture=architecture)


def other(base: Workload, name: str, about: str, loss: str) -> Variant:
    """Return another workload under another loss."""
    return vary("losses", base, name, about, loss=loss)


def same_answers(variant: str, against: str, because: str, within: float = 0.02) -> Expectation:
    """Return that two losses lead to the same metric, more or less."""
    return Expectation("metric", variant, because, against=against, at_least=-within, at_most=within)


TECHNIQUE = Technique(
    name="losses",
    title="Losses",
    about="The same task under different losses, and three ways to hand a loss probabilities.",
    variants=(
        digits("cross_entropy", "softmax cross-entropy from logits, for class indices"),
        dense("dense_cross_entropy", "the same for a share of every class", "dense_cross_entropy"),
        dense("kl_divergence", "Kullback–Leibler divergence from the targets", "kl_divergence"),
        digits(
            "label_smoothing", "a tenth of each target spread over all classes", loss_options={"label_smoothing": 0.1}
        ),
        digits(
            "class_weights", "eights count ten times as much", loss_options={"class_weights": (*[1.0] * 8, 10.0, 1.0)}
        ),
        digits("softmax_twice", "probabilities where logits are expected", loss="softmax_twice"),
        digits("clipped_cross_entropy", "probabilities kept within 1e-7 … 1 − 1e-7", loss="clipped_cross_entropy"),
        wild("wild_logits", "sure and wrong, from logits", "cross_entropy"),
        wild("wild_clipped", "sure and wrong, from clipped probabilities", "clipped_cross_entropy"),
        wild("wild_twice", "sure and wrong, softmax twice", "softmax_twice"),
        dense("one_against_all", "binary cross-entropy for each class", "binary_cross_entropy"),
        dense("hinge", "hinge loss for each class", "hinge"),
        dense("cosine", "angle to the class' axis", "cosine"),
        dense("squared", "squared error to 0 and 1", "mse"),
        other(logistic_breast_cancer.WORKLOAD, "binary", "two classes: binary cross-entropy", "binary_cross_entropy"),
        other(logistic_breast_cancer.WORKLOAD, "binary_hinge", "two classes: hinge loss", "hinge"),
        other(linear_diabetes.WORKLOAD, "mse", "regression: squared error", "mse"),
        other(linear_diabetes.WORKLOAD, "mae", "regression: absolute error", "mae"),
        other(linear_diabetes.WORKLOAD, "huber", "regression: Huber's loss", "huber"),
    ),
    expectations=(
        same_answers("dense_cross_entropy", "cross_entropy", "the same function of the same answers", within=0.005),
        same_answers("kl_divergence", "cross_entropy", "for targets of 0 and 1 it is cross-entropy", within=0.005),
        same_answers("class_weights", "cross_entropy", "a network that fits all samples has nothing to weigh"),
        Expectation(
            "train_loss",
            "label_smoothing",
            "smoothed targets have an entropy, here 0.5, and no answer costs less (Müller et al., 2019)",
            at_least=0.5,
        ),
        Expectation(
            "train_loss", "softmax_twice", "ln(e + 9) − 1: a probability is at most 1", at_least=BEST_SOFTMAX_TWICE
        ),
        same_answers("softmax_twice", "cross_entropy", "from small weights it still learns, more slowly", within=0.03),
        same_answers(
            "clipped_cross_entropy", "cross_entropy", "from small weights nothing is clipped but what is learnt"
        ),
        Expectation("metric", "wild_logits", "from logits the wrong have the largest gradient", at_least=0.8),
        Expectation(
            "metric",
            "wild_clipped",
            "what is clipped has no gradient: the sure and wrong cannot be taught",
            against="wild_logits",
            at_most=-0.3,
        ),
        Expectation(
            "metric", "wild_twice", "a saturated softmax has no gradient either", against="wild_logits", at_most=-0.3
        ),
        same_answers("hinge", "cross_entropy", "a margin separates digits as well (Tang, 2013)", within=0.03),
        same_answers(
            "squared", "cross_entropy", "squared error classifies as well (Hui and Belkin, 2021)", within=0.03
        ),
        same_answers("binary_hinge", "binary", "a linear separation either way", within=0.03),
        Expectation(
            "metric",
            "mae",
            "r² is about squared error: what minimises another loses some, not much",
            against="mse",
            at_least=-0.06,
            at_most=0.02,
        ),
        same_answers("huber", "mse", "within one deviation Huber's loss is squared error", within=0.03),
    ),
)
