"""Count the floating-point operations of an architecture from its layers, one count for every arm.

What is counted is what multiplies by weights, and attention's two products: a multiply-add is 2 operations, and every
weight of a layer is used once at each place where the layer is applied, so all follows from shapes. Padding counts like
any input, masked attention like any other. Left out is what costs a few operations an element and no table lists:
biases, norms, activations, pooling, softmax, additions. PyTorch's ``FlopCounterMode`` counts by the same rules. A count
is of one sample's forward pass; a train step is three of them, for the backward pass multiplies once for the gradient
of the weights and once for that of the inputs, less the layer that reads the data, whose gradient nobody needs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from harness.contract import Call, TensorSpec

MULTIPLY_ADD = 2


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
