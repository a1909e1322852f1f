"""Language models in Keras and in PyTorch with the same tensors, on the backend that ``KERAS_BACKEND`` names.

Prints one JSON object: ``written``, way of choosing -> the ids that each half wrote; ``traces``: how often Keras went
through the GPT in Python meanwhile; ``parameters`` of both halves of the GPT; ``inputs`` and ``calls``: what each half
says to what it cannot take (null if it takes it).
"""

import json
import sys

import keras
import numpy as np
import torch

from models_keras.architectures.gpt import GPT
from models_keras.architectures.recurrent import RecurrentLM
from models_keras.bridge import Bridge
from models_keras.techniques.generation import generate
from models_torch.architectures import gpt as torch_gpt
from models_torch.architectures import recurrent as torch_recurrent
from models_torch.techniques import generation as torch_generation

SIZE = {"vocabulary": 11, "length": 8, "width": 12, "depth": 2, "heads": 3}
PROMPTS = np.random.default_rng(1).integers(0, 11, (4, 3), np.int32)
WAYS = {
    "greedy": {},
    "sampled": {"temperature": 1.0, "seed": 3},
    "another seed": {"temperature": 1.0, "seed": 4},
    "cold": {"temperature": 0.3, "seed": 3},
    "of three": {"temperature": 2.0, "top_k": 3, "seed": 3},
    "of one": {"temperature": 2.0, "top_k": 1, "seed": 3},
}
BAD_INPUT = {
    "too long": np.zeros((2, 9), np.int32),
    "id too high": np.full((2, 3), 11, np.int32),
    "id below 0": np.full((2, 3), -1, np.int32),
    "fractions": np.zeros((2, 3), np.float32),
    "no batch": np.zeros(3, np.int32),
}
BAD_CALLS = {
    "empty prompt": (PROMPTS[:, :0], {}),
    "prompt without batch": (PROMPTS[0], {}),
    "negative count": (PROMPTS, {"count": -1}),
    "no window": (PROMPTS, {"window": 0}),
    "negative temperature": (PROMPTS, {"temperature": -1.0}),
    "top_k of 0": (PROMPTS, {"temperature": 1.0, "top_k": 0}),
    "top_k above the vocabulary": (PROMPTS, {"temperature": 1.0, "top_k": 12}),
}


class Counted(GPT):
    """Counts how often Python goes through the model: at every call if eager, at every trace if compiled."""

    calls = 0

    def call(self, ids, training=None):
        self.calls += 1
        return super().call(ids, training=training)


def alike(ours, theirs):
    """Fill both halves with the same tensors."""
    ours(keras.Input((8,), dtype="int32"))
    bridge = Bridge(ours)
    generator = np.random.default_rng(0)
    tensors = {
        name: generator.normal(0, 0.7, spec.shape).astype(np.float32) for name, spec in bridge.describe().items()
    }
    theirs.load_state_dict({name: torch.from_numpy(tensor) for name, tensor in tensors.items()})
    bridge.load(tensors)
    return ours, theirs


def error_of(call):
    try:
        call()
    except ValueError as error:
        return str(error)
    return None


if __name__ == "__main__":
    ours, theirs = alike(Counted(**SIZE), torch_gpt.GPT(**SIZE))
    lstms = alike(RecurrentLM(11, 6, 12), torch_recurrent.RecurrentLM(11, 6, 12))
    window = {"count": 14, "window": 8}
    ours.predict_on_batch(np.zeros((4, 8), np.int32))
    before = ours.calls
    written = {
        way: [
            generate(ours, PROMPTS, **window, **options).tolist(),
            torch_generation.generate(theirs, torch.from_numpy(PROMPTS), **window, **options).tolist(),
        ]
        for way, options in WAYS.items()
    }
    traces = ours.calls - before
    written["greedy, by an LSTM"] = [
        generate(lstms[0], PROMPTS, **window).tolist(),
        torch_generation.generate(lstms[1], torch.from_numpy(PROMPTS), **window).tolist(),
    ]
    parameters = [ours.count_params(), sum(tensor.numel() for tensor in theirs.parameters())]
    inputs = {
        f"{name}, {type(theirs).__name__}": [
            error_of(lambda half=ours, ids=ids: half(keras.ops.convert_to_tensor(ids))),
            error_of(lambda half=theirs, ids=ids: half(torch.from_numpy(ids))),
        ]
        for ours, theirs in ((ours, theirs), lstms)
        for name, ids in BAD_INPUT.items()
    }
    calls = {
        name: [
            error_of(lambda p=prompt, o=options: generate(ours, p, **window | o)),
            error_of(lambda p=prompt, o=options: torch_generation.generate(theirs, torch.from_numpy(p), **window | o)),
        ]
        for name, (prompt, options) in BAD_CALLS.items()
    }
    told = {"written": written, "traces": traces, "parameters": parameters, "inputs": inputs, "calls": calls}
    sys.stdout.write(json.dumps(told))
