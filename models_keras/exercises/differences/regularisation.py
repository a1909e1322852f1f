"""Dropout and augmentation."""

import functools

import keras
import numpy as np
from keras import KerasTensor, layers, ops

from models_keras.arm import backend
from models_keras.exercises.differences.parts import Arrays, channels_first, channels_last, give
from models_keras.techniques import augmentation
from models_keras.techniques.recomputation import recomputed


def dropout_mode(arrays: Arrays, form: str) -> Arrays:
    said = {} if form == "default" else {"training": False}
    return give("infers, unless told `training=True`", output=layers.Dropout(0.5)(arrays["features"], **said))


def dropout_rate(arrays: Arrays, form: str) -> Arrays:
    layer = layers.Dropout() if form == "default" else layers.Dropout(0.5)
    return give(f"{layer.rate:g}", output=layer(arrays["features"], training=False))


class Recomputing(keras.Model):
    """Dropout of a half, computed once more for the gradient."""

    def __init__(self, form: str):
        super().__init__()
        self.layer, self.form = layers.Dropout(0.5, seed=0), form

    def call(self, x: KerasTensor, training: bool | None = None) -> KerasTensor:
        """Leave out the other half."""
        if self.form == "default":
            return keras.remat(functools.partial(self.layer, training=training))(x)
        return recomputed(self.layer, x, training=training)


def recomputed_dropout(arrays: Arrays, form: str) -> Arrays:
    model, x = Recomputing(form), ops.convert_to_tensor(arrays["features"])
    model.compile(loss=lambda _, output: ops.sum(ops.square(output)))
    loss, _, gradient = backend.differentiator(model)(x, x)
    return give("`keras.remat`: by another mask", slope=ops.sum(gradient * x) / loss)


def filling(arrays: Arrays, form: str) -> Arrays:
    images, down = ops.convert_to_tensor(channels_last(arrays["images"])), 2
    if form == "reconciled":
        output = augmentation.shift(images, ops.convert_to_tensor([[down, 0]] * len(images)))
    else:
        output = layers.RandomTranslation((down / 8, down / 8), 0.0)(images, training=True)
    return give("`RandomTranslation`: a reflection", output=channels_first(output))


def flipping(arrays: Arrays, form: str) -> Arrays:
    keras.utils.set_random_seed(0)
    rows = np.broadcast_to(np.arange(8.0)[:, np.newaxis, np.newaxis], (64, 8, 8, 4))
    if form == "reconciled":
        output = augmentation.flip(ops.convert_to_tensor(rows), ops.convert_to_tensor(np.arange(64) % 2 == 0))
    else:
        output = layers.RandomFlip()(rows, training=True)
    return give("`RandomFlip`: upside down too", upright=np.mean(ops.convert_to_numpy(output)[:, 0, 0, 0] == 0))


def rotation_unit(arrays: Arrays, form: str) -> Arrays:
    images = ops.convert_to_tensor(channels_last(arrays["images"]))
    if form == "reconciled":
        output = augmentation.rotation(images, ops.convert_to_tensor(np.full(len(images), 0.1)))
    else:
        keras.config.set_floatx("float32")  # in float64 the layer fails on TensorFlow
        try:
            output = layers.RandomRotation((0.1, 0.1), fill_mode="constant")(images, training=True)
        finally:
            keras.config.set_floatx("float64")
    return give("`RandomRotation`: turns", output=channels_first(output))
