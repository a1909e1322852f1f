"""Batch norm in training and activations are PyTorch's, on every backend, in float32 and float64."""

import re

import pytest

BACKENDS = ("tensorflow", "jax", "torch")

BOUNDS = {"float32": 2e-6, "float64": 1e-12}


@pytest.fixture(scope="module", params=BACKENDS)
def checked(request, run_check):
    return run_check("layers_check.py", request.param, also=BACKENDS)


@pytest.mark.parametrize("dtype", sorted(BOUNDS))
def test_running_statistics_and_outputs_are_pytorchs(checked, dtype):
    ours = {name: case for name, case in checked["errors"].items() if name.startswith("ours") and dtype in name}
    assert len(ours) == 2
    assert {name: case for name, case in ours.items() if not max(case.values()) <= BOUNDS[dtype]} == {}


def test_many_values_are_added_up_to_all_digits(checked):
    assert checked["long sums"]["ours"] <= 5e-6  # what is read is a tenth of it beside .9, to eight digits


def test_keras_own_keeps_a_biased_variance(checked):
    own = {name: case for name, case in checked["errors"].items() if name.startswith("keras")}
    assert min(case["statistics"] for case in own.values()) > 1e-3
    assert max(case["outputs"] for case in own.values()) < 1e-5


@pytest.mark.parametrize("dtype", sorted(BOUNDS))
def test_activations_are_pytorchs(checked, dtype):
    errors = checked["activations"][dtype]
    assert len(errors) == 12
    assert {name: error for name, error in errors.items() if not error <= BOUNDS[dtype]} == {}


def test_a_batch_of_one_value_is_refused(checked):
    assert checked["refuses"]


def test_inputs_that_do_not_fit_are_refused_by_both_halves_in_the_same_words(checked):
    words = re.compile(
        r"x must be (images|signals|features) .*"
        r"( of floating-point numbers(?: with sides of .*)?), got (float32|int32) "
    )
    refusals = checked["refusals"]
    assert len(refusals) == 12 * 4
    found = {case: [words.search(said or "") for said in halves] for case, halves in refusals.items()}
    assert [case for case, halves in found.items() if None in halves] == []
    assert [case for case, (ours, theirs) in found.items() if ours.groups() != theirs.groups()] == []
    assert {case for case, (ours, _) in found.items() if ours[3] == "int32"} == {c for c in found if "whole" in c}
