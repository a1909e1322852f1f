"""Finite differences of the loss: what they hold a gradient to, and what of it a kink may spoil."""

import numpy as np
import pytest

from harness import registry
from harness.parity.gates import Stage
from harness.parity.slope import SLOPE_FP64, STEPS, slope

TENSORS = {
    "a.weight": np.array([3.0, -2.0]),
    "a.bias": np.array([1.0]),
    "c.weight": np.array([2.0, 1.0]),
    "b.weight": np.array([1.0, 2.0]),  # called before ``c``
}


class Bowl:
    """A half whose loss is half the sum of squares of its tensors, with a kink of so much at a loss of so much."""

    def __init__(self, wrong=(), kink_at=0.0, kink=0.0):
        self.wrong, self.kink_at, self.kink = wrong, kink_at, kink

    def load(self, tensors):
        self.tensors = tensors

    def probe(self, what, **batch):
        assert what == "gradients"
        loss = 0.5 * sum(np.sum(np.square(tensor)) for tensor in self.tensors.values())
        of = {name: tensor * (1.04 if name in self.wrong else 1.0) for name, tensor in self.tensors.items()}
        return {**of, "loss": np.array(loss + self.kink * max(loss - self.kink_at, 0.0))}


class Called:
    """A reference whose layers are called in the order of their names."""

    def probe(self, what, **batch):
        assert what == "taps"
        return dict.fromkeys(sorted({name.partition(".")[0] for name in TENSORS}))


def found(half, workload="mlp_mnist1d"):  # in which nothing is random
    asked, none = registry.find_workload(workload), np.empty(0)
    (finding,) = slope(Stage(asked, None, "torch", Called(), half, None, None, None, TENSORS, none, none))
    return finding


def test_a_gradient_that_is_the_slope_passes():
    finding = found(Bowl())
    assert finding.passed
    assert finding.figure < 1e-8


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"a.weight"}, "a.weight; b, called next, is right"),
        ({"a.bias"}, "a.bias; b, called next, is right"),
        ({"a.weight", "a.bias", "b.weight"}, "b.weight; c, called next, is right"),
        (TENSORS, "c.weight"),
    ],
)
def test_a_gradient_that_is_not_is_red_and_the_last_tensor_is_named(wrong, where):
    finding = found(Bowl(wrong=wrong))
    assert (finding.passed, finding.where) == (False, where)
    assert finding.figure > SLOPE_FP64


@pytest.mark.parametrize("away", [STEPS[0] / 2, 0.0], ids=["nearby", "just here"])
def test_a_kink_spoils_one_place_alone(away):
    loss = 12.0
    assert found(Bowl(kink_at=loss * (1 + away), kink=0.5)).passed


class Flat(Bowl):
    """One that says of itself that it is flat, and is only if its loss has a value."""

    def __init__(self, loss=None):
        super().__init__()
        self.loss = loss

    def probe(self, what, **batch):
        loss = super().probe(what)["loss"] if self.loss is None else np.array(self.loss)
        return {name: 0 * tensor for name, tensor in self.tensors.items()} | {"loss": loss}


@pytest.mark.parametrize(("loss", "passed"), [(0.0, True), (2.0, True), (None, False)])
def test_where_the_gradient_is_zero_the_loss_is_to_stay(loss, passed):
    assert found(Flat(loss)).passed == passed


def test_a_gradient_that_is_chosen_is_no_slope():
    finding = found(Bowl(wrong=TENSORS), "custom.straight_through")
    assert finding.passed
    assert "chosen" in finding.note


def test_a_gradient_without_numbers_is_red():
    assert not found(Bowl(kink=float("nan"))).passed
