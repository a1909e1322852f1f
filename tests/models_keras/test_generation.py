"""GPT and generation are PyTorch's on every backend: the same text from the same weights, and compiled once."""

import pytest

QUICK = ("jax", "torch")
"""Backends that take seconds; what TensorFlow traces takes half a minute, for `make test-long`."""


@pytest.fixture(scope="module", params=[pytest.param("tensorflow", marks=pytest.mark.long), *QUICK])
def checked(request, run_check):
    return run_check("generation_check.py", request.param, also=QUICK) | {"backend": request.param}


def test_both_halves_write_the_same(checked):
    written = checked["written"]
    assert {way for way, (ours, theirs) in written.items() if ours != theirs} == set()
    assert all(len(text) == 3 + 14 for text in written["greedy"][0])
    assert written["of one"] == written["greedy"]
    distinct = {str(written[way][0]) for way in ("greedy", "sampled", "another seed", "cold", "of three")}
    assert len(distinct) == 5


def size(vocabulary, length, width, depth):
    """Embeddings; in each block attention (4 width²), an MLP (8 width²), biases and two norms; a last norm."""
    return (vocabulary + length) * width + depth * (12 * width**2 + 13 * width) + 2 * width


def test_the_head_is_tied_and_the_size_is_gpt_2s(checked):
    assert checked["parameters"] == [size(11, 8, 12, 2)] * 2
    assert size(50257, 1024, 768, 12) == 124_439_808


def test_no_token_costs_a_trace(checked):
    assert checked["traces"] == (6 * 14 if checked["backend"] == "torch" else 0)  # Keras runs eagerly on torch


def test_bad_input_is_refused_in_the_same_words(checked):
    assert checked["inputs"].pop("too long, RecurrentLM") == [None, None]  # it has no positions
    for name, (ours, theirs) in checked["inputs"].items():
        assert theirs.startswith("ids: "), name
        assert theirs in ours, name


def test_bad_calls_are_refused_in_the_same_words(checked):
    for name, (ours, theirs) in checked["calls"].items():
        assert theirs is not None, name
        assert ours == theirs, name
