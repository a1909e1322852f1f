"""Prints what XLA counts for the Keras halves of the workloads that are named, beside our own count; JAX only.

XLA leaves out the products of a convolution with its padding, which ``padding`` tells, and counts what is done element
by element; ``elements`` is how many numbers the layers give. It counts the body of a loop once, so recurrent layers are
unrolled. One JSON object: workload -> its figures.
"""

import json
import math
import sys

import jax
from keras import layers

from harness import matched, registry
from harness.anatomy.layers import tree
from harness.contract import Setup
from models_keras.arm import KerasArm

CONVOLUTIONS = (layers.Conv1D, layers.Conv2D, layers.DepthwiseConv1D, layers.DepthwiseConv2D)


def outside(layer, lengths):
    """Return the share of a convolution's products that fall on its own padding, for inputs of these lengths."""
    if layer.padding != "same":
        return 0.0
    inside = 1.0
    for length, window, stride, gap in zip(lengths, layer.kernel_size, layer.strides, layer.dilation_rate, strict=True):
        reach, outputs = (window - 1) * gap + 1, math.ceil(length / stride)
        before = max((outputs - 1) * stride + reach - length, 0) // 2
        places = [o * stride - before + w * gap for o in range(outputs) for w in range(window)]
        inside *= sum(0 <= place < length for place in places) / len(places)
    return 1.0 - inside


def check(arm, name):
    workload = registry.find_workload(name)
    dataset = registry.load_dataset(workload.dataset)
    x = matched.as_input(dataset.x_test[:1], workload.form)
    session = arm.open(workload, x.shape[1:], dataset.outputs)
    calls = session.calls(x)
    model = tree(calls, session.describe(), workload.architecture.tied)
    leaves = session.bridge.leaves
    padding = sum(
        layer.flops * outside(leaves[layer.path], layer.input[1:])
        for _, layer in model.flat()
        if isinstance(leaves.get(layer.path), CONVOLUTIONS)
    )
    for leaf in leaves.values():
        for layer in getattr(leaf, "stacked", [leaf]):
            for one in (layer, getattr(layer, "forward_layer", None), getattr(layer, "backward_layer", None)):
                if isinstance(one, layers.RNN):
                    one.unroll = True
    variables = [
        [variable.value for variable in group]
        for group in (session.model.trainable_variables, session.model.non_trainable_variables)
    ]
    lowered = jax.jit(lambda *given: session.model.stateless_call(*given)[0]).lower(*variables, session._inputs(x))
    return {
        "parameters": model.parameters,
        "ours": model.flops,
        "xla": lowered.cost_analysis()["flops"],
        "padding": round(padding),
        "elements": sum(math.prod(call.output) for call in calls),
    }


if __name__ == "__main__":
    arm = KerasArm(Setup("fp32", 1))
    sys.stdout.write(json.dumps({name: check(arm, name) for name in sys.argv[1:]}))
