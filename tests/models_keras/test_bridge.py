"""The bridge carries every layer type it knows, on every backend, to the bit and without changing the function."""

import pytest

BACKENDS = ("tensorflow", "jax", "torch")
# Keras' own attention takes the scale (TensorFlow) and the softmax (JAX) through float32 whatever the dtype: measured
# 1e-7 and 2e-6 on this input. The pairs use ``ExactAttention``, which does not.
ATTENTION = {"tensorflow": 1e-6, "jax": 1e-5, "torch": 1e-12}


@pytest.fixture(scope="module", params=BACKENDS)
def checked(request, run_check):
    return request.param, run_check("bridge_check.py", request.param, all_backends=True)


def test_every_layer_type_is_tried(checked):
    _, cases = checked
    assert len(cases) == 28


def test_load_and_dump_are_inverse_to_the_bit(checked):
    _, cases = checked
    assert [name for name, case in cases.items() if not case["round_trip"]] == []


def test_canonical_names_are_pytorchs(checked):
    _, cases = checked
    assert [name for name, case in cases.items() if not case["names"]] == []


def test_the_function_is_pytorchs(checked):
    backend, cases = checked
    bounds = dict.fromkeys(cases, 1e-12) | {"attention": ATTENTION[backend]}
    assert {name: case["error"] for name, case in cases.items() if not case["error"] <= bounds[name]} == {}
