"""What a model comes to, counted by hand: a train step spares the gradient by the data, and no other."""

import pytest

from harness.anatomy.layers import tree
from harness.anatomy.sizes import of_model
from harness.contract import Call, TensorSpec

LINEAR = {"weight": (4, 3), "bias": (4,)}
GRU = {"weight_ih_l0": (12, 3), "weight_hh_l0": (12, 4), "weight_ih_l1": (12, 4), "weight_hh_l1": (12, 4)}
ATTENTION = {"in_proj_weight": (9, 3), "out_proj.weight": (3, 3)}

FIRST = {
    "linear": ((3,), (4,), LINEAR, (24, 3 + 4, 12 + 4)),
    # of 7 steps; what reads its output gives the states their gradients
    "recurrent": ((7, 3), (7, 4), GRU, (2 * 7 * 36, 21, 36)),
    "attention": ((7, 3), (7, 3), ATTENTION, (2 * 7 * 27, 21, 27)),
    "norm": ((3,), (3,), {"weight": (3,), "bias": (3,)}, (0, 0, 0)),
    "embedding": ((7,), (7, 4), {"weight": (9, 4)}, (0, 0, 0)),
}
"""Input, output, tensors, and what is spared of FLOPs, activations and weights."""


def size(*layers):
    """Of a model with these layers: kind, input, output, tensors."""
    calls = [Call("", "Net", None, 0, layers[0][1], layers[-1][2])]
    calls += [Call(f"layer{i}", "X", kind, 1, given, output) for i, (kind, given, output, _) in enumerate(layers)]
    tensors = {
        f"layer{i}.{own}": TensorSpec(shape, kind)
        for i, (kind, *_, shapes) in enumerate(layers)
        for own, shape in shapes.items()
    }
    return of_model(tree(calls, tensors))


LAST = ("linear", (4,), (2,), {"weight": (2, 4), "bias": (2,)})


@pytest.mark.parametrize("kind", FIRST)
def test_the_layer_that_reads_the_data_spares_a_product(kind):
    given, output, shapes, spared = FIRST[kind]
    found = size((kind, given, output, shapes), LAST)
    assert (found.spared, found.spared_activations, found.spared_weights) == spared


def test_a_train_step_is_three_forward_passes_but_for_what_is_spared():
    found = size(("linear", (3,), (4,), LINEAR), LAST)
    assert found.flops == 24 + 16
    assert found.step_flops == 2 * 24 + 3 * 16
    assert found.moved(5) == (16 + 5 * 7) + (10 + 5 * 6)
    assert found.step_moved(5) == 2 * (16 + 5 * 7) + 3 * (10 + 5 * 6)
