"""One network, two ways to write it in PyTorch: ``nn.Sequential`` here, ``nn.Module`` in ``architectures/``.

Read beside ``models_keras/teaching/styles.py``. A chain of layers needs no class of its own: ``nn.Sequential`` calls
them in order. What branches, joins or calls a layer twice is an ``nn.Module``, whose ``forward`` may do anything.
Keras' Functional form has no counterpart here: PyTorch records what happens when it happens, and keeps no graph before.
"""

from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise

from torch import nn


def sequential_mlp(in_features: int, hidden: Sequence[int], out_features: int) -> nn.Sequential:
    """Return ``architectures.mlp.MLP`` with ReLU as a chain. Input (N, in_features); output (N, out_features): logits.

    Parameters come in the same order as there, under the layers' numbers in the chain.
    """
    layers: list[nn.Module] = []
    for ends in pairwise([in_features, *hidden]):
        layers += [nn.Linear(*ends), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear([in_features, *hidden][-1], out_features))


def sequential_lenet(in_channels: int = 1, num_classes: int = 10) -> nn.Sequential:
    """Return ``architectures.lenet.LeNet5`` as a chain.

    Input (N, in_channels, 28, 28); output (N, num_classes): logits.
    Layers with names give parameters the names that they have there, so that either loads the other's ``state_dict``.
    """
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(in_channels, 6, kernel_size=5, padding=2),
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(2),  # (N, 6, 14, 14)
            conv2=nn.Conv2d(6, 16, kernel_size=5),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(2),  # (N, 16, 5, 5)
            flatten=nn.Flatten(),
            fc1=nn.Linear(16 * 5 * 5, 120),
            relu3=nn.ReLU(),
            fc2=nn.Linear(120, 84),
            relu4=nn.ReLU(),
            fc3=nn.Linear(84, num_classes),
        )
    )
