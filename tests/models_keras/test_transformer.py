"""Every form of the transformer is PyTorch's on every backend, padding included; both refuse what has no meaning."""

import pytest

QUICK = ("jax", "torch")
"""Backends that take seconds; what TensorFlow traces takes half a minute, and the gates look at it too."""


@pytest.fixture(scope="module", params=[pytest.param("tensorflow", marks=pytest.mark.long), *QUICK])
def checked(request, run_check):
    return run_check("transformer_check.py", request.param, also=QUICK)


def test_every_form_is_pytorchs_in_float64(checked):
    assert len(checked["forms"]) == 7
    assert {form: error for form, error in checked["forms"].items() if not error < 1e-10} == {}


def test_bad_input_is_refused_by_both_halves_in_the_same_words(checked):
    said = {case: set(pair) for case, pair in checked["refusals"].items()}
    assert said == {
        "rank": {"ids: expected shape (N, T), got (12,)"},
        "type": {"ids: expected int32 or int64, got float64"},
        "length": {"ids: sequences of 17 are longer than the 16 positions (argument length)"},
        "too large": {"ids: 1 to 50, expected 0 to 49 (argument vocabulary)"},
        "negative": {"ids: -1 to 48, expected 0 to 49 (argument vocabulary)"},
    }
