"""What the gate "sensitivity" makes of tensors that the output does not show."""

import dataclasses

import numpy as np
import pytest

from harness import registry
from harness.parity import gates
from harness.parity.gates import Stage


class Chain:
    """Layers in a row, each y = w · x, of which each hands on a share of what it gets; the shares are given."""

    def __init__(self, shares):
        self.shares = shares
        self.tensors = {}

    def load(self, tensors):
        self.tensors = dict(tensors)

    def probe(self, what, x=None, **changed):
        if what == "change":
            self.tensors = {**tensors(self.shares), **changed}
            return {}
        told, value = {}, x
        for number, share in enumerate(self.shares):
            told[f"fc.{number}"] = value = self.tensors[f"fc.{number}.weight"] * value
            value = 1.0 + share * value
        return {**told, "output": value} if what == "taps" else {"output": value}


def tensors(shares):
    return {f"fc.{number}.weight": np.array([1.5 + number]) for number in range(len(shares))}


def sensitivity(*shares):
    half, workload = Chain(shares), registry.find_workload("softmax_digits")
    half.load(tensors(shares))
    fields = dict.fromkeys(field.name for field in dataclasses.fields(Stage))
    known = {"workload": workload, "arm": "mine", "exact": half, "tensors": tensors(shares), "x": np.ones((1, 1))}
    (finding,) = gates.sensitivity(Stage(**{**fields, **known}))
    return finding


def test_every_tensor_that_moves_the_output_is_tested():
    found = sensitivity(1.0, 1.0, 1.0)
    assert (found.passed, found.note) == (True, None)


def test_where_little_is_handed_on_later_layers_have_to_move():
    found = sensitivity(1e-5, 1e-5, 1e-5, 1.0)
    assert found.passed
    assert found.note == "moves later layers, which `forward` compares, and not the output: fc.0.weight, fc.1.weight"


@pytest.mark.parametrize(("shares", "still"), [((1.0, 0.0, 1.0), "fc.1.weight"), ((0.0, 1.0, 1.0), "fc.0.weight")])
def test_what_no_later_layer_shows_is_untested(shares, still):
    found = sensitivity(*shares)
    assert not found.passed
    assert found.where.startswith(still) or still in found.where


def test_the_last_layer_must_move_the_output_itself():
    found = sensitivity(1.0, 1.0, 0.0)
    assert not found.passed
    assert "fc.2.weight" in found.where
