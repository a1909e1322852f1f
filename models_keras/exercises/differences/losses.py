"""Losses."""

import keras
import numpy as np
from keras import layers, ops

from models_keras.exercises.differences.parts import Arrays, give
from models_keras.techniques.losses import make_loss
from models_keras.techniques.regularizers import make_penalty


def _from_logits(form: str) -> dict[str, bool]:
    return {} if form == "default" else {"from_logits": True}


def cross_entropy_input(arrays: Arrays, form: str) -> Arrays:
    loss = keras.losses.SparseCategoricalCrossentropy(**_from_logits(form))
    return give("probabilities", loss=loss(arrays["labels"], arrays["logits"]))


def cross_entropy_of_probabilities(arrays: Arrays, form: str) -> Arrays:
    logits = arrays["far_logits"]
    loss = keras.losses.SparseCategoricalCrossentropy(**_from_logits(form))
    given = ops.convert_to_numpy(ops.softmax(logits)) if form == "default" else logits
    return give(f"clipped at {keras.config.epsilon():g}", loss=loss(arrays["labels"], given))


def binary_cross_entropy(arrays: Arrays, form: str) -> Arrays:
    logits = arrays["far_logits"]
    loss = keras.losses.BinaryCrossentropy(**_from_logits(form))
    given = ops.convert_to_numpy(ops.sigmoid(logits)) if form == "default" else logits
    return give(f"the probability at {keras.config.epsilon():g}", loss=loss(arrays["targets"], given))


def class_weights(arrays: Arrays, form: str) -> Arrays:
    logits, labels, weights = arrays["logits"], arrays["labels"], arrays["class_weights"]
    if form == "reconciled":
        loss = make_loss("cross_entropy", class_weights=weights.tolist())(labels, logits)
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(labels, logits, weights[labels])
    return give("÷ size of the batch", loss=loss)


def smoothed_class_weights(arrays: Arrays, form: str) -> Arrays:
    logits, labels, weights = arrays["logits"], arrays["labels"], arrays["class_weights"]
    if form == "reconciled":
        loss = make_loss("cross_entropy", class_weights=weights.tolist(), label_smoothing=0.1)(labels, logits)
    else:
        given = {"label_smoothing": 0.1, "reduction": "mean_with_sample_weight"}
        loss = keras.losses.CategoricalCrossentropy(from_logits=True, **given)
        loss = loss(np.eye(5)[labels], logits, weights[labels])
    return give("of the label, on the whole loss", loss=loss)


def ignored_label(arrays: Arrays, form: str) -> Arrays:
    logits, labels = arrays["logits"], arrays["labels"]
    padded = np.where(labels == 0, -100, labels)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    if form == "reconciled":
        loss = make_loss("cross_entropy", ignored=-100)
    return give("takes it", loss=loss(padded, logits))


def softmax_twice(arrays: Arrays, form: str) -> Arrays:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    given = ops.softmax(arrays["logits"]) if form == "default" else arrays["logits"]
    return give("on TensorFlow finds the logits again, with a warning", loss=loss(arrays["labels"], given))


def divergence(arrays: Arrays, form: str) -> Arrays:
    targets = ops.softmax(arrays["far_logits"])
    if form == "default":
        loss = keras.losses.KLDivergence()(targets, ops.softmax(arrays["logits"]))
    else:
        loss = make_loss("kl_divergence")(targets, arrays["logits"])
    return give("`KLDivergence`: over samples, probabilities clipped at 1e-07", loss=loss)


def cosine_loss(arrays: Arrays, form: str) -> Arrays:
    outputs = np.eye(6)
    loss = keras.losses.CosineSimilarity() if form == "default" else make_loss("cosine")
    return give("−cosine", loss=loss(np.roll(outputs, 1, 0), outputs))


def _reported(arrays: Arrays, batch_size: int, penalty: keras.regularizers.Regularizer | None = None) -> float:
    """Return the loss that ``fit`` reports of an epoch."""
    dense = layers.Dense(5, use_bias=False, kernel_regularizer=penalty)
    model = keras.Sequential([keras.Input((8,)), dense])
    dense.set_weights([arrays["dense.weight"].T])
    model.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=True)
    given = {"batch_size": batch_size, "shuffle": False, "verbose": 0}
    return model.fit(arrays["features"], arrays["logits"], **given).history["loss"][0]


def reported_penalty(arrays: Arrays, form: str) -> Arrays:
    penalty = keras.regularizers.L2(0.15) if form == "default" else make_penalty(l2=0.15)
    return give("`fit`: penalties are in it", loss=_reported(arrays, 6, penalty))


def reported_loss(arrays: Arrays, form: str) -> Arrays:
    return give("`fit`: of each batch before its step", loss=_reported(arrays, 4))
