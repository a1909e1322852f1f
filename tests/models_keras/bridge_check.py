"""Every layer type of the bridge beside its PyTorch counterpart, on the backend that ``KERAS_BACKEND`` names.

Prints one JSON object: case -> {"round_trip": whether load and dump are inverse to the bit, "error": largest
difference of the outputs in float64 with the same random tensors, "names": the canonical names}.
"""

import json
import sys

import keras
import numpy as np
import torch
from keras import layers
from keras.src.backend.common import dtypes
from torch import nn

from models_keras.bridge import Bridge
from models_keras.techniques import embeddings
from models_keras.techniques.attention import ExactAttention
from models_keras.techniques.normalization import UnbiasedBatchNormalization
from models_keras.techniques.recurrent import Stack
from models_torch.techniques import embeddings as torch_embeddings

keras.config.set_floatx("float64")
dtypes.BIT64_TO_BIT32_DTYPE.pop("float64", None)
torch.set_default_dtype(torch.float64)
if keras.config.backend() == "jax":
    import jax

    jax.config.update("jax_enable_x64", True)


class Theirs(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        if isinstance(self.layer, nn.MultiheadAttention):
            return self.layer(x, x, x, need_weights=False)[0]
        output = self.layer(x)
        return output[0] if isinstance(output, tuple) else output


class Ours(keras.Model):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def call(self, x):
        return self.layer(x, x) if isinstance(self.layer, layers.MultiHeadAttention) else self.layer(x)


class Blocks(keras.Model):
    """Nested blocks in a list: the canonical path runs through both."""

    def __init__(self):
        super().__init__()
        self.blocks = [Ours(layers.Dense(4)), Ours(layers.Dense(4))]
        self.head = layers.Dense(2)

    def call(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(x)


class TheirBlocks(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([Theirs(nn.Linear(6, 4)), Theirs(nn.Linear(4, 4))])
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(x)


class Flat(keras.Model):
    """A convolution whose map is flattened into a dense layer."""

    def __init__(self):
        super().__init__()
        self.conv = layers.Conv2D(3, 3)
        self.flatten = layers.Flatten()
        self.fc = layers.Dense(5)
        self.flattened = {"fc": (4, 6, 3)}

    def call(self, x):
        return self.fc(self.flatten(self.conv(x)))


class TheirFlat(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3)
        self.fc = nn.Linear(72, 5)

    def forward(self, x):
        return self.fc(self.conv(x).flatten(1))


class Unflat(keras.Model):
    """A dense layer whose output becomes a map."""

    def __init__(self):
        super().__init__()
        self.fc = layers.Dense(24)
        self.conv = layers.Conv2D(2, 2)
        self.unflattened = {"fc": (2, 4, 3)}

    def call(self, x):
        return self.conv(keras.ops.reshape(self.fc(x), (-1, 2, 4, 3)))


class TheirUnflat(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(6, 24)
        self.conv = nn.Conv2d(3, 2, 2)

    def forward(self, x):
        return self.conv(self.fc(x).unflatten(1, (3, 2, 4)))


class Between(keras.Model):
    """A dense layer from one map to another."""

    def __init__(self):
        super().__init__()
        self.fc = layers.Dense(30)
        self.conv = layers.Conv2D(2, 2)
        self.flattened = {"fc": (6, 8, 2)}
        self.unflattened = {"fc": (2, 5, 3)}

    def call(self, x):
        return self.conv(keras.ops.reshape(self.fc(keras.ops.reshape(x, (-1, 96))), (-1, 2, 5, 3)))


class TheirBetween(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(96, 30)
        self.conv = nn.Conv2d(3, 2, 2)

    def forward(self, x):
        return self.conv(self.fc(x.flatten(1)).unflatten(1, (3, 2, 5)))


IMAGE, SIGNAL, SEQUENCE, FEATURES = (3, 4, 8, 10), (3, 4, 9), (3, 5, 6), (3, 6)
CASES = {
    "dense": (layers.Dense(4), nn.Linear(6, 4), FEATURES),
    "dense without bias": (layers.Dense(4, use_bias=False), nn.Linear(6, 4, bias=False), FEATURES),
    "conv1d": (layers.Conv1D(5, 3), nn.Conv1d(4, 5, 3), SIGNAL),
    "conv2d in groups": (layers.Conv2D(6, (3, 2), groups=2), nn.Conv2d(4, 6, (3, 2), groups=2), IMAGE),
    "depthwise": (
        layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same"),
        nn.Conv2d(4, 8, 3, padding=1, groups=4),
        IMAGE,
    ),
    "transposed conv1d": (
        layers.Conv1DTranspose(5, 4, strides=2, padding="same"),
        nn.ConvTranspose1d(4, 5, 4, stride=2, padding=1),
        SIGNAL,
    ),
    "transposed conv2d": (
        layers.Conv2DTranspose(5, 4, strides=2, padding="same"),
        nn.ConvTranspose2d(4, 5, 4, stride=2, padding=1),
        IMAGE,
    ),
    "batch norm": (layers.BatchNormalization(epsilon=1e-5), nn.BatchNorm2d(4), IMAGE),
    "layer norm": (layers.LayerNormalization(epsilon=1e-5), nn.LayerNorm(6), SEQUENCE),
    "group norm": (layers.GroupNormalization(2, epsilon=1e-5), nn.GroupNorm(2, 4), IMAGE),
    "RMS norm": (layers.RMSNormalization(epsilon=1e-6), nn.RMSNorm(6, eps=1e-6), SEQUENCE),
    "embedding": (layers.Embedding(11, 6), nn.Embedding(11, 6), (3, 5)),
    "simple RNN": (layers.SimpleRNN(7, return_sequences=True), nn.RNN(6, 7, batch_first=True), SEQUENCE),
    "LSTM": (layers.LSTM(7, return_sequences=True), nn.LSTM(6, 7, batch_first=True), SEQUENCE),
    "GRU": (layers.GRU(7, return_sequences=True), nn.GRU(6, 7, batch_first=True), SEQUENCE),
    "bidirectional LSTM": (
        layers.Bidirectional(layers.LSTM(7, return_sequences=True)),
        nn.LSTM(6, 7, batch_first=True, bidirectional=True),
        SEQUENCE,
    ),
    "bidirectional GRU": (
        layers.Bidirectional(layers.GRU(7, return_sequences=True)),
        nn.GRU(6, 7, batch_first=True, bidirectional=True),
        SEQUENCE,
    ),
    "stacked LSTM": (Stack(layers.LSTM, 7, 3), nn.LSTM(6, 7, 3, batch_first=True), SEQUENCE),
    "stacked bidirectional GRU": (
        Stack(layers.GRU, 7, 2, bidirectional=True),
        nn.GRU(6, 7, 2, batch_first=True, bidirectional=True),
        SEQUENCE,
    ),
    "attention": (
        layers.MultiHeadAttention(num_heads=2, key_dim=3),
        nn.MultiheadAttention(6, 2, batch_first=True),
        SEQUENCE,
    ),
    "exact attention": (
        ExactAttention(num_heads=2, key_dim=3),
        nn.MultiheadAttention(6, 2, batch_first=True),
        SEQUENCE,
    ),
    "unbiased batch norm": (UnbiasedBatchNormalization(), nn.BatchNorm2d(4), IMAGE),
    "class token": (embeddings.ClassToken(6), torch_embeddings.ClassToken(6), SEQUENCE),
    "position embedding": (embeddings.PositionEmbedding(5, 6), torch_embeddings.PositionEmbedding(5, 6), SEQUENCE),
}


def models():
    for name, (ours, theirs, shape) in CASES.items():
        yield name, Ours(ours), Theirs(theirs), shape
    yield "nested blocks", Blocks(), TheirBlocks(), FEATURES
    yield "flattened map", Flat(), TheirFlat(), (3, 2, 6, 8)
    yield "unflattened map", Unflat(), TheirUnflat(), FEATURES
    yield "map to map", Between(), TheirBetween(), (3, 2, 6, 8)


def check(ours, theirs, shape):
    rng = np.random.default_rng(0)
    spatial = shape in (IMAGE, SIGNAL, (3, 2, 6, 8))
    x = rng.integers(0, 11, shape) if len(shape) == 2 and shape != FEATURES else rng.normal(size=shape)
    here = np.moveaxis(x, 1, -1) if spatial else x
    ours(keras.ops.convert_to_tensor(here))
    bridge = Bridge(ours)
    tensors = {
        name: rng.uniform(0.5, 1.5, spec.shape) if name.endswith("running_var") else rng.normal(size=spec.shape)
        for name, spec in bridge.describe().items()
    }
    bridge.load(tensors)
    dumped = bridge.dump()
    own = dict(theirs.state_dict())
    for name, tensor in own.items():
        if "bias_hh" in name and name not in tensors:  # Keras has one bias, which is bias_ih
            tensors[name] = np.zeros(tensor.shape)
    own = {name: tensor for name, tensor in own.items() if not name.endswith("num_batches_tracked")}
    theirs.load_state_dict({name: torch.from_numpy(tensors[name]) for name in own}, strict=False)
    with torch.no_grad():
        expected = theirs.eval()(torch.from_numpy(x)).numpy()
    found = keras.ops.convert_to_numpy(ours(keras.ops.convert_to_tensor(here), training=False))
    found = np.moveaxis(found, -1, 1) if found.ndim == 4 or (spatial and found.ndim > 2) else found
    return {
        "round_trip": all(np.array_equal(dumped[name], tensors[name]) for name in dumped),
        "names": sorted(tensors) == sorted(own),
        "error": float(np.max(np.abs(found - expected))) if found.shape == expected.shape else None,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps({name: check(ours, theirs, shape) for name, ours, theirs, shape in models()}))
