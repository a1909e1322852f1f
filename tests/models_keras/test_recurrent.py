"""Recurrent architectures of every kind are PyTorch's, in function, size and what they refuse, on every backend."""

import pytest

TRACED = ("tensorflow", "jax")
"""Backends that take half a minute; the gates look at recurrent pairs on them too."""


def size(kind, features, units, layers=1, directions=1):
    """Return the parameters of recurrent layers: two matrices and a bias for each gate, two biases for a GRU's."""
    gates, biases = {"rnn": (1, 1), "lstm": (4, 1), "gru": (3, 2)}[kind]
    widths = [features, *[directions * units] * (layers - 1)]
    return sum(directions * gates * units * (width + units + biases) for width in widths)


PARAMETERS = {
    f"{kind}, {layers} layers{', bidirectional' if directions == 2 else ''}": size(kind, 2, 5, layers, directions)
    + (5 * directions + 1) * 10
    for kind in ("rnn", "lstm", "gru")
    for layers, directions in ((1, 1), (3, 1), (2, 2))
} | {
    "BiGRU": size("gru", 2, 6, directions=2) + (2 * 6 * 11 + 1) * 10,
    "language model": 13 * 4 + size("lstm", 4, 5, 2) + (5 + 1) * 13,
}


@pytest.fixture(
    scope="module", params=["torch", *(pytest.param(backend, marks=pytest.mark.long) for backend in TRACED)]
)
def checked(request, run_check):
    return run_check("recurrent_check.py", request.param)


def test_parameters_are_named_and_counted_alike(checked):
    assert [case for case, pair in checked["pairs"].items() if not pair["names"]] == []
    assert {case: pair["parameters"] for case, pair in checked["pairs"].items()} == {
        case: [count, count] for case, count in PARAMETERS.items()
    }


def test_the_function_is_pytorchs(checked):
    assert {case: pair["error"] for case, pair in checked["pairs"].items() if not pair["error"] <= 1e-12} == {}


def test_an_input_that_does_not_fit_is_refused_in_the_same_words(checked):
    for case, (ours, theirs) in checked["refused"].items():
        if case == "RecurrentClassifier: length":
            assert (ours, theirs) == (None, None)
        else:
            assert theirs.startswith("x must be sequences (N, "), case
            assert theirs in ours, case
