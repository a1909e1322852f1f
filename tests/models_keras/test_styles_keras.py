"""Sequential, Functional and subclassed forms of one network are one function, gradients included, on every backend."""

import pytest

BACKENDS = ("tensorflow", "jax", "torch")


@pytest.mark.parametrize("backend", BACKENDS)
def test_all_styles_are_one_function(run_check, backend):
    apart = run_check("styles_check.py", backend, also=BACKENDS)
    assert set(apart) == {
        f"{network} {style}_{network}" for network in ("mlp", "lenet") for style in ("sequential", "functional")
    }
    assert max(apart.values()) <= 1e-12, apart
