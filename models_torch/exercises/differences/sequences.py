"""Recurrent layers and attention."""

import torch
import torch.nn.functional as F
from torch import nn

from models_torch.architectures.transformer import masked_mean
from models_torch.exercises.differences.parts import Arrays, give, load, take
from models_torch.techniques.recurrent import OneBiasLSTM, OneBiasRNN

GRU = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


def gru_gates(arrays: Arrays, form: str) -> Arrays:
    (sequence,) = take(arrays, "sequence")
    layer = load(nn.GRU(8, 6, batch_first=True), {name: arrays[f"gru.{name}"] for name in GRU})
    return give("reset, update, new", output=layer(sequence)[0])


def time_axis(arrays: Arrays, form: str) -> Arrays:
    (sequence,) = take(arrays, "sequence")
    layer = load(nn.GRU(8, 6, batch_first=form == "reconciled"), {name: arrays[f"gru.{name}"] for name in GRU})
    return give("first", output=layer(sequence)[0])


def recurrent_outputs(arrays: Arrays, form: str) -> Arrays:
    (sequence,) = take(arrays, "sequence")
    output = load(nn.GRU(8, 6, batch_first=True), {name: arrays[f"gru.{name}"] for name in GRU})(sequence)[0]
    if form == "reconciled":
        return give("", output=output)
    return give("all, and the last state", steps=[output.numel() / output[:, -1].numel()])


def gru_reset(arrays: Arrays, form: str) -> Arrays:
    (sequence,) = take(arrays, "sequence")
    layer = load(nn.GRU(8, 6, batch_first=True), {name: arrays[f"gru.{name}"] for name in GRU[:3]})
    return give("behind the product with the state's weights", output=layer(sequence)[0])


def _biases(layer: nn.RNNBase, arrays: Arrays, tensors: Arrays) -> Arrays:
    """How far the sum of both biases moves in one step on the mean of the outputs."""
    (sequence,) = take(arrays, "sequence")
    layer = load(layer, tensors)
    layer(sequence)[0].mean().backward()
    torch.optim.SGD(layer.parameters(), lr=1.0).step()
    bias = layer.bias_ih_l0 + layer.bias_hh_l0
    return give("two, both trained", moved=bias - torch.from_numpy(tensors["bias_ih_l0"]))


def rnn_biases(arrays: Arrays, form: str) -> Arrays:
    made = (nn.RNN if form == "default" else OneBiasRNN)(8, 6, batch_first=True)
    return _biases(made, arrays, {name: arrays[f"lstm.{name}"][:6] for name in GRU[:3]})


def lstm_biases(arrays: Arrays, form: str) -> Arrays:
    made = (nn.LSTM if form == "default" else OneBiasLSTM)(8, 6, batch_first=True)
    return _biases(made, arrays, {name: arrays[f"lstm.{name}"] for name in GRU[:3]})


def recurrent_dropout(arrays: Arrays, form: str) -> Arrays:
    (sequence,) = take(arrays, "sequence")
    layer = OneBiasLSTM(8, 6, batch_first=True, dropout=0.5)
    layer = load(layer, {name: arrays[f"lstm.{name}"] for name in GRU[:3]})
    return give("between layers on top of each other", output=layer(sequence)[0])


def bidirectional_outputs(arrays: Arrays, form: str) -> Arrays:
    (sequence,) = take(arrays, "sequence")
    both = {f"{n}{s}": arrays[f"gru.{n}"] for n in GRU for s in ("", "_reverse")}
    layer = load(nn.GRU(8, 6, batch_first=True, bidirectional=True), both)
    output = layer(sequence)[0]
    return give("`output[:, -1]` has one backward step", output=output[:, -1] if form == "default" else output)


WORDS = [[1, 2, 3, 0, 0], [4, 2, 0, 0, 0]]
"""Two texts, filled up with word 0."""


def padded_mean(arrays: Arrays, form: str) -> Arrays:
    words, vectors = torch.tensor(WORDS), arrays["dense.weight"].copy()
    if form == "reconciled":
        output = masked_mean(load(nn.Embedding(5, 8), {"weight": vectors})(words), words != 0)
    else:
        vectors[0] = 0  # as padding_idx has it from the start
        output = load(nn.Embedding(5, 8, padding_idx=0), {"weight": vectors})(words).mean(1)
    return give("`padding_idx=0`: zeros, which count", output=output)


ATTENTION = ("in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias")


def attention_mask(arrays: Arrays, form: str) -> Arrays:
    sequence, mask = take(arrays, "sequence", "mask")
    layer = load(nn.MultiheadAttention(8, 2, batch_first=True), {n: arrays[f"attention.{n}"] for n in ATTENTION})
    if form == "default":
        output, _ = layer(sequence, sequence, sequence, attn_mask=mask, need_weights=False)
    else:  # the fused operation keeps what is True, and is what the pairs call
        packed = F.linear(sequence, layer.in_proj_weight, layer.in_proj_bias).unflatten(-1, (3, 2, 4))
        heads = F.scaled_dot_product_attention(*packed.permute(2, 0, 3, 1, 4), attn_mask=mask)
        output = layer.out_proj(heads.transpose(1, 2).flatten(2))
    return give("True is blocked", output=output)


def attention_size(arrays: Arrays, form: str) -> Arrays:
    layer = nn.MultiheadAttention(64, 4)
    count = sum(parameter.numel() for parameter in layer.parameters())
    return give(f"of all heads: {count:,}", count=[float(count)])
