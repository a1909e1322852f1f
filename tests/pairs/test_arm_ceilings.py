"""What a device can do at most, asked of each framework in a real process of its arm."""

import pytest

RACED = ("torch", "keras-tensorflow", "keras-jax", "keras-torch")


@pytest.mark.parametrize("arm", RACED)
def test_every_kind_can_be_timed(bench, arm):
    worker = bench.worker(arm, "fp32")
    module = f"models_{'torch' if arm == 'torch' else 'keras'}.exercises.ceilings"
    for function, arguments in (
        ("matrix_product", {"size": 32, "dtype": "float32"}),
        ("matrix_product", {"size": 32, "dtype": "bfloat16"}),
        ("memory", {"numbers": 1 << 16}),
        ("call", {}),
    ):
        told = worker.ask("ceiling", 60, module=module, function=function, arguments=arguments, samples=2)
        assert len(told["seconds"]) == 2
        assert min(told["seconds"]) > 0
