"""The bridge carries every layer type it knows, on every backend, to the bit and without changing the function."""

import re

import pytest

BACKENDS = ("tensorflow", "jax", "torch")
# Keras' own attention takes the scale (TensorFlow) and the softmax (JAX) through float32 whatever the dtype: measured
# 1e-7 and 2e-6 on this input. The pairs use ``ExactAttention``, which does not.
ATTENTION = {"tensorflow": 1e-6, "jax": 1e-5, "torch": 1e-12}


REFUSED = {
    "a type that is not in the table": r"variables without a canonical name: \S+alpha",
    "one layer under two names": r"variable met twice: \S+bias, \S+kernel",
    "a map for no dense layer": "flattened names no Dense layer: fc",
    "a map of another size": r"layer\.weight: reads 6 numbers, which are no map of \(2, 4\)",
    "another GRU": r"layer: GRU\(reset_after=False\) is another function than PyTorch's GRU",
    "values of another size": "layer: PyTorch packs projections of one shape; query and value differ here",
    "a tensor too few": r"tensors missing: layer\.bias",
    "a tensor too many": r"tensors unknown: layer\.scale",
    "a tensor of another shape": r"layer\.weight: shape \(6, 4\), expected \(4, 6\)",
}


@pytest.fixture(scope="module", params=BACKENDS)
def told(request, run_check):
    return request.param, run_check("bridge_check.py", request.param, also=BACKENDS)


@pytest.fixture(scope="module")
def checked(told):
    backend, told = told
    return backend, told["cases"]


def test_every_layer_type_is_tried(told):
    assert told[1]["untried"] == []


def test_what_cannot_be_carried_is_refused_by_name_and_nothing_assigned(told):
    refused = told[1]["refused"]
    assert refused.pop("nothing was assigned")
    assert refused.keys() == REFUSED.keys()
    for case, message in REFUSED.items():
        assert re.fullmatch(message, refused[case]), case


def test_load_and_dump_are_inverse_to_the_bit(checked):
    _, cases = checked
    assert [name for name, case in cases.items() if not case["round_trip"]] == []


def test_each_tensor_changes_by_itself(checked):
    _, cases = checked
    assert {name: case["changed"] for name, case in cases.items() if case["changed"]} == {}


def test_canonical_names_are_pytorchs(checked):
    _, cases = checked
    assert [name for name, case in cases.items() if not case["names"]] == []


def test_the_function_is_pytorchs(checked):
    backend, cases = checked
    bounds = dict.fromkeys(cases, 1e-12) | {"attention": ATTENTION[backend]}
    assert {name: case["error"] for name, case in cases.items() if not case["error"] <= bounds[name]} == {}
