"""Optimizers: what becomes of a parameter."""

import inspect
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from harness.contract import Clipping, Optimizer
from models_keras.exercises.differences.parts import Arrays, give
from models_keras.techniques.optimizers import make_optimizer
from models_keras.techniques.precision import make_scaled

DROP = [0.1] * 5 + [0.01] * 5
"""Learning rates of ten steps."""


def _train(
    optimizer: keras.Optimizer, arrays: Arrays, scale: float = 1, rates: list[float] | None = None, kind: str = ""
) -> np.ndarray:
    """Apply the same gradients for ten steps; return how far the variable came from where it began.

    Args:
        optimizer: What applies them.
        arrays: Where the variable starts, and the gradients.
        scale: Of the gradients.
        rates: Learning rate of each step; None leaves it alone.
        kind: What the names of the arrays begin with.
    """
    start = arrays[f"{kind}start"]
    variable = keras.Variable(start)
    for step, gradient in enumerate(arrays[f"{kind}gradients"]):
        if rates:
            optimizer.learning_rate = rates[step]
        optimizer.apply([ops.convert_to_tensor(scale * gradient)], [variable])
    return ops.convert_to_numpy(variable) - start


def _reconciled(spec: Optimizer, arrays: Arrays, scale: float = 1, **options: Any) -> Arrays:
    return give("", moved=_train(make_optimizer(spec), arrays, scale, **options))


def _told(optimizer: type[keras.Optimizer], *names: str) -> str:
    defaults = inspect.signature(optimizer).parameters
    return ", ".join(f"{name} {defaults[name].default}" for name in names)


def sgd_learning_rate(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("sgd", 1e-3), arrays)
    return give(_told(keras.optimizers.SGD, "learning_rate"), moved=_train(keras.optimizers.SGD(), arrays))


def momentum_under_a_drop(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("sgd", 0.1, momentum=0.9), arrays, rates=DROP)
    return give("buffer of steps", moved=_train(keras.optimizers.SGD(0.1, momentum=0.9), arrays, rates=DROP))


def rmsprop_momentum_under_a_drop(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("rmsprop", 0.1, rho=0.9, momentum=0.9), arrays, rates=DROP)
    optimizer = keras.optimizers.RMSprop(0.1, momentum=0.9, epsilon=1e-8)
    return give("buffer of steps", moved=_train(optimizer, arrays, rates=DROP))


