"""Gate 6, and tensors that cannot matter: green on healthy halves, red on planted faults, in the right place."""

import dataclasses

import numpy as np
import pytest

from harness.contract import Architecture, Regularizer, Transfer
from harness.parity.immaterial import immaterial, not_zero, split, unmatched
from harness.parity.pair import without_chance
from harness.registry import find_workload

COMPILED = ("keras-tensorflow", "keras-jax")


def test_a_pair_without_buffers_passes_and_says_so(check):
    (finding,) = check("mlp_digits", "keras-torch", ["train_mode"])
    assert finding.passed
    assert finding.note == "no buffers"


@pytest.mark.parametrize("seed", range(3))
def test_a_healthy_pair_passes(check, seed):
    findings = check("mlp_norm_digits", "keras-torch", ["structure", "backward", "train_mode"], seed)
    assert [finding for finding in findings if not finding.passed] == []
    assert findings[-1].gate == "train_mode fp64"
    assert findings[-1].figure > 0  # two frameworks do not round alike: something was compared


@pytest.mark.parametrize("arm", ["keras-torch", *(pytest.param(arm, marks=pytest.mark.long) for arm in COMPILED)])
@pytest.mark.parametrize("norm", ["batch", "centred"])
def test_frozen_layers_are_frozen_alike(check, arm, norm):
    whole = find_workload("mlp_norm_digits")
    architecture = dataclasses.replace(whole.architecture, arguments={**whole.architecture.arguments, "norm": norm})
    frozen = dataclasses.replace(
        whole,
        name=f"frozen_{norm}",
        architecture=architecture,
        transfer=Transfer("none", frozen=("fc.0", "norm.0", "fc.1")),
        regularizer=Regularizer(l1=1e-3, l2=1e-3, max_norm=0.5),
    )
    findings = check(frozen, arm, ["structure", "forward", "backward", "dropout", "train_mode", "training"])
    assert [finding for finding in findings if not finding.passed] == []
    assert all(finding.figure > 0 for finding in findings if finding.gate == "training fp64")


@pytest.mark.parametrize("arm", ["keras-torch", *(pytest.param(arm, marks=pytest.mark.long) for arm in COMPILED)])
def test_every_layer_of_a_stack_is_told_whether_it_trains(check, arm):
    arguments = {"image_size": 28, "in_channels": 1, "width": 4, "hidden": 8, "num_classes": 10, "dropout": 0.0}
    small = dataclasses.replace(
        find_workload("vgg11_mnist5k"), name="small_vgg", architecture=Architecture("vgg", "VGG", arguments)
    )
    findings = check(small, arm, ["structure", "train_mode", "training"])
    assert [finding for finding in findings if not finding.passed] == []


def test_the_gates_close_dropout_and_nothing_else():
    workload = find_workload("mlp_norm_digits")
    assert workload.architecture.arguments["dropout"] > 0
    closed = without_chance(workload)
    assert closed.architecture.arguments == {**workload.architecture.arguments, "dropout": 0}
    assert without_chance(find_workload("lenet_mnist5k")) is find_workload("lenet_mnist5k")


def test_packed_projections_are_compared_by_part():
    weight = np.arange(12.0).reshape(6, 2)
    found = split({"a.in_proj_weight": weight, "loss": np.array(1.0), "fc.weight": weight})
    assert list(found) == ["a.in_proj_weight[q]", "a.in_proj_weight[k]", "a.in_proj_weight[v]", "loss", "fc.weight"]
    assert np.array_equal(found["a.in_proj_weight[k]"], weight[2:4])


def test_only_declared_tensors_are_immaterial_and_a_declaration_must_fit():
    architecture = Architecture("f", "N", immaterial={"blocks.*.in_proj_bias[k]": "softmax", "gone.bias": "why"})
    names = ["blocks.0.in_proj_bias[q]", "blocks.0.in_proj_bias[k]", "blocks.1.in_proj_bias[k]", "k"]
    assert list(immaterial(architecture, names)) == names[1:3]
    assert unmatched(architecture, names) == ["gone.bias"]


def test_what_is_declared_immaterial_must_have_no_gradient():
    gradients = {"rounding": np.full(3, 1e-16), "real": np.array([0.0, 1e-9]), "large": np.ones(3), "none": np.zeros(0)}
    assert not_zero(gradients, ["rounding", "real", "none"]) == ["real"]
    assert not_zero({"lost": np.full(2, np.nan), "large": np.ones(3)}, ["lost"]) == ["lost"]
