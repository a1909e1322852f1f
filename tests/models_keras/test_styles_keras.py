"""Sequential, Functional and subclassed forms of one network are one function, gradients included, on every backend."""

import pytest


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_all_styles_are_one_function(run_check, backend):
    apart = run_check("styles_check.py", backend, all_backends=True)
    assert set(apart) == {
        f"{network} {style}_{network}" for network in ("mlp", "lenet") for style in ("sequential", "functional")
    }
    assert max(apart.values()) <= 1e-12, apart
