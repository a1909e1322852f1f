"""Random numbers, precision and compilation."""

import importlib
from typing import Any

import keras
from keras import layers, ops

from harness.contract import Setup
from models_keras.exercises.differences.parts import Arrays, give
from models_keras.techniques.precision import make_scaled

backend = importlib.import_module(f"models_keras.backends.{keras.config.backend()}")


def seeded_numbers(arrays: Arrays, form: str) -> Arrays:
    keras.utils.set_random_seed(0)
    drawn = keras.random.normal((7,), dtype="float64") if form == "default" else arrays["start"]
    return give("`set_random_seed`: a seed for each draw", drawn=drawn)


def tensor_float_32(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        backend.configure(Setup("fp32", threads=1))
    products = convolutions = backend.settings()["tf32"]  # one flag for both
    return give(f"products {products}, convolutions {convolutions}", allowed=[float(products), float(convolutions)])


def narrow_layers(arrays: Arrays, form: str) -> Arrays:
    features, policy = arrays["features"].astype("float32"), "mixed_bfloat16"
    kinds = layers.LayerNormalization, layers.BatchNormalization, layers.Softmax
    made = layers.Dense(5, dtype=policy), *(kind(dtype=policy) for kind in kinds)
    bits = [8 * ops.convert_to_numpy(layer(features)).itemsize for layer in made]
    return give(f"`{policy}`, by layer: {', '.join(map(str, bits))}", bits=[float(number) for number in bits])


def automatic_loss_scale(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return give("", scale=[make_scaled(keras.optimizers.SGD()).initial_scale])
    model = Counting(dtype="mixed_float16")
    model.compile(keras.optimizers.SGD(), "mse")
    scale = getattr(model.optimizer, "initial_scale", 1.0)
    return give(f"{scale:g}: `compile()` makes the optimizer scale", scale=[scale])


class Counting(keras.Model):
    """Counts the calls of its Python."""

    def __init__(self, **options: Any):
        super().__init__(**options)
        self.layer = layers.Dense(5)
        self.calls = 0

    def call(self, x: Any) -> Any:
        """Apply the layer."""
        self.calls += 1
        return self.layer(x)


def traced_calls(arrays: Arrays, form: str) -> Arrays:
    model = Counting()
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.fit(arrays["features"], arrays["logits"], batch_size=1, verbose=0)
    return give(f"traced into a graph: {model.calls}; `jit_compile` {model.jit_compile}", calls=[float(model.calls)])
