"""Our count of every workload's model agrees with XLA's cost analysis of its Keras half."""

import pytest

from harness.measure import sizes

FEW = ("lenet_mnist5k", "mlp_norm_digits", "vit_mnist5k")

MOST_ELEMENTWISE = 40
"""Operations beside the products for each number that a layer gives: softmax and an exact GELU take the most."""


def agree(found):
    for name, told in found.items():
        size = sizes.read()[name]
        assert (told["parameters"], told["ours"]) == (size.parameters, size.flops), name
        products = told["ours"] - told["padding"]
        assert products <= told["xla"] <= products + MOST_ELEMENTWISE * told["elements"], name


def test_counts_agree_with_xlas(run_check):
    agree(run_check("flops_check.py", "jax", *FEW))


@pytest.mark.long
def test_all_counts_agree_with_xlas(run_check):
    agree(run_check("flops_check.py", "jax", *(name for name in sizes.read() if name not in FEW)))