def adam_epsilon(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adam", 1e-3, epsilon=1e-8), arrays, 1e-6)
    says = _told(keras.optimizers.Adam, "epsilon") + ", beside the uncorrected root"
    return give(says, moved=_train(keras.optimizers.Adam(), arrays, 1e-6))


def adamw_decay(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adamw", 1e-3, weight_decay=0.01), arrays)
    return give(_told(keras.optimizers.AdamW, "weight_decay"), moved=_train(keras.optimizers.AdamW(), arrays))


def rmsprop_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("rmsprop", 0.01, rho=0.99), arrays)
    says = _told(keras.optimizers.RMSprop, "learning_rate", "rho", "epsilon")
    return give(says, moved=_train(keras.optimizers.RMSprop(), arrays))


def rmsprop_epsilon(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("rmsprop", 1e-3, rho=0.9, epsilon=1e-7), arrays, 1e-4)
    optimizer = keras.optimizers.RMSprop(1e-3, rho=np.float64(0.9), epsilon=1e-7)
    return give("under the root", moved=_train(optimizer, arrays, 1e-4))


def adagrad_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adagrad", 0.01, epsilon=1e-10), arrays)
    says = _told(keras.optimizers.Adagrad, "learning_rate", "initial_accumulator_value", "epsilon")
    return give(says, moved=_train(keras.optimizers.Adagrad(), arrays))


def adagrad_epsilon(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adagrad", 0.01, epsilon=1e-10), arrays, 1e-6)
    optimizer = keras.optimizers.Adagrad(0.01, initial_accumulator_value=0.0, epsilon=1e-10)
    return give("under the root", moved=_train(optimizer, arrays, 1e-6))


def adadelta_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adadelta", 1.0, rho=0.9, epsilon=1e-6), arrays)
    says = _told(keras.optimizers.Adadelta, "learning_rate", "rho", "epsilon")
    return give(says, moved=_train(keras.optimizers.Adadelta(), arrays))


def adamax_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adamax", 2e-3), arrays)
    says = _told(keras.optimizers.Adamax, "learning_rate", "epsilon")
    return give(says, moved=_train(keras.optimizers.Adamax(), arrays))


def adamax_epsilon(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adamax", 1e-3, epsilon=1e-7), arrays, 1e-6)
    return give("beside the norm", moved=_train(keras.optimizers.Adamax(1e-3, epsilon=1e-7), arrays, 1e-6))


def nadam_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("nadam", 2e-3), arrays)
    says = _told(keras.optimizers.Nadam, "learning_rate", "epsilon")
    return give(says, moved=_train(keras.optimizers.Nadam(), arrays))


def nadam_momentum(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("nadam", 1e-3, epsilon=1e-7), arrays)
    return give("β₁(1 − ½·0.96ᵗ)", moved=_train(keras.optimizers.Nadam(1e-3, epsilon=1e-7), arrays))


def weight_decay(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("sgd", 0.1, momentum=0.9, weight_decay=0.1), arrays)
    optimizer = keras.optimizers.SGD(0.1, momentum=np.float64(0.9), weight_decay=0.1)
    return give("decoupled: taken from the variable", moved=_train(optimizer, arrays))


def adam_weight_decay(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adam", 1e-3, weight_decay=0.1), arrays)
    optimizer = keras.optimizers.Adam(weight_decay=0.1)
    return give("decoupled: `Adam` is then AdamW", moved=_train(optimizer, arrays))


def l2_factor(arrays: Arrays, form: str) -> Arrays:
    start = arrays["start"]
    penalty = keras.regularizers.L2(0.3 if form == "default" else 0.3 / 2)
    dense = layers.Dense(1, use_bias=False, kernel_regularizer=penalty)
    model = keras.Sequential([keras.Input((len(start),)), dense])
    dense.set_weights([start[:, np.newaxis]])
    model.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=True)
    model.train_on_batch(np.zeros((1, len(start))), np.zeros((1, 1)))  # nothing but the penalty has a gradient
    return give("`L2(λ)`: gradient 2λw", moved=dense.get_weights()[0][:, 0] - start)


def muon_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        spec = Optimizer("muon", 1e-3, momentum=0.95, nesterov=True, weight_decay=0.1)
        return _reconciled(spec, arrays, kind="matrix_")
    says = _told(keras.optimizers.Muon, "learning_rate", "weight_decay") + "; times 0.2 √max(rows, columns)"
    return give(says, moved=_train(keras.optimizers.Muon(), arrays, kind="matrix_"))


def muon_of_vectors(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("muon", 1e-3, momentum=0.95, nesterov=True, weight_decay=0.1), arrays)
    return give("its own Adam", moved=_train(keras.optimizers.Muon(), arrays))


def averaged_parameters(arrays: Arrays, form: str) -> Arrays:
    variable = keras.Variable(arrays["start"])
    stated = {} if form == "default" else {"ema_momentum": 0.99}
    optimizer = keras.optimizers.SGD(0.1, use_ema=True, **stated)
    for gradient in arrays["gradients"]:
        optimizer.apply([ops.convert_to_tensor(gradient)], [variable])
    optimizer.finalize_variable_values([variable])
    return give(f"`ema_momentum` {optimizer.ema_momentum}", moved=variable - arrays["start"])


def repeated_words(arrays: Arrays, form: str) -> Arrays:
    start = arrays["dense.weight"]
    embedding = layers.Embedding(*start.shape)
    model = keras.Sequential([keras.Input((), dtype="int32"), embedding])
    embedding.set_weights([start])
    optimizer = keras.optimizers.Adam() if form == "default" else make_optimizer(Optimizer("adam", 1e-3))
    model.compile(optimizer, loss=lambda gradients, outputs: ops.sum(gradients * outputs), run_eagerly=True)
    model.train_on_batch(np.array([1, 1, 1, 2]), arrays["features"][:4])
    return give("Σg², on TensorFlow", moved=embedding.embeddings - start)


def _clipped(optimizer: keras.Optimizer, arrays: Arrays, scale: float) -> Arrays:
    """How far SGD moves variables by two gradients that it clips first."""
    variables = [keras.Variable(np.zeros(size)) for size in (3, 5)]
    gradients = [ops.convert_to_tensor(scale * arrays[name]) for name in ("long_gradient", "short_gradient")]
    optimizer.apply(gradients, variables)
    return {"long": variables[0], "short": variables[1]}


def _canonically(limit: float) -> keras.Optimizer:
    return make_optimizer(Optimizer("sgd", 1.0, clipping=Clipping("global_norm", limit)))


def clipping_by_norm(arrays: Arrays, form: str) -> Arrays:
    optimizer = keras.optimizers.SGD(1.0, clipnorm=1.0) if form == "default" else _canonically(1.0)
    return give("`clipnorm`: of each by itself", **_clipped(optimizer, arrays, 1.0))


def clipping_stabiliser(arrays: Arrays, form: str) -> Arrays:
    optimizer = keras.optimizers.SGD(1.0, global_clipnorm=1e-4) if form == "default" else _canonically(1e-4)
    return give("`global_clipnorm`: the norm", **_clipped(optimizer, arrays, 1e-3))


def accumulation(arrays: Arrays, form: str) -> Arrays:
    variable = keras.Variable(arrays["start"])
    optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=4)
    for gradient in arrays["gradients"][:4]:
        optimizer.apply([ops.convert_to_tensor(gradient)], [variable])
    return give("mean", moved=variable - arrays["start"])


def loss_scale(arrays: Arrays, form: str) -> Arrays:
    scaled = keras.optimizers.LossScaleOptimizer if form == "default" else make_scaled
    optimizer = scaled(keras.optimizers.SGD())
    return give(f"{optimizer.initial_scale:g}", scale=[optimizer.initial_scale])
