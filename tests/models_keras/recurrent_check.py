"""Recurrent architectures beside their PyTorch halves, in float64, on the backend that ``KERAS_BACKEND`` names.

Prints one JSON object: ``pairs``, case -> names alike, number of parameters, largest difference of the outputs with the
same random tensors; ``refused``, case -> what each half says to an input that does not fit (null if it takes it).
"""

import json
import sys

import keras
import numpy as np
import torch
from keras.src.backend.common import dtypes

from models_keras.architectures import recurrent
from models_keras.bridge import Bridge
from models_torch.architectures import recurrent as torch_recurrent

keras.config.set_floatx("float64")
dtypes.BIT64_TO_BIT32_DTYPE.pop("float64", None)
torch.set_default_dtype(torch.float64)
if keras.config.backend() == "jax":
    import jax

    jax.config.update("jax_enable_x64", True)

SEQUENCES, TOKENS = (3, 11, 2), (3, 9)
CASES = {
    f"{kind}, {layers} layers{', bidirectional' if both else ''}": (
        "RecurrentClassifier",
        {"kind": kind, "input_size": 2, "hidden_size": 5, "num_layers": layers, "bidirectional": both},
        SEQUENCES,
    )
    for kind in ("rnn", "lstm", "gru")
    for layers, both in ((1, False), (3, False), (2, True))
} | {
    "BiGRU": ("BiGRU", {"input_size": 2, "length": 11}, SEQUENCES),
    "language model": ("RecurrentLM", {"vocabulary": 13, "width": 4, "hidden": 5, "layers": 2}, TOKENS),
}
BAD = {
    "rank": np.zeros((3, 40)),
    "features": np.zeros((3, 40, 2)),
    "length": np.zeros((3, 39, 1)),
    "no steps": np.zeros((3, 0, 1)),
    "type": np.zeros((3, 40, 1), np.int64),
}


def compare(name, arguments, shape):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 13, shape) if shape == TOKENS else rng.normal(size=shape)
    ours, theirs = (getattr(half, name)(**arguments) for half in (recurrent, torch_recurrent))
    ours(keras.ops.convert_to_tensor(x))
    bridge = Bridge(ours)
    tensors = {tensor: rng.normal(size=spec.shape) for tensor, spec in bridge.describe().items()}
    bridge.load(tensors)
    theirs.load_state_dict({tensor: torch.from_numpy(array) for tensor, array in tensors.items()}, strict=False)
    with torch.no_grad():
        expected = theirs.eval()(torch.from_numpy(x)).numpy()
    found = keras.ops.convert_to_numpy(ours(keras.ops.convert_to_tensor(x)))
    return {
        "names": list(tensors) == list(theirs.state_dict()),
        "parameters": [ours.count_params(), sum(parameter.numel() for parameter in theirs.parameters())],
        "error": float(np.max(np.abs(found - expected))) if found.shape == expected.shape else None,
    }


def refusal(model, x):
    try:
        model(x)
    except ValueError as error:
        return str(error)
    return None


def refusals(name):
    """Yield what each half says to each bad input, after one that fits."""
    good = np.zeros((3, 40, 1))
    ours, theirs = (getattr(half, name)() for half in (recurrent, torch_recurrent))
    ours(keras.ops.convert_to_tensor(good))
    for case, x in BAD.items():
        yield f"{name}: {case}", [refusal(ours, keras.ops.convert_to_tensor(x)), refusal(theirs, torch.from_numpy(x))]


if __name__ == "__main__":
    pairs = {case: compare(*given) for case, given in CASES.items()}
    refused = dict(pair for name in ("BiGRU", "RecurrentClassifier") for pair in refusals(name))
    sys.stdout.write(json.dumps({"pairs": pairs, "refused": refused}))
