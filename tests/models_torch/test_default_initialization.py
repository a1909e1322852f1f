"""The matched track draws initial parameters as PyTorch's own layers do: by distribution, over seeds."""

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from harness import matched
from harness.contract import TensorSpec

SEEDS = 40
LEVEL = 1e-6

LAYERS = {
    "linear": (lambda: nn.Linear(20, 15), "linear"),
    "conv 1-D": (lambda: nn.Conv1d(6, 10, 5), "conv"),
    "conv 2-D": (lambda: nn.Conv2d(6, 10, 3), "conv"),
    "grouped conv": (lambda: nn.Conv2d(8, 12, 3, groups=4), "conv"),
    "depthwise conv": (lambda: nn.Conv2d(8, 16, 3, groups=8), "conv"),
    "transposed conv": (lambda: nn.ConvTranspose2d(6, 10, 3), "conv"),
    "batch norm": (lambda: nn.BatchNorm2d(12), "norm"),
    "layer norm": (lambda: nn.LayerNorm(12), "norm"),
    "group norm": (lambda: nn.GroupNorm(3, 12), "norm"),
    "RMS norm": (lambda: nn.RMSNorm(12), "norm"),
    "embedding": (lambda: nn.Embedding(30, 8), "embedding"),
    "RNN": (lambda: nn.RNN(5, 9), "recurrent"),
    "LSTM": (lambda: nn.LSTM(5, 9, bidirectional=True), "recurrent"),
    "GRU": (lambda: nn.GRU(5, 9, bidirectional=True), "recurrent"),
    "attention": (lambda: nn.MultiheadAttention(12, 3), "attention"),
}


def own(make, seed):
    torch.manual_seed(seed)
    state = make().state_dict()
    return {f"layer.{name}": t.numpy().astype(float) for name, t in state.items() if name != "num_batches_tracked"}


@pytest.mark.parametrize("layer", LAYERS)
def test_initial_parameters_have_pytorchs_distribution(layer):
    make, kind = LAYERS[layer]
    theirs = [own(make, seed) for seed in range(SEEDS)]
    specs = {name: TensorSpec(tensor.shape, kind) for name, tensor in theirs[0].items()}
    ours = [matched.initial_parameters(specs, seed) for seed in range(SEEDS)]
    for name in specs:
        mine, other = (np.concatenate([drawn[name].ravel() for drawn in found]) for found in (ours, theirs))
        if np.ptp(other) == 0:
            assert np.array_equal(mine, other), name
        else:  # elements are independent within a tensor and over seeds, so the two-sample test holds as it is
            assert stats.ks_2samp(mine, other, method="asymp").pvalue > LEVEL, name
            assert np.abs(mine).max() == pytest.approx(np.abs(other).max(), rel=0.5 if kind == "embedding" else 0.05)
