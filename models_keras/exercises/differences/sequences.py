"""Recurrent layers and attention."""

import keras
import numpy as np
from keras import layers, ops

from models_keras.architectures.transformer import masked_mean
from models_keras.exercises.differences.parts import Arrays, One, give, load
from models_keras.techniques.recurrent import Stack

GRU = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


def gru_gates(arrays: Arrays, form: str) -> Arrays:
    sequence, tensors = arrays["sequence"], {name: arrays[f"gru.{name}"] for name in GRU}
    layer = load(layers.GRU(6, return_sequences=True), sequence, tensors)
    if form == "default":  # transposed, as for any other layer
        weight_ih, weight_hh, *biases = tensors.values()
        layer.set_weights([weight_ih.T, weight_hh.T, np.stack(biases)])
    return give("update, reset, new", output=layer(sequence))


def time_axis(arrays: Arrays, form: str) -> Arrays:
    sequence, tensors = arrays["sequence"], {name: arrays[f"gru.{name}"] for name in GRU}
    layer = load(layers.GRU(6, return_sequences=True), sequence, tensors)
    return give("second, behind the batch's", output=layer(sequence))


def recurrent_outputs(arrays: Arrays, form: str) -> Arrays:
    sequence, tensors = arrays["sequence"], {name: arrays[f"gru.{name}"] for name in GRU}
    if form == "reconciled":
        return give("", output=load(Stack(layers.GRU, 6), sequence, tensors)(sequence))
    output = load(layers.GRU(6), sequence, tensors)(sequence)
    return give("the last", steps=[ops.size(output) / (len(sequence) * 6)])


def gru_reset(arrays: Arrays, form: str) -> Arrays:
    sequence = arrays["sequence"]
    tensors = {name: arrays[f"gru.{name}"] for name in GRU[:3]} | {"bias_hh_l0": np.zeros(18)}
    layer = load(layers.GRU(6, return_sequences=True), sequence, tensors)
    if form == "default":
        weight_ih, weight_hh, biases = layer.get_weights()
        layer = layers.GRU(6, return_sequences=True, reset_after=False)
        layer.build(sequence.shape)
        layer.set_weights([weight_ih, weight_hh, biases[0]])
    return give("before it, as in the first paper", output=layer(sequence))


def _biases(layer: keras.Layer, arrays: Arrays, tensors: Arrays) -> Arrays:
    """How far the bias moves in one step on the mean of the outputs."""
    sequence = arrays["sequence"]
    model = keras.Sequential([layer, layers.GlobalAveragePooling1D()])
    load(model.layers[0], sequence, tensors)
    # The gradient of the mean of outputs, as that of a squared error whose target lies just beside them.
    target = ops.convert_to_numpy(model(sequence)) - 0.5
    model.compile(keras.optimizers.SGD(1.0), "mse", run_eagerly=True)
    model.train_on_batch(sequence, target)
    return give("one", moved=model.layers[0].cell.bias - tensors["bias_ih_l0"])


def rnn_biases(arrays: Arrays, form: str) -> Arrays:
    tensors = {name: arrays[f"lstm.{name}"][:6] for name in GRU[:3]}
    return _biases(layers.SimpleRNN(6, return_sequences=True), arrays, tensors)


def lstm_biases(arrays: Arrays, form: str) -> Arrays:
    tensors = {name: arrays[f"lstm.{name}"] for name in GRU[:3]}
    return _biases(layers.LSTM(6, return_sequences=True), arrays, tensors)


def recurrent_dropout(arrays: Arrays, form: str) -> Arrays:
    keras.utils.set_random_seed(0)
    sequence, tensors = arrays["sequence"], {name: arrays[f"lstm.{name}"] for name in GRU[:3]}
    own = layers.LSTM(6, return_sequences=True, dropout=0.5)
    layer = load(own if form == "default" else Stack(layers.LSTM, 6, dropout=0.5), sequence, tensors)
    return give("on the layer's inputs", output=layer(sequence, training=True))


def bidirectional_outputs(arrays: Arrays, form: str) -> Arrays:
    sequence = arrays["sequence"]
    both = {f"{name}{side}": arrays[f"gru.{name}"] for name in GRU for side in ("", "_reverse")}
    every = {} if form == "default" else {"return_sequences": True}
    layer = load(layers.Bidirectional(layers.GRU(6, **every)), sequence, both)
    return give("the last of each direction", output=layer(sequence))


WORDS = np.array([[1, 2, 3, 0, 0], [4, 2, 0, 0, 0]])
"""Two texts, filled up with word 0."""


def padded_mean(arrays: Arrays, form: str) -> Arrays:
    embedding = load(layers.Embedding(5, 8, mask_zero=form == "default"), WORDS, {"weight": arrays["dense.weight"]})
    if form == "default":
        output = layers.GlobalAveragePooling1D()(embedding(WORDS))
    else:
        output = masked_mean(embedding(WORDS), ops.convert_to_tensor(WORDS) != 0)
    return give("`mask_zero=True`: left out by the layers behind", output=output)


ATTENTION = ("in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias")


def attention_mask(arrays: Arrays, form: str) -> Arrays:
    sequence, tensors = arrays["sequence"], {name: arrays[f"attention.{name}"] for name in ATTENTION}
    layer = load(layers.MultiHeadAttention(2, 4), sequence, tensors)
    mask = np.broadcast_to(arrays["mask"], (len(sequence), *arrays["mask"].shape))
    return give("True is kept", output=layer(sequence, sequence, attention_mask=mask))


def attention_size(arrays: Arrays, form: str) -> Arrays:
    layer = layers.MultiHeadAttention(4, 64 if form == "default" else 64 // 4)
    One(layer)(keras.Input((5, 64)))
    count = layer.count_params()
    return give(f"of each head: {count:,}", count=[float(count)])
