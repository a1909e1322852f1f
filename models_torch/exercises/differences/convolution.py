"""Convolution, pooling, resizing."""

import torch.nn.functional as F
from torch import nn

from models_torch.exercises.differences.parts import Arrays, give, load, take
from models_torch.techniques.pooling import make_pool


def strided_same_padding(arrays: Arrays, form: str) -> Arrays:
    images, weight = take(arrays, "images", "conv.weight")
    layer = load(nn.Conv2d(4, 5, 3, stride=2, padding=1, bias=False), {"weight": weight.numpy()})
    return give("`padding=1`: one on each side", output=layer(images))


def pool_size(arrays: Arrays, form: str) -> Arrays:
    (images,) = take(arrays, "images")
    layer = nn.MaxPool2d() if form == "default" else make_pool("max", 2, 2)
    return give(f"{layer.kernel_size}", output=layer(images))


def average_pool_padding(arrays: Arrays, form: str) -> Arrays:
    (images,) = take(arrays, "odd_images")
    counts = {} if form == "default" else {"count_include_pad": False}
    return give("counts the padding", output=nn.AvgPool2d(3, stride=2, padding=1, **counts)(images))


def average_pool_side(arrays: Arrays, form: str) -> Arrays:
    (images,) = take(arrays, "images")
    pool = nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)
    if form == "reconciled":
        pool = make_pool("average", 3, 2, padding=1)
    return give("`padding=1`: one on each side", output=pool(images))


def max_pool_padding(arrays: Arrays, form: str) -> Arrays:
    (images,) = take(arrays, "images")
    pool = nn.MaxPool2d(3, stride=2, padding=1) if form == "default" else make_pool("max", 3, 2, padding=1)
    return give("`padding=1`: one on each side", output=pool(images))


def transposed_padding(arrays: Arrays, form: str) -> Arrays:
    (images,) = take(arrays, "images")
    size, further = (3, 1) if form == "default" else (4, 0)
    layer = nn.ConvTranspose2d(4, 5, size, stride=2, padding=1, output_padding=further, bias=False)
    layer = load(layer, {"weight": arrays["deconv.weight"][..., :size, :size]})
    return give("`padding=1, output_padding=1`: cut at the beginning", output=layer(images))


def flatten_order(arrays: Arrays, form: str) -> Arrays:
    images, weight = take(arrays, "images", "flat.weight")
    return give("channel, row, column", output=images.flatten(1) @ weight.T)


def dense_axes(arrays: Arrays, form: str) -> Arrays:
    (features,) = take(arrays, "features")
    layer = load(nn.Linear(8, 8, bias=False), {"weight": arrays["attention.out_proj.weight"]})
    return give("out, in", output=layer(features))


def _square(arrays: Arrays) -> Arrays:
    """A kernel as long on every axis, which says nothing of their order."""
    return {"weight": arrays["deconv.weight"][:, :4]}


def kernel_axes(arrays: Arrays, form: str) -> Arrays:
    (images,) = take(arrays, "images")
    layer = load(nn.Conv2d(4, 4, 4, bias=False), _square(arrays))
    return give("out, in, row, column", output=layer(images))


def transposed_kernel_axes(arrays: Arrays, form: str) -> Arrays:
    (images,) = take(arrays, "images")
    layer = load(nn.ConvTranspose2d(4, 4, 4, bias=False), _square(arrays))
    return give("in, out, row, column", output=layer(images))


def channel_axis(arrays: Arrays, form: str) -> Arrays:
    (images,) = take(arrays, "square_images")
    return give("second, behind the batch's", output=nn.AdaptiveAvgPool2d(1)(images).flatten(1))


def nearest_resize(arrays: Arrays, form: str) -> Arrays:
    (images,) = take(arrays, "images")
    mode = "nearest" if form == "default" else "nearest-exact"
    return give("`nearest`: floor of the corner", output=F.interpolate(images, size=(5, 5), mode=mode))


def bicubic_resize(arrays: Arrays, form: str) -> Arrays:
    (images,) = take(arrays, "images")
    output = F.interpolate(images, size=(5, 5), mode="bicubic", antialias=form == "reconciled")
    return give("a = −0.75", output=output)


def bilinear_corners(arrays: Arrays, form: str) -> Arrays:
    (images,) = take(arrays, "images")
    output = F.interpolate(images, size=(5, 5), mode="bilinear", align_corners=form == "default")
    return give("the corners' centres stay where they are", output=output)
