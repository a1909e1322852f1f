"""How float32 is multiplied at each precision, on the backend that ``KERAS_BACKEND`` names: one JSON object."""

import json
import sys

import keras

from harness.contract import Setup
from models_keras.arm import KerasArm


def of_torch():
    import torch

    b = torch.backends
    found = [part.fp32_precision for part in (b, b.cuda.matmul, b.cudnn.conv, b.cudnn.rnn)]
    # As it is at first in PyTorch before 2.13, where what is set for everything does not reach these two.
    b.cudnn.conv.fp32_precision = b.cudnn.rnn.fp32_precision = "tf32"
    return found


def of_tensorflow():
    import tensorflow as tf

    return [tf.config.experimental.tensor_float_32_execution_enabled()]


def of_jax():
    import jax

    return [jax.config.jax_default_matmul_precision]


if __name__ == "__main__":
    found = {"torch": of_torch, "tensorflow": of_tensorflow, "jax": of_jax}[keras.backend.backend()]
    told = {}
    found()
    for precision in ("tf32", "fp32", "bf16", "fp64"):
        KerasArm(Setup(precision, threads=1))
        told[precision] = found()
    sys.stdout.write(json.dumps(told))
