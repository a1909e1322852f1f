"""Convolution, pooling, resizing."""

import keras
import numpy as np
from keras import layers, ops

from models_keras.exercises.differences.parts import Arrays, channels_first, channels_last, give, load
from models_keras.techniques.pooling import make_pool


def strided_same_padding(arrays: Arrays, form: str) -> Arrays:
    images, tensors = channels_last(arrays["images"]), {"weight": arrays["conv.weight"]}
    if form == "default":
        layer = load(layers.Conv2D(5, 3, strides=2, padding="same", use_bias=False), images, tensors)
    else:
        images = layers.ZeroPadding2D(1)(images)
        layer = load(layers.Conv2D(5, 3, strides=2, use_bias=False), images, tensors)
    return give('`padding="same"`: at the end only, where the size is even', output=channels_first(layer(images)))


def pool_size(arrays: Arrays, form: str) -> Arrays:
    layer = layers.MaxPooling2D() if form == "default" else make_pool("max", 2, 2)
    rows, columns = layer.pool_size
    return give(f"{rows}×{columns}", output=channels_first(layer(channels_last(arrays["images"]))))


def average_pool_padding(arrays: Arrays, form: str) -> Arrays:
    output = layers.AveragePooling2D(3, strides=2, padding="same")(channels_last(arrays["odd_images"]))
    return give("leaves it out", output=channels_first(output))


def average_pool_side(arrays: Arrays, form: str) -> Arrays:
    pool = layers.AveragePooling2D(3, strides=2, padding="same")
    if form == "reconciled":
        pool = make_pool("average", 3, 2, padding=1)
    return give(
        '`padding="same"`: at the end only, where the size is even',
        output=channels_first(pool(channels_last(arrays["images"]))),
    )


def max_pool_padding(arrays: Arrays, form: str) -> Arrays:
    pool = layers.MaxPooling2D(3, strides=2, padding="same")
    if form == "reconciled":
        pool = make_pool("max", 3, 2, padding=1)
    return give(
        '`padding="same"`: at the end only, where the size is even',
        output=channels_first(pool(channels_last(arrays["images"]))),
    )


def transposed_padding(arrays: Arrays, form: str) -> Arrays:
    images, size = channels_last(arrays["images"]), 3 if form == "default" else 4
    layer = layers.Conv2DTranspose(5, size, strides=2, padding="same", use_bias=False)
    layer = load(layer, images, {"weight": arrays["deconv.weight"][..., :size, :size]})
    return give('`padding="same"`: cut at the end', output=channels_first(layer(images)))


def flatten_order(arrays: Arrays, form: str) -> Arrays:
    images, weight = channels_last(arrays["images"]), arrays["flat.weight"]
    flat = layers.Flatten()(images)
    shape = images.shape[1:] if form == "reconciled" else None
    layer = load(layers.Dense(len(weight), use_bias=False), flat, {"weight": weight}, shape)
    return give("row, column, channel", output=layer(flat))


def _kernel(layer: keras.Layer, x: np.ndarray, weight: np.ndarray, form: str) -> keras.Layer:
    """Give a layer a kernel: by the bridge, or by default as it is."""
    load(layer, x, {"weight": weight})
    if form == "default":
        layer.set_weights([weight])
    return layer


def dense_axes(arrays: Arrays, form: str) -> Arrays:
    features = arrays["features"]
    layer = _kernel(layers.Dense(8, use_bias=False), features, arrays["attention.out_proj.weight"], form)
    return give("in, out", output=layer(features))


def kernel_axes(arrays: Arrays, form: str) -> Arrays:
    images = channels_last(arrays["images"])
    layer = _kernel(layers.Conv2D(4, 4, use_bias=False), images, arrays["deconv.weight"][:, :4], form)
    return give("row, column, in, out", output=channels_first(layer(images)))


def transposed_kernel_axes(arrays: Arrays, form: str) -> Arrays:
    images = channels_last(arrays["images"])
    layer = _kernel(layers.Conv2DTranspose(4, 4, use_bias=False), images, arrays["deconv.weight"][:, :4], form)
    return give("row, column, out, in", output=channels_first(layer(images)))


def channel_axis(arrays: Arrays, form: str) -> Arrays:
    images = arrays["square_images"] if form == "default" else channels_last(arrays["square_images"])
    return give("last", output=layers.GlobalAveragePooling2D()(images))


def nearest_resize(arrays: Arrays, form: str) -> Arrays:
    output = ops.image.resize(channels_last(arrays["images"]), (5, 5), interpolation="nearest")
    return give("the pixel's centre", output=channels_first(output))


def bicubic_resize(arrays: Arrays, form: str) -> Arrays:
    antialias = form == "reconciled"
    output = ops.image.resize(channels_last(arrays["images"]), (5, 5), interpolation="bicubic", antialias=antialias)
    return give("a = −0.5", output=channels_first(output))


def bilinear_corners(arrays: Arrays, form: str) -> Arrays:
    output = ops.image.resize(channels_last(arrays["images"]), (5, 5), interpolation="bilinear")
    return give("the corners' edges do, and nothing else is offered", output=channels_first(output))
