"""Forms of the transformer beside PyTorch's, on the backend that ``KERAS_BACKEND`` names, in float64.

Prints one JSON object: form -> largest difference of the outputs from PyTorch's, the batch padded; bad input -> what
each half says of it.
"""

import json
import re
import sys

import keras
import numpy as np
import torch

from harness.contract import Setup
from models_keras.architectures import transformer as ours
from models_keras.arm import KerasArm
from models_keras.bridge import Bridge
from models_torch.architectures import transformer as theirs

SIZES = {"vocabulary": 50, "length": 16, "width": 24, "depth": 2, "heads": 4, "mlp_width": 40}
FORMS = {
    "encoder, post-norm": ("Encoder", {}),
    "encoder, pre-norm, no segments": ("Encoder", {"norm_first": True, "segments": 0}),
    "BERT's pooler": ("BERT", {}),
    "a head on BERT's pooler": ("BERT", {"num_classes": 3, "norm_first": True}),
    "a head on the mean": ("BERT", {"num_classes": 3, "pooling": "mean"}),
    "another id for padding": ("BERT", {"pooling": "mean", "padding": 7}),
    "sentences": ("SentenceEncoder", {}),
}


def padded(padding):
    """Sequences of 12, 7, 1, 11 and 3 tokens."""
    ids = np.random.default_rng(0).integers(8, 50, (5, 12))
    ids[0, 0] = 49
    for row, length in zip(ids, (12, 7, 1, 11, 3), strict=True):
        row[length:] = padding
    return ids


def difference(name, options):
    ids = padded(options.get("padding", 0))
    half = getattr(ours, name)(**SIZES, **options)
    half(keras.Input((16,), dtype="int32"))
    other = getattr(theirs, name)(**SIZES, **options).double()
    rng = np.random.default_rng(1)
    drawn = {key: 0.3 * rng.normal(size=tensor.shape) for key, tensor in other.state_dict().items()}
    other.load_state_dict({key: torch.from_numpy(tensor) for key, tensor in drawn.items()})
    Bridge(half).load(drawn)
    found = keras.ops.convert_to_numpy(half(keras.ops.convert_to_tensor(ids.astype("int32"))))
    errors = []
    for mode in (True, False):  # PyTorch's evaluation takes another path than its training
        with torch.inference_mode():
            errors.append(float(np.max(np.abs(found - other.train(mode)(torch.from_numpy(ids)).numpy()))))
    return max(errors)


def said(call):
    try:
        call()
    except ValueError as error:
        return re.search(r"ids: [^\x1b\n]*", str(error))[0]  # Keras puts it in bold, among other lines
    return None


BAD = {
    "rank": padded(0)[0],
    "type": padded(0).astype("float64"),
    "length": np.ones((2, 17), dtype="int64"),
    "too large": padded(0) + 1,
    "negative": padded(0) - 1,
}


def refusals(bad):
    half, other = ours.SentenceEncoder(**SIZES), theirs.SentenceEncoder(**SIZES)
    half(keras.Input((12,), dtype="int32"))
    return [said(lambda: half(keras.ops.convert_to_tensor(bad))), said(lambda: other(torch.from_numpy(bad)))]


if __name__ == "__main__":
    KerasArm(Setup("fp64", threads=1))
    forms = {form: difference(*named) for form, named in FORMS.items()}
    sys.stdout.write(json.dumps({"forms": forms, "refusals": {case: refusals(bad) for case, bad in BAD.items()}}))
