"""Every layer type of the bridge beside its PyTorch counterpart, on the backend that ``KERAS_BACKEND`` names.

Prints one JSON object: ``cases``, case -> {"round_trip": whether load and dump are inverse to the bit, "error": largest
difference of the outputs in float64 with the same random tensors, "names": whether the canonical names are PyTorch's};
``untried``, the layer types of the bridge that no case has; ``refused``, case -> what the bridge says to it.
"""

import json
import sys

import keras
import numpy as np
import torch
from keras import layers
from keras.src.backend.common import dtypes
from torch import nn

from models_keras import bridge as bridges
from models_keras.bridge import Bridge
from models_keras.techniques import custom, embeddings
from models_keras.techniques.attention import ExactAttention
from models_keras.techniques.normalization import UnbiasedBatchNormalization
from models_keras.techniques.recurrent import Stack
from models_torch.techniques import custom as torch_custom
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
    "depthwise 1-D": (layers.DepthwiseConv1D(3, padding="same"), nn.Conv1d(4, 4, 3, padding=1, groups=4), SIGNAL),
    "conv2d without bias": (layers.Conv2D(5, 3, use_bias=False), nn.Conv2d(4, 5, 3, bias=False), IMAGE),
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
    "LSTM without bias": (
        layers.LSTM(7, return_sequences=True, use_bias=False),
        nn.LSTM(6, 7, batch_first=True, bias=False),
        SEQUENCE,
    ),
    "GRU without bias": (
        layers.GRU(7, return_sequences=True, use_bias=False),
        nn.GRU(6, 7, batch_first=True, bias=False),
        SEQUENCE,
    ),
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
    "centred": (custom.Centred(), torch_custom.Centred(6), FEATURES),
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
        "changed": list(changed_too(bridge, dumped)),
        "round_trip": all(np.array_equal(dumped[name], tensors[name]) for name in dumped),
        "names": sorted(tensors) == sorted(own),
        "error": float(np.max(np.abs(found - expected))) if found.shape == expected.shape else None,
    }


def changed_too(bridge, tensors):
    """Change one tensor after the other, and yield what then is not what it should be."""
    expected = dict(tensors)
    for name, tensor in tensors.items():
        expected[name] = tensor + 1.0
        bridge.change({name: expected[name]})
        held = bridge.dump()
        yield from (other for other in expected if not np.array_equal(held[other], expected[other]))


class Twice(keras.Model):
    """One layer under two names, and another whose type the bridge lacks if there is one."""

    def __init__(self, layer, other=None):
        super().__init__()
        self.one = layer
        self.other = other or layer

    def call(self, x):
        return self.other(self.one(x))


def flat(**maps):
    model = Ours(layers.Dense(4))
    for attribute, shapes in maps.items():
        setattr(model, attribute, shapes)
    return model


def wide():
    """Attention that is built and not called, which Keras on JAX cannot with such values."""
    layer = layers.MultiHeadAttention(2, 3, value_dim=4)
    layer.build(SEQUENCE, SEQUENCE)
    return Ours(layer)


REFUSED = {
    "a type that is not in the table": (Twice(layers.Dense(4), layers.PReLU()), FEATURES),
    "one layer under two names": (Twice(layers.Dense(6)), FEATURES),
    "a map for no dense layer": (flat(flattened={"fc": (2, 3)}), FEATURES),
    "a map of another size": (flat(flattened={"layer": (2, 4)}), FEATURES),
    "another GRU": (Ours(layers.GRU(4, reset_after=False)), SEQUENCE),
    "values of another size": (wide(), None),
}
MISFITS = {
    "a tensor too few": {"layer.weight": (4, 6)},
    "a tensor too many": {"layer.weight": (4, 6), "layer.bias": (4,), "layer.scale": (4,)},
    "a tensor of another shape": {"layer.weight": (6, 4), "layer.bias": (4,)},
}


def refusals():
    """Yield what the bridge says to models and tensors that it cannot carry, and whether a misfit changed anything."""
    for case, (model, shape) in REFUSED.items():
        if shape:
            model(keras.ops.ones(shape))
        try:
            Bridge(model)
        except ValueError as error:
            yield case, str(error)
    model = Ours(layers.Dense(4))
    model(keras.ops.ones(FEATURES))
    bridge = Bridge(model)
    before = bridge.dump()
    for case, shapes in MISFITS.items():
        try:
            bridge.load({name: np.ones(shape) for name, shape in shapes.items()})
        except ValueError as error:
            yield case, str(error)
    yield "nothing was assigned", all(np.array_equal(before[name], now) for name, now in bridge.dump().items())


if __name__ == "__main__":
    known = {kind.__name__ for kind in bridges._TABLE}
    tried = {type(layer) for _, ours, _, _ in models() for layer in ours._flatten_layers()}
    told = {
        "cases": {name: check(ours, theirs, shape) for name, ours, theirs, shape in models()},
        "untried": sorted(known - {kind.__name__ for kind in tried}),
        "refused": dict(refusals()),
    }
    sys.stdout.write(json.dumps(told))
