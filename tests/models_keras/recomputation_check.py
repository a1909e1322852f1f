"""A step of the transformer on torch, with activations kept or computed once more: which tensors outlive it.

Prints a JSON object: by variant, MiB of tensors that are there after a gradient beside those from before, its own not
counted; Python looks for no cycles meanwhile.
"""

import gc
import json
import sys

import torch

from harness.registry import find_workload
from models_keras.architectures.transformer import BERT

SAMPLES, WORDS = 64, 48


def alive():
    """Return the bytes of all tensors, each storage once."""
    tensors = [one for one in gc.get_objects() if isinstance(one, torch.Tensor)]
    return sum({one.untyped_storage().data_ptr(): one.untyped_storage().nbytes() for one in tensors}.values())


def left(variant):
    """Return how many MiB of what a gradient took are there behind it."""
    model = BERT(**find_workload(f"recomputation.{variant}").architecture.arguments)
    ids = torch.randint(1, 8000, (SAMPLES, WORDS))
    model(ids)
    variables = [variable.value for variable in model.trainable_variables]
    gc.collect()
    before = alive()
    gradients = torch.autograd.grad(model(ids, training=True).square().mean(), variables)
    own = sum(gradient.untyped_storage().nbytes() for gradient in gradients)
    return (alive() - before - own) / 2**20


if __name__ == "__main__":
    gc.disable()
    sys.stdout.write(json.dumps({variant: left(variant) for variant in ("none", "blocks")}))
