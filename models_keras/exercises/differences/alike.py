"""What is the same in PyTorch, where one might look for a difference."""

import inspect

import keras
import numpy as np
from keras import layers, ops

from models_keras.exercises.differences.parts import Arrays, channels_first, channels_last, load


def lstm_gates(arrays: Arrays) -> Arrays:
    weights = [arrays[f"lstm.{name}"] for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0")]
    layer = layers.LSTM(6, return_sequences=True)
    layer.build(arrays["sequence"].shape)
    layer.set_weights([weight.T for weight in weights])
    return {"output": ops.convert_to_numpy(layer(arrays["sequence"]))}


def same_padding(arrays: Arrays) -> Arrays:
    images, weight = channels_last(arrays["images"]), np.moveaxis(arrays["deconv.weight"], 1, 0)
    layer = load(layers.Conv2D(5, 4, padding="same", use_bias=False), images, {"weight": weight})
    return {"output": channels_first(layer(images))}


def enlarging(arrays: Arrays) -> Arrays:
    images = channels_last(arrays["images"])
    return {
        mode: channels_first(layers.UpSampling2D(2, interpolation=mode)(images)) for mode in ("nearest", "bilinear")
    }


CURVES = "elu", "selu", "silu", "softplus", "mish", "relu6", "softsign", "hard_sigmoid", "hard_silu"


def curves(arrays: Arrays) -> Arrays:
    return {name: ops.convert_to_numpy(keras.activations.get(name)(4 * arrays["features"])) for name in CURVES}


def errors(arrays: Arrays) -> Arrays:
    kinds = {"mse": keras.losses.MeanSquaredError, "huber": keras.losses.Huber}
    return {name: ops.convert_to_numpy(kind()(arrays["targets"], arrays["logits"])) for name, kind in kinds.items()}


def label_smoothing(arrays: Arrays) -> Arrays:
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    return {"loss": ops.convert_to_numpy(loss(np.eye(5)[arrays["labels"]], arrays["logits"]))}


def plateau_numbers(arrays: Arrays) -> Arrays:
    defaults = inspect.signature(keras.callbacks.ReduceLROnPlateau).parameters
    names = "factor", "patience", "min_delta", "cooldown"
    return {"numbers": np.array([defaults[name].default for name in names])}
