"""Dropout and augmentation."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

from models_torch.exercises.differences.parts import Arrays, give, take
from models_torch.techniques import augmentation
from models_torch.techniques.recomputation import recomputed


def dropout_mode(arrays: Arrays, form: str) -> Arrays:
    (features,) = take(arrays, "features")
    torch.manual_seed(0)
    return give("drops: born in training", output=nn.Dropout(0.5).train(form == "default")(features))


def dropout_rate(arrays: Arrays, form: str) -> Arrays:
    (features,) = take(arrays, "features")
    layer = nn.Dropout() if form == "default" else nn.Dropout(0.5)
    return give(f"{layer.p:g}", output=layer.eval()(features))


def recomputed_dropout(arrays: Arrays, form: str) -> Arrays:
    (features,) = take(arrays, "features")
    torch.manual_seed(0)
    x, layer = features.requires_grad_(), nn.Dropout(0.5)
    output = checkpoint(layer, x, use_reentrant=False) if form == "default" else recomputed(layer, x)
    loss = output.square().sum()
    (gradient,) = torch.autograd.grad(loss, x)
    return give("`checkpoint`: by the same mask", slope=(gradient * x).sum() / loss)


def filling(arrays: Arrays, form: str) -> Arrays:
    (images,) = take(arrays, "images")
    down = 2  # of 8 rows, a quarter: a half of what lies between −1 and 1
    if form == "reconciled":
        output = augmentation.shift(images, torch.tensor([[down, 0]]).expand(len(images), 2))
    else:
        map_back = images.new_tensor([[1, 0, 0], [0, 1, -0.5]]).expand(len(images), 2, 3)
        output = F.grid_sample(images, F.affine_grid(map_back, list(images.shape), align_corners=False))
    return give("`grid_sample`: zeros", output=output)


def flipping(arrays: Arrays, form: str) -> Arrays:
    rows = torch.arange(8.0).reshape(1, 1, 8, 1).expand(64, 4, 8, 8)
    output = augmentation.flip(rows, torch.arange(64) % 2 == 0)
    return give("none; the pair's `flip`: left to right", upright=(output[:, 0, 0, 0] == 0).double().mean())


def rotation_unit(arrays: Arrays, form: str) -> Arrays:
    (images,) = take(arrays, "images")
    output = augmentation.rotation(images, torch.full((len(images),), 0.1))
    return give("none; the pair's `rotation`: radians", output=output)
