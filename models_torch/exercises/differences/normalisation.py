"""Normalisation."""

import torch
from torch import nn

from models_torch.exercises.differences.parts import Arrays, give, take


def batch_norm_epsilon(arrays: Arrays, form: str) -> Arrays:
    (images,) = take(arrays, "images")
    layer = nn.BatchNorm2d(4).double()
    return give(f"{layer.eps:g}", output=layer(0.02 * images))


def batch_norm_momentum(arrays: Arrays, form: str) -> Arrays:
    (images,) = take(arrays, "images")
    layer = nn.BatchNorm2d(4).double()
    layer(images + 3)
    return give(f"{layer.momentum:g} of the new batch", mean=layer.running_mean)


def batch_norm_variance(arrays: Arrays, form: str) -> Arrays:
    (features,) = take(arrays, "features")
    layer = nn.BatchNorm1d(8, momentum=0.1).double()
    layer(features[:4])
    return give("running variance ÷ (n − 1)", moved=layer.running_var - 0.9)


def batch_norm_mode(arrays: Arrays, form: str) -> Arrays:
    (images,) = take(arrays, "images")
    return give("trains: born in training", output=nn.BatchNorm2d(4).double()(images + 3))


def batch_norm_of_one(arrays: Arrays, form: str) -> Arrays:
    (features,) = take(arrays, "features")
    return give("takes it", output=nn.BatchNorm1d(8).double()(features[:1]))


def frozen_batch_norm(arrays: Arrays, form: str) -> Arrays:
    (images,) = take(arrays, "images")
    layer = nn.BatchNorm2d(4).double().requires_grad_(False)
    layer.train(form == "default")
    layer(images + 3)
    return give("`requires_grad_(False)`: moves on", mean=layer.running_mean)


def layer_norm_epsilon(arrays: Arrays, form: str) -> Arrays:
    (sequence,) = take(arrays, "sequence")
    layer = nn.LayerNorm(8).double()
    return give(f"{layer.eps:g}", output=layer(0.02 * sequence))


def group_norm_epsilon(arrays: Arrays, form: str) -> Arrays:
    (images,) = take(arrays, "images")
    layer = nn.GroupNorm(2, 4).double()
    return give(f"{layer.eps:g}", output=layer(0.02 * images))


def group_norm_groups(arrays: Arrays, form: str) -> Arrays:
    (images,) = take(arrays, "images")
    groups = {} if form == "default" else {"num_groups": 8}
    layer = nn.GroupNorm(num_channels=64, **groups).double()
    return give(f"{layer.num_groups} groups", output=layer(images.reshape(6, 64, 2, 2)))


def rms_norm_epsilon(arrays: Arrays, form: str) -> Arrays:
    (sequence,) = take(arrays, "sequence")
    layer = nn.RMSNorm(8, eps=None if form == "default" else 1e-6).double()
    return give(f"the type's own: {torch.finfo(torch.float64).eps:.1e} in float64", output=layer(0.001 * sequence))


def standard_deviation(arrays: Arrays, form: str) -> Arrays:
    (features,) = take(arrays, "features")
    correction = {} if form == "default" else {"correction": 0}
    return give("`torch.std`: ÷ (n − 1)", output=torch.std(features, dim=0, **correction))
