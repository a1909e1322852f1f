"""One network, three ways to write it in Keras: Sequential and Functional here, subclassed in ``architectures/``.

Read beside ``models_torch/teaching/styles.py``. A chain of layers is a ``keras.Sequential``. The Functional form calls
layers on symbolic inputs and keeps the graph that this makes: it may branch and join, and Keras knows every shape, can
draw it and save it whole, before any data comes. What such a graph cannot say is a subclass of ``keras.Model``, whose
``call`` may do anything.
"""

from collections.abc import Sequence

import keras
from keras import layers


def sequential_mlp(in_features: int, hidden: Sequence[int], out_features: int) -> keras.Sequential:
    """Return ``architectures.mlp.MLP`` with ReLU as a chain. Input (N, in_features); output (N, out_features): logits.

    Without ``keras.Input`` the layers would get their weights from the first batch.
    """
    model = keras.Sequential([keras.Input((in_features,))])
    for width in hidden:
        model.add(layers.Dense(width, activation="relu"))
    model.add(layers.Dense(out_features))
    return model


def functional_mlp(in_features: int, hidden: Sequence[int], out_features: int) -> keras.Model:
    """Return the same network as a graph."""
    x = inputs = keras.Input((in_features,))
    for width in hidden:
        x = layers.Dense(width, activation="relu")(x)
    return keras.Model(inputs, layers.Dense(out_features)(x))


def sequential_lenet(in_channels: int = 1, num_classes: int = 10) -> keras.Sequential:
    """Return ``architectures.lenet.LeNet5`` as a chain.

    Input (N, 28, 28, in_channels); output (N, num_classes): logits.
    """
    return keras.Sequential(
        [
            keras.Input((28, 28, in_channels)),
            layers.Conv2D(6, kernel_size=5, padding="same", activation="relu"),
            layers.MaxPooling2D(2),  # (N, 14, 14, 6)
            layers.Conv2D(16, kernel_size=5, activation="relu"),
            layers.MaxPooling2D(2),  # (N, 5, 5, 16)
            layers.Flatten(),
            layers.Dense(120, activation="relu"),
            layers.Dense(84, activation="relu"),
            layers.Dense(num_classes),
        ]
    )


def functional_lenet(in_channels: int = 1, num_classes: int = 10) -> keras.Model:
    """Return the same network as a graph."""
    inputs = keras.Input((28, 28, in_channels))
    x = layers.Conv2D(6, kernel_size=5, padding="same", activation="relu")(inputs)
    x = layers.MaxPooling2D(2)(x)  # (N, 14, 14, 6)
    x = layers.Conv2D(16, kernel_size=5, activation="relu")(x)
    x = layers.MaxPooling2D(2)(x)  # (N, 5, 5, 16)
    x = layers.Flatten()(x)
    x = layers.Dense(120, activation="relu")(x)
    x = layers.Dense(84, activation="relu")(x)
    return keras.Model(inputs, layers.Dense(num_classes)(x))
