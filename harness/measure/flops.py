"""Count the floating-point operations of an architecture from its layers, one count for every arm.

What is counted is what multiplies by weights, and attention's two products: a multiply-add is 2 operations, and every
weight of a layer is used once at each place where the layer is applied, so all follows from shapes. Padding counts like
any input, masked attention like any other. Left out is what costs a few operations an element and no table lists:
biases, norms, activations, pooling, softmax, additions. PyTorch's ``FlopCounterMode`` counts by the same rules. A count
is of one sample's forward pass; a train step is three of them, for the backward pass multiplies once for the gradient
of the weights and once for that of the inputs, less what the layer that reads the data multiplies with them, whose
gradient nobody needs. That of an initial state counts, though PyTorch leaves it out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from harness.contract import Call, TensorSpec

MULTIPLY_ADD = 2


def weights_on_input(call: Call, tensors: Mapping[str, TensorSpec]) -> int:
    """Return how many weights of a call's layer multiply its input, and not what it makes of that.

    Args:
        call: Of which module, on which shapes.
        tensors: Those of the whole model, by canonical name.
    """
    prefix = f"{call.path}."
    own = {name.removeprefix(prefix): spec for name, spec in tensors.items() if name.startswith(prefix)}
    match call.layer:
        case "linear" | "conv" | "transposed_conv":
            on_input = [name for name, spec in own.items() if len(spec.shape) > 1]
        case "recurrent":  # of the first of its layers, in both directions
            on_input = [name for name in own if name.startswith("weight_ih_l0")]
        case "attention":
            on_input = [name for name in own if name == "in_proj_weight"]
        case _:
            on_input = []
    return sum(math.prod(own[name].shape) for name in on_input)


def of_call(call: Call, tensors: Mapping[str, TensorSpec]) -> int:
    """Return the operations of one call of a layer for one sample; of a module of no kind, 0 beside those within.

    Args:
        call: Of which module, on which shapes.
        tensors: Those of the whole model, by canonical name.
    """
    matrices = [
        math.prod(spec.shape)
        for name, spec in tensors.items()
        if name.startswith(f"{call.path}.") and len(spec.shape) > 1
    ]
    match call.layer:
        case "linear":  # by shapes, for it may use a tensor that another layer owns
            products = math.prod(call.input) * call.output[-1]
        case "conv":  # weights (out, in / groups, *window), at every place of the output
            products = sum(matrices) * math.prod(call.output[1:])
        case "transposed_conv":  # weights (in, out / groups, *window), at every place of the input
            products = sum(matrices) * math.prod(call.input[1:])
        case "recurrent":  # input (steps, features)
            products = sum(matrices) * call.input[0]
        case "attention":  # input (length, width): the projections, queries by keys, and shares by values
            length, width = call.input
            products = sum(matrices) * length + 2 * length**2 * width
        case _:
            products = 0
    return MULTIPLY_ADD * products
