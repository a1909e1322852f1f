"""Recurrent layers with one bias, where PyTorch's own have two."""

from typing import Any

import torch
from torch import nn


class OneBias:
    """Mixed into a recurrent layer: ``bias_hh`` stays zero, is not trained, and is no part of the state.

    PyTorch adds two biases to each gate, for cuDNN's sake; Keras and the papers have one. Only their sum matters to the
    function, but not to training: each takes the whole gradient, so that their sum moves twice as far in a step of SGD
    (row *LSTM: biases* of ``docs/differences.md``). The second cannot be left out, because the fused kernels take four
    tensors for each layer and direction; so it becomes a constant beside the parameters and moves with the layer.

    A GRU needs both: its reset gate multiplies the second alone.
    """

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        for name in [name for name in self._parameters if name.startswith("bias_hh")]:
            bias = self._parameters.pop(name)
            self.register_buffer(name, torch.zeros_like(bias), persistent=False)
        self._init_flat_weights()  # what the fused kernels are given


class OneBiasRNN(OneBias, nn.RNN):
    """Simple recurrent layers (Elman, 1990): hₜ = tanh(W xₜ + U hₜ₋₁ + b). Arguments are those of ``nn.RNN``."""


class OneBiasLSTM(OneBias, nn.LSTM):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997). Arguments are those of ``nn.LSTM``."""
