"""Normalisation."""

from keras import layers, ops

from models_keras.exercises.differences.parts import Arrays, channels_first, channels_last, give
from models_keras.techniques.normalization import UnbiasedBatchNormalization

EPSILON = 1e-5
"""What PyTorch's norms add to a variance, and every norm of a pair."""


def _epsilon(form: str, epsilon: float = EPSILON) -> dict[str, float]:
    return {} if form == "default" else {"epsilon": epsilon}


def batch_norm_epsilon(arrays: Arrays, form: str) -> Arrays:
    layer = layers.BatchNormalization(**_epsilon(form))
    return give(
        f"{layer.epsilon:g}", output=channels_first(layer(channels_last(0.02 * arrays["images"]), training=True))
    )


def batch_norm_momentum(arrays: Arrays, form: str) -> Arrays:
    layer = layers.BatchNormalization(**({} if form == "default" else {"momentum": 0.9}))
    layer(channels_last(arrays["images"] + 3), training=True)
    return give(f"{layer.momentum:g} of the old value", mean=layer.moving_mean)


def batch_norm_variance(arrays: Arrays, form: str) -> Arrays:
    layer = layers.BatchNormalization(momentum=0.9) if form == "default" else UnbiasedBatchNormalization()
    layer(arrays["features"][:4], training=True)
    return give("moving variance ÷ n", moved=layer.moving_variance - 0.9)


def batch_norm_mode(arrays: Arrays, form: str) -> Arrays:
    said = {} if form == "default" else {"training": True}
    layer = layers.BatchNormalization(epsilon=EPSILON)
    return give(
        "infers, unless told `training=True`", output=channels_first(layer(channels_last(arrays["images"] + 3), **said))
    )


def batch_norm_of_one(arrays: Arrays, form: str) -> Arrays:
    layer = layers.BatchNormalization() if form == "default" else UnbiasedBatchNormalization()
    return give("gives β", output=layer(arrays["features"][:1], training=True))


def frozen_batch_norm(arrays: Arrays, form: str) -> Arrays:
    layer = layers.BatchNormalization(momentum=0.9)
    layer.trainable = False
    layer(channels_last(arrays["images"] + 3), training=True)
    return give("`trainable=False`: infers, and stays", mean=layer.moving_mean)


def layer_norm_epsilon(arrays: Arrays, form: str) -> Arrays:
    layer = layers.LayerNormalization(**_epsilon(form))
    return give(f"{layer.epsilon:g}", output=layer(0.02 * arrays["sequence"]))


def group_norm_epsilon(arrays: Arrays, form: str) -> Arrays:
    layer = layers.GroupNormalization(2, **_epsilon(form))
    return give(f"{layer.epsilon:g}", output=channels_first(layer(channels_last(0.02 * arrays["images"]))))


def group_norm_groups(arrays: Arrays, form: str) -> Arrays:
    images = channels_last(arrays["images"].reshape(6, 64, 2, 2))
    groups = {} if form == "default" else {"groups": 8}
    layer = layers.GroupNormalization(**groups, **_epsilon(form))
    return give(f"{layer.groups} groups", output=channels_first(layer(images)))


def rms_norm_epsilon(arrays: Arrays, form: str) -> Arrays:
    layer = layers.RMSNormalization(**_epsilon(form, 1e-6))
    return give(f"{layer.epsilon:g}", output=layer(0.001 * arrays["sequence"]))


def standard_deviation(arrays: Arrays, form: str) -> Arrays:
    return give("`ops.std`: ÷ n", output=ops.std(arrays["features"], axis=0))
