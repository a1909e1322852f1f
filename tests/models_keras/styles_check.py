"""Prints how far the styles of each network are apart in float64, outputs and gradients; see test_styles_keras."""

import json
import sys

import keras
import numpy as np

from harness.contract import Setup
from models_keras.architectures.lenet import LeNet5
from models_keras.architectures.mlp import MLP
from models_keras.arm import KerasArm, backend
from models_keras.teaching import styles

NETWORKS = {
    "mlp": ((20,), MLP, styles.sequential_mlp, styles.functional_mlp, (20, (16, 12), 3)),
    "lenet": ((28, 28, 2), LeNet5, styles.sequential_lenet, styles.functional_lenet, (2, 7)),
}


def results(model, x, y):
    """Return outputs, loss and the gradients by parameter and by input of one batch."""
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    inputs, targets = (keras.ops.convert_to_tensor(part) for part in (x, y))
    loss, gradients, of_inputs = backend.differentiator(model)(inputs, targets)
    return [keras.ops.convert_to_numpy(part) for part in (model(inputs), loss, *gradients, of_inputs)]


if __name__ == "__main__":
    KerasArm(Setup("fp64", 1))
    rng = np.random.default_rng(0)
    apart = {}
    for name, (shape, subclass, sequential, functional, arguments) in NETWORKS.items():
        subclassed = subclass(*arguments)
        x, y = rng.normal(size=(5, *shape)), (np.arange(5) % 3).astype("int32")
        subclassed(x)
        expected = results(subclassed, x, y)
        assert all(part.dtype == "float64" and np.abs(part).max() > 1e-6 for part in expected)
        for make in (sequential, functional):
            model = make(*arguments)
            model.set_weights(subclassed.get_weights())
            found = results(model, x, y)
            assert [part.shape for part in found] == [part.shape for part in expected]
            errors = [float(np.abs(a - b).max()) for a, b in zip(found, expected, strict=True)]
            apart[f"{name} {make.__name__}"] = max(errors)
    sys.stdout.write(json.dumps(apart))
