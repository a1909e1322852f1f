"""The families of techniques: each variant describes something that exists, and what is expected can be measured."""

import math

import numpy as np
import pytest
from scipy import stats

from benchmarks.techniques import initializers
from benchmarks.techniques.schedules import suggest
from harness import figures, matched, registry
from harness.contract import TensorSpec
from harness.parity.chance import MOST_SURPRISE, orthogonal, sample
from harness.parity.randomness import EXPECTED, LAYERS, fans

LOSSES = {"metric", "train_loss", "test_loss"}


@pytest.mark.parametrize("technique", registry.techniques().values(), ids=lambda technique: technique.name)
def test_what_is_expected_is_measured_and_says_how_much(technique):
    variants = {variant.name: variant.workload for variant in technique.variants}
    assert len(variants) == len(technique.variants)
    for one in technique.expectations:
        for name in filter(None, (one.variant, one.against)):
            assert one.figure in LOSSES | set(variants[name].figures), (one.variant, one.figure)
        assert one.because
        bounds = [bound for bound in (one.at_least, one.at_most) if bound is not None]
        assert bounds
        assert bounds == sorted(bounds)
    for name, workload in variants.items():
        assert workload.name == f"{technique.name}.{name}"
        assert not figures.check(workload.figures)


def test_the_finder_suggests_where_the_loss_falls_fastest():
    rates = [10 ** (exponent / 10) for exponent in range(-50, 11)]
    losses = [2.3 - 2 / (1 + math.exp(-3 * (math.log10(rate) + 2))) for rate in rates]
    assert suggest(rates, losses, smoothing=0.0) == pytest.approx(1e-2, rel=0.3)
    late = suggest(rates, losses)  # a running mean lags behind
    assert 1e-2 < late < 1e-1


@pytest.mark.parametrize(("losses", "reason"), [([1.0, 0.9], "2 steps"), ([1.0, 1.1, 1.2], "never falls")])
def test_the_finder_refuses_to_suggest_without_a_slope(losses, reason):
    with pytest.raises(ValueError, match=reason):
        suggest([1e-3] * len(losses), losses)


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("layer", ["dense", "conv"])
def test_drawn_weights_have_the_distribution_of_their_name(name, layer):
    shape = LAYERS[layer]
    drawn = twice(name, shape, draws=4)
    assert max(sample(drawn, EXPECTED[name](*fans(shape))).values()) <= MOST_SURPRISE


@pytest.mark.parametrize("shape", [(8, 6), (3, 2, 2, 2)])
def test_orthogonal_weights_are_orthonormal_and_in_no_preferred_direction(shape):
    assert max(orthogonal(twice("orthogonal", shape, draws=40)).values()) <= MOST_SURPRISE


def twice(name, shape, draws):
    """Weights (draws, 2, *shape), two from each generator."""
    generators = [np.random.default_rng([seed, 5]) for seed in range(draws)]
    return np.stack([[initializers.draw(name, shape, one) for _ in range(2)] for one in generators])


def test_an_initializer_is_for_weights_alone_and_leaves_biases_zero():
    specs = {
        "fc.weight": TensorSpec((40, 30), "linear"),
        "fc.bias": TensorSpec((40,), "linear"),
        "norm.weight": TensorSpec((40,), "norm"),
        "embedding.weight": TensorSpec((50, 40), "embedding"),
    }
    usual = matched.initial_parameters(specs, 0)
    drawn = matched.initial_parameters(specs, 0, initializer="he_normal")
    assert not drawn["fc.bias"].any()
    assert stats.kstest(drawn["fc.weight"].ravel() / math.sqrt(2 / 30), "norm").pvalue > 1e-6
    assert all(np.array_equal(drawn[name], usual[name]) for name in ("norm.weight", "embedding.weight"))


@pytest.mark.parametrize("name", ["he_normal", "lecun_uniform", "torch_default", "orthogonal"])
def test_theory_tells_what_is_left_of_the_variance(name):
    technique = registry.find_technique("initializers")
    expected = next(one for one in technique.expectations if one.variant == name)
    generator = np.random.default_rng(7)
    kept = []
    for _ in range(5):
        h = first = initializers.draw(name, (initializers.WIDTH, 64), generator) @ generator.normal(size=(64, 64))
        for _ in range(initializers.MAPS):
            h = initializers.draw(name, (initializers.WIDTH,) * 2, generator) @ np.maximum(h, 0)
        kept.append(math.log10(h.var() / first.var()))
    assert expected.at_least <= np.mean(kept) <= expected.at_most
