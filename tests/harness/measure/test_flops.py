"""Operations of every kind of layer, counted by hand."""

import pytest

from harness.contract import Call, TensorSpec
from harness.measure import flops

CASES = {
    # y = x Wᵀ for 5 tokens
    "linear": ((5, 7), (5, 3), {"weight": (3, 7), "bias": (3,)}, 5 * 7 * 3),
    # each of 6 × 6 places of 8 outputs sees 3 × 3 of 4 inputs
    "conv": ((4, 12, 12), (8, 6, 6), {"weight": (8, 4, 3, 3), "bias": (8,)}, 36 * 8 * 4 * 9),
    "depthwise conv": ((4, 6, 6), (4, 6, 6), {"weight": (4, 1, 3, 3)}, 36 * 4 * 9),
    # each of 6 × 6 inputs of 4 channels is spread over 2 × 2 of 8 outputs
    "transposed_conv": ((4, 6, 6), (8, 12, 12), {"weight": (4, 8, 2, 2)}, 36 * 4 * 8 * 4),
    # 10 steps of an LSTM of 6: four gates see 3 inputs and 6 states
    "recurrent": (
        (10, 3),
        (10, 6),
        {"weight_ih_l0": (24, 3), "weight_hh_l0": (24, 6), "bias_ih_l0": (24,)},
        10 * 24 * 9,
    ),
    # 10 tokens of 6: four projections, then queries by keys and shares by values
    "attention": (
        (10, 6),
        (10, 6),
        {"in_proj_weight": (18, 6), "in_proj_bias": (18,), "out_proj.weight": (6, 6), "out_proj.bias": (6,)},
        10 * 6 * 6 * 4 + 2 * 10 * 10 * 6,
    ),
    "norm": ((10, 6), (10, 6), {"weight": (6,), "bias": (6,)}, 0),
    "embedding": ((10,), (10, 6), {"weight": (99, 6)}, 0),
}


@pytest.mark.parametrize("name", CASES)
def test_products_are_counted(name):
    given, output, shapes, products = CASES[name]
    kind = name.split()[-1]
    tensors = {f"blocks.1.layer.{own}": TensorSpec(shape, kind) for own, shape in shapes.items()}
    others = {"blocks.1.layer2.weight": TensorSpec((50, 50), kind)}
    assert flops.of_call(Call("blocks.1.layer", "X", kind, 2, given, output), tensors | others) == 2 * products


def test_a_module_without_tensors_of_its_own_counts_nothing():
    tensors = {"block.fc.weight": TensorSpec((3, 7), "linear")}
    assert flops.of_call(Call("block", "Block", None, 1, (7,), (3,)), tensors) == 0
