"""What is the same in Keras, where one might look for a difference."""

import inspect

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim import lr_scheduler

from models_torch.exercises.differences.parts import Arrays, load, take


def lstm_gates(arrays: Arrays) -> Arrays:
    (sequence,) = take(arrays, "sequence")
    tensors = {name: arrays[f"lstm.{name}"] for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0")}
    return {"output": load(nn.LSTM(8, 6, batch_first=True), tensors)(sequence)[0].detach().numpy()}


def same_padding(arrays: Arrays) -> Arrays:
    images, weight = take(arrays, "images", "deconv.weight")
    return {"output": F.conv2d(images, weight.movedim(1, 0), padding="same").numpy()}


def enlarging(arrays: Arrays) -> Arrays:
    (images,) = take(arrays, "images")
    return {mode: nn.Upsample(scale_factor=2, mode=mode)(images).numpy() for mode in ("nearest", "bilinear")}


CURVES = {
    "elu": F.elu,
    "selu": F.selu,
    "silu": F.silu,
    "softplus": F.softplus,
    "mish": F.mish,
    "relu6": F.relu6,
    "softsign": F.softsign,
    "hard_sigmoid": F.hardsigmoid,
    "hard_silu": F.hardswish,
}
"""By Keras' names."""


def curves(arrays: Arrays) -> Arrays:
    (features,) = take(arrays, "features")
    return {name: curve(4 * features).numpy() for name, curve in CURVES.items()}


def errors(arrays: Arrays) -> Arrays:
    outputs, targets = take(arrays, "logits", "targets")
    return {"mse": F.mse_loss(outputs, targets).numpy(), "huber": F.huber_loss(outputs, targets).numpy()}


def label_smoothing(arrays: Arrays) -> Arrays:
    logits, labels = take(arrays, "logits", "labels")
    return {"loss": F.cross_entropy(logits, labels, label_smoothing=0.1).numpy()}


def plateau_numbers(arrays: Arrays) -> Arrays:
    defaults = inspect.signature(lr_scheduler.ReduceLROnPlateau).parameters
    names = "factor", "patience", "threshold", "cooldown"
    return {"numbers": torch.tensor([defaults[name].default for name in names]).numpy()}
