"""What both halves of an architecture say of inputs that it cannot take."""

import importlib

import numpy as np
import torch

NETWORKS = {
    "LeNet5": ("lenet", {}, (1, 28, 28)),
    "Conv1DNet": ("lenet", {}, (1, 40)),
    "CIFARVGG": ("vgg", {"width": 8}, (3, 17, 17)),
    "VGG": ("vgg", {"image_size": 32, "width": 8, "hidden": 8}, (3, 32, 32)),
    "CIFARResNet": ("resnet", {"depth": 8}, (3, 4, 4)),
    "ResNet": ("resnet", {"depth": 18}, (3, 32, 32)),
    "MobileNetV2": ("mobilenet", {"width": 0.25, "strides": [1, 1, 1, 2, 2, 1, 2, 1]}, (3, 8, 8)),
    "Autoencoder": ("autoencoder", {"in_features": 12, "hidden": [8], "latent": 2}, (12,)),
    "ConvAutoencoder": ("autoencoder", {"channels": 2, "latent": 2, "size": 8}, (1, 8, 8)),
    "VAE": ("autoencoder", {"in_features": 12, "hidden": 8, "latent": 2}, (12,)),
    "UNet": ("unet", {"width": 2, "depth": 2}, (1, 8, 8)),
    "ViT": ("vit", {"image_size": 14}, (1, 14, 14)),
}
"""Class -> file, arguments, canonical shape of the smallest sample that it takes."""

BATCH = 2


def bad_inputs(shape):
    """Canonical inputs, each wrong in one way."""
    yield "no batch axis", np.zeros(shape, "float32")
    yield "one channel more", np.zeros((BATCH, shape[0] + 1, *shape[1:]), "float32")
    yield "a pixel too short", np.zeros((BATCH, *shape[:-1], shape[-1] - 1), "float32")
    yield "whole numbers", np.zeros((BATCH, *shape), "int32")


def half(package, name):
    file, arguments, _ = NETWORKS[name]
    return getattr(importlib.import_module(f"{package}.architectures.{file}"), name)(**arguments)


def said(call, x):
    try:
        call(x)
    except ValueError as error:
        return str(error)
    return None


def refusals():
    """Return by network, fault and package what the network says: None if it takes the input."""
    told = {}
    for name, (_, _, shape) in NETWORKS.items():
        ours, theirs = half("models_keras", name), half("models_torch", name)
        for fault, x in bad_inputs(shape):
            channel_last = np.moveaxis(x, -len(shape), -1)
            told[f"{name}: {fault}"] = said(ours, channel_last), said(theirs, torch.from_numpy(x))
    return told
