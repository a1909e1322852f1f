"""Updates of every optimizer with scalars as numbers and as tensors, as on a GPU, on the torch backend.

Prints one JSON object: optimizer -> the largest difference after some steps of parameters and slots, as a share of how
far each has moved at most, and how often a step with tensors read a number from one.
"""

import json
import sys

import keras
import numpy as np
import torch

from harness.contract import Optimizer, Setup
from models_keras.arm import KerasArm
from models_keras.backends import torch as backend
from models_keras.techniques.optimizers import RECIPES, make_optimizer

STEPS = 12
READ = []


def reading(function):
    """The same function of a tensor, which is told of."""

    def told(tensor, *arguments):
        READ.append(function.__name__)
        return function(tensor, *arguments)

    return told


def moved(spec, dtype, *, tensors):
    """How far parameters and slots have moved after all steps; what is drawn is the same each time."""
    backend.ON_GPU = tensors
    assert isinstance(backend.number(keras.Variable(1.0)), torch.Tensor if tensors else float)
    rng = np.random.default_rng(0)
    shapes = ((4, 3), (3,))
    began = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    variables = [keras.Variable(values) for values in began]
    optimizer = make_optimizer(spec)
    optimizer.build(variables)
    gradients = [[torch.from_numpy(rng.normal(size=s).astype(dtype)) for s in shapes] for _ in range(STEPS)]
    READ.clear()
    with torch.no_grad():
        for step in gradients:
            optimizer.apply(step, variables)
    read = len(READ)
    ended = [variable.numpy() for variable in variables]
    slots = [slot.numpy() for slot in optimizer.variables if tuple(slot.shape) in shapes]
    return [*(end - begin for begin, end in zip(began, ended, strict=True)), *slots], read


if __name__ == "__main__":
    precision = sys.argv[1]
    KerasArm(Setup(precision, threads=1))
    for name in ("item", "__float__", "__bool__", "__int__", "numpy", "tolist"):
        setattr(torch.Tensor, name, reading(getattr(torch.Tensor, name)))
    told = {}
    for name in RECIPES:
        specs = {name: {}, f"{name}, decaying": {"weight_decay": 0.1}}
        specs |= {f"{name}, nesterov": {"momentum": 0.9, "nesterov": True}} if name == "sgd" else {}
        for label, given in specs.items():
            spec = Optimizer(name, learning_rate=0.01, **given)
            dtype = keras.config.floatx()
            numbers, _ = moved(spec, dtype, tensors=False)
            tensors, read = moved(spec, dtype, tensors=True)
            pairs = zip(numbers, tensors, strict=True)
            told[label] = [max(float(np.max(np.abs(a - b)) / np.max(np.abs(a))) for a, b in pairs if a.any()), read]
    sys.stdout.write(json.dumps(told))
