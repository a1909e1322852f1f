"""Schedules and fitting."""

import importlib
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from harness.contract import Optimizer, Schedule
from models_keras.exercises.differences.parts import Arrays, give
from models_keras.techniques.early_stopping import make_early_stopping
from models_keras.techniques.optimizers import make_optimizer
from models_keras.techniques.schedules import make_cosine, make_plateau, make_schedule

backend = importlib.import_module(f"models_keras.backends.{keras.config.backend()}")


def _rates(schedule: Callable[[int], Any], count: int) -> list[float]:
    return [float(schedule(step)) for step in range(count)]


def cosine_past_its_end(arrays: Arrays, form: str) -> Arrays:
    make = keras.optimizers.schedules.CosineDecay if form == "default" else make_cosine
    return give("stays", rates=_rates(make(0.1, 10), 16))


def _applied(optimizer: keras.Optimizer, count: int, accumulation: int = 1) -> list[float]:
    """Return the rates by which SGD moves a parameter, compiled."""
    parameter = keras.Variable(np.zeros(1))
    optimizer.build([parameter])
    update = backend.updater(optimizer, [parameter])
    rates = []
    for _ in range(count):
        parameter.assign(np.zeros(1))
        for _ in range(accumulation):
            update([-ops.ones(1, dtype="float64")])
        rates.append(float(parameter.numpy()[0]))
    return rates


def cosine_restarts(arrays: Arrays, form: str) -> Arrays:
    spec = Optimizer("sgd", 0.1)
    schedule = make_schedule(spec, Schedule("cosine_restarts", steps=41))
    if form == "default":
        schedule = keras.optimizers.schedules.CosineDecayRestarts(0.1, 41, t_mul=1.0)
    return give("the floor for a step, then at the peak", rates=_applied(make_optimizer(spec, schedule), 82))


def scheduled_steps(arrays: Arrays, form: str) -> Arrays:
    optimizer = keras.optimizers.SGD(make_cosine(0.1, 10), gradient_accumulation_steps=2)
    if form == "reconciled":
        optimizer = make_optimizer(Optimizer("sgd", 0.1), make_cosine(0.1, 10), accumulation=2)
    return give("counts batches", rates=_applied(optimizer, 10, accumulation=2))


def exponential_decay(arrays: Arrays, form: str) -> Arrays:
    stairs = {} if form == "default" else {"staircase": True}
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.5, **stairs)
    return give("at every step", rates=_rates(schedule, 20))


def milestones(arrays: Arrays, form: str) -> Arrays:
    boundary = 5 if form == "default" else 5 - 1
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([boundary], [0.1, 0.01])
    return give("in force after it", rates=_rates(schedule, 10))


def _begun(callback: keras.callbacks.Callback) -> keras.Model:
    """Give a callback the smallest model, and tell it that training begins."""
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.stop_training = False
    callback.set_model(model)
    callback.on_train_begin()
    return model


def _reduced(callback: keras.callbacks.Callback, metrics: Iterable[float]) -> list[float]:
    """Rates after each epoch, as a plateau's callback changes them."""
    model = _begun(callback)
    rates = []
    for epoch, metric in enumerate(metrics):
        callback.on_epoch_end(epoch, {"val_loss": metric})
        rates.append(float(model.optimizer.learning_rate))
    return rates


def plateau_patience(arrays: Arrays, form: str) -> Arrays:
    callback = keras.callbacks.ReduceLROnPlateau(patience=2) if form == "default" else make_plateau(patience=2)
    return give("reduces after `patience` epochs", rates=_reduced(callback, [1.0] * 9))


def plateau_threshold(arrays: Arrays, form: str) -> Arrays:
    callback = keras.callbacks.ReduceLROnPlateau(patience=2 + 1) if form == "default" else make_plateau(patience=2)
    return give(f"a number: {callback.min_delta:g}", rates=_reduced(callback, arrays["slow_losses"].tolist()))


def plateau_cooldown(arrays: Arrays, form: str) -> Arrays:
    make, patience = (keras.callbacks.ReduceLROnPlateau, 2 + 1) if form == "default" else (make_plateau, 2)
    callback = make(patience=patience, cooldown=3)
    return give("its last epoch is one of waiting", rates=_reduced(callback, [1.0] * 20))


def early_stopping(arrays: Arrays, form: str) -> Arrays:
    callback = keras.callbacks.EarlyStopping()
    if form == "reconciled":
        callback = make_early_stopping(patience=2, restore_best=True)
    model = _begun(callback)
    kept = model.layers[0].kernel
    for epoch, loss in enumerate(arrays["held_out_losses"].tolist(), 1):
        kept.assign([[epoch]])
        callback.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            break
    callback.on_train_end()
    says = f"`EarlyStopping`: patience {callback.patience}, `restore_best_weights` {callback.restore_best_weights}"
    return give(says, epochs=[float(epoch)], kept=kept)


class _Recorder(keras.Model):
    """Keeps the batches that ``fit`` gives it."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[list[float]] = []
        self.held_out: list[float] = []

    def call(self, x: Any) -> Any:
        return x

    def train_step(self, data: Any) -> dict[str, Any]:
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        self.batches.append(ops.convert_to_numpy(x).ravel().tolist())
        return {"loss": ops.zeros(())}

    def test_step(self, data: Any) -> dict[str, Any]:
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        self.held_out += ops.convert_to_numpy(x).ravel().tolist()
        return {"loss": ops.zeros(())}


def _seen(samples: int, **given: Any) -> _Recorder:
    keras.utils.set_random_seed(0)
    model = _Recorder()
    model.compile(run_eagerly=True)
    model.fit(np.arange(samples, dtype="float64"), verbose=0, **given)
    return model


def shuffling(arrays: Arrays, form: str) -> Arrays:
    given = {} if form == "default" else {"shuffle": False}
    return give("`fit`: on", order=_seen(64, batch_size=64, **given).batches[0])


def held_out_samples(arrays: Arrays, form: str) -> Arrays:
    return give("`validation_split`: the last", held_out=_seen(64, validation_split=0.25).held_out)


def batch_size(arrays: Arrays, form: str) -> Arrays:
    batches = _seen(64, **({} if form == "default" else {"batch_size": 16})).batches
    return give(f"`fit`: {len(batches[0])}", steps=[float(len(batches))])


def _dense(arrays: Arrays) -> keras.Model:
    model = keras.Sequential([keras.Input((8,)), layers.Dense(5, use_bias=False)])
    model.set_weights([arrays["dense.weight"].T])
    return model


def averaged_at_the_end(arrays: Arrays, form: str) -> Arrays:
    model = _dense(arrays)
    model.compile(keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.99), "mse", run_eagerly=True)
    model.fit(arrays["features"], arrays["logits"], batch_size=1, shuffle=False, verbose=0)
    return give("`fit` puts the average in its place", moved=model.get_weights()[0].T - arrays["dense.weight"])


def unnamed_optimizer(arrays: Arrays, form: str) -> Arrays:
    model = _dense(arrays)
    named = {} if form == "default" else {"optimizer": keras.optimizers.SGD(0.1)}
    model.compile(loss="mse", run_eagerly=True, **named)
    model.train_on_batch(arrays["features"], arrays["logits"])
    weight = model.get_weights()[0].T
    if form == "reconciled":
        return give("", weight=weight)
    chosen = inspect.signature(keras.Model.compile).parameters["optimizer"].default
    return give(f'`compile()`: "{chosen}"', unmoved=[float(np.array_equal(weight, arrays["dense.weight"]))])
