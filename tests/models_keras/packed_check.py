"""What opening a workload says whose optimizer treats each tensor whole, by name; None if it opens."""

import dataclasses
import json
import sys

from harness.contract import Architecture, Clipping, Optimizer, Setup, Transfer
from harness.registry import find_workload
from models_keras.arm import KerasArm

TENSORS = Optimizer("sgd", 0.1, clipping=Clipping("norm", 1.0))
ADAPTIVE = Optimizer("sgd", 0.1, clipping=Clipping("adaptive", 1.0))
TOGETHER = Optimizer("sgd", 0.1, clipping=Clipping("global_norm", 1.0))
MUON = Optimizer("muon", 0.1, momentum=0.9)
ATTENTION = dataclasses.replace(
    find_workload("vit_mnist5k"), architecture=Architecture("vit", "ViT", {"image_size": 14, "width": 8, "depth": 1})
)


def recurrent(kind):
    """Return a small recurrent network."""
    arguments = {"kind": kind, "input_size": 1, "hidden_size": 4, "num_classes": 10}
    architecture = Architecture("recurrent", "RecurrentClassifier", arguments)
    return dataclasses.replace(find_workload("rnn_mnist1d"), architecture=architecture)


GRU, LSTM = recurrent("gru"), recurrent("lstm")
CASES = {
    "GRU, each tensor clipped": (GRU, TENSORS),
    "GRU, Muon": (GRU, MUON),
    "GRU, all clipped together": (GRU, TOGETHER),
    "LSTM, each tensor clipped": (LSTM, TENSORS),
    "LSTM, Muon": (LSTM, MUON),
    "attention, each tensor clipped": (ATTENTION, ADAPTIVE),
    "attention, Muon": (ATTENTION, MUON),
    "attention, all clipped together": (ATTENTION, TOGETHER),
    "attention that is frozen, Muon": (dataclasses.replace(ATTENTION, transfer=Transfer("", frozen=("blocks",))), MUON),
    "attention, clipped as Keras does": (dataclasses.replace(ATTENTION, track="stock"), TENSORS),
}


def said(arm, workload, optimizer):
    """Return the error of opening it."""
    shape = (1, 14, 14) if workload.form == "image" else (40, 1)
    try:
        arm.open(dataclasses.replace(workload, optimizer=optimizer), shape, 10)
    except ValueError as error:
        return str(error)
    return None


if __name__ == "__main__":
    arm = KerasArm(Setup("fp32", 1))
    json.dump({name: said(arm, *case) for name, case in CASES.items()}, sys.stdout)
