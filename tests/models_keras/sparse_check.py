"""A step of every optimizer on an embedding whose batch repeats a word, on the backend that ``KERAS_BACKEND`` names.

Prints one JSON object: optimizer -> largest difference of the embedding after three steps from PyTorch's, float64, for
the one in use and for Keras' own.
"""

import json
import sys

import keras
import numpy as np
import torch

from harness.contract import Optimizer, Setup
from models_keras.arm import KerasArm
from models_keras.techniques.optimizers import RECIPES, make_optimizer, make_unreconciled_optimizer
from models_torch.techniques.optimizers import make_optimizer as make_torch_optimizer

IDS = np.array([[1, 1, 1, 2], [3, 1, 2, 2]])


def theirs(spec, table, target):
    layer = torch.nn.Embedding(*table.shape, dtype=torch.float64)
    layer.weight.data.copy_(torch.from_numpy(table))
    optimizer = make_torch_optimizer(spec, layer.parameters())
    for _ in range(3):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(layer(torch.from_numpy(IDS)), torch.from_numpy(target)).backward()
        optimizer.step()
    return layer.weight.detach().numpy()


def ours(optimizer, table, target):
    model = keras.Sequential([keras.Input((4,), dtype="int32"), keras.layers.Embedding(*table.shape)])
    model.set_weights([table])
    model.compile(optimizer=optimizer, loss="mse")
    for _ in range(3):
        model.train_on_batch(IDS.astype("int32"), target)
    return model.get_weights()[0]


if __name__ == "__main__":
    KerasArm(Setup("fp64", threads=1))
    rng = np.random.default_rng(0)
    table, target = rng.normal(size=(5, 3)), rng.normal(size=(2, 4, 3))
    errors = {}
    for name in RECIPES:
        spec = Optimizer(name, learning_rate=0.01)
        expected = theirs(spec, table, target)
        errors[name] = [
            float(np.max(np.abs(ours(make(spec), table, target) - expected)))
            for make in (make_optimizer, make_unreconciled_optimizer)
        ]
    sys.stdout.write(json.dumps(errors))
