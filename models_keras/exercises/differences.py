"""What Keras does by default where PyTorch does otherwise: a function for each line of ``docs/differences.md``.

Each takes arrays and a form, ``default`` (the layer, loss or optimizer as a user writes it who gives only what both
frameworks ask for) or ``reconciled`` (as the pairs have it), and returns what it computes. The default form adds
``says``: the default in words, its numbers read from the framework. Where no form reconciles, it returns nothing.
"""

import importlib
import inspect
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from harness.contract import Clipping, Optimizer, Schedule
from models_keras.bridge import Bridge
from models_keras.techniques.losses import make_loss
from models_keras.techniques.normalization import UnbiasedBatchNormalization
from models_keras.techniques.optimizers import make_optimizer
from models_keras.techniques.schedules import make_cosine, make_schedule

backend = importlib.import_module(f"models_keras.backends.{keras.config.backend()}")

Arrays = dict[str, np.ndarray]


def _give(says: str, **found: Any) -> Arrays:
    return {"says": np.array(says), **{name: ops.convert_to_numpy(x) for name, x in found.items()}}


class _One(keras.Model):
    """A single layer, for the bridge."""

    def __init__(self, layer: keras.Layer, flattened: tuple[int, ...] | None = None):
        super().__init__()
        self.layer = layer
        self.flattened = {"layer": flattened} if flattened else {}

    def call(self, x: Any) -> Any:
        return self.layer(x, x) if isinstance(self.layer, layers.MultiHeadAttention) else self.layer(x)


def _load(layer: keras.Layer, x: np.ndarray, arrays: Arrays, flattened: tuple[int, ...] | None = None) -> keras.Layer:
    """Build a layer on a batch, and give it canonical tensors."""
    model = _One(layer, flattened)
    model(ops.convert_to_tensor(x))
    Bridge(model).load({f"layer.{name}": array for name, array in arrays.items()})
    return layer


def _last(images: np.ndarray) -> np.ndarray:
    return np.moveaxis(images, 1, -1)


def _first(images: Any) -> np.ndarray:
    return np.moveaxis(ops.convert_to_numpy(images), -1, 1)


# ------------------------------------------------------------------------------------------------ initialisation


def _spread(layer: keras.Layer, shape: tuple[int, ...], arrays: Arrays, form: str, dtype: str = "float64") -> Arrays:
    """Spread of the tensors that a layer starts with: of its own drawing, or drawn for both halves."""
    keras.utils.set_random_seed(0)
    model = _One(layer)
    model(keras.Input(shape, dtype=dtype))
    bridge = Bridge(model)
    if form == "reconciled":
        bridge.load(arrays)
    spread = {name: [float(tensor.std()), float(np.abs(tensor).max())] for name, tensor in bridge.dump().items()}
    says = "; ".join(f"{name.removeprefix('layer.')} {std:.2g} (≤ {most:.2g})" for name, (std, most) in spread.items())
    return _give(says, **spread)


def dense_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(layers.Dense(300), (700,), arrays, form)


def convolution_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(layers.Conv2D(64, 3), (8, 8, 32), arrays, form)


def depthwise_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(layers.DepthwiseConv2D(3), (8, 8, 128), arrays, form)


def embedding_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(layers.Embedding(500, 64), (5,), arrays, form, "int32")


def lstm_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(layers.LSTM(64), (5, 32), arrays, form)


def gru_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(layers.GRU(64), (5, 32), arrays, form)


def attention_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(layers.MultiHeadAttention(4, 16), (5, 64), arrays, form)


# ------------------------------------------------------------------------------------------------- normalisation

EPSILON = 1e-5
"""What PyTorch's norms add to a variance, and every norm of a pair."""


def _epsilon(form: str, epsilon: float = EPSILON) -> dict[str, float]:
    return {} if form == "default" else {"epsilon": epsilon}


def batch_norm_epsilon(arrays: Arrays, form: str) -> Arrays:
    layer = layers.BatchNormalization(**_epsilon(form))
    return _give(f"{layer.epsilon:g}", output=_first(layer(_last(0.02 * arrays["images"]), training=True)))


def batch_norm_momentum(arrays: Arrays, form: str) -> Arrays:
    layer = layers.BatchNormalization(**({} if form == "default" else {"momentum": 0.9}))
    layer(_last(arrays["images"] + 3), training=True)
    return _give(f"{layer.momentum:g} of the old value", mean=layer.moving_mean)


def batch_norm_variance(arrays: Arrays, form: str) -> Arrays:
    layer = layers.BatchNormalization(momentum=0.9) if form == "default" else UnbiasedBatchNormalization()
    layer(arrays["features"][:4], training=True)
    return _give("moving variance ÷ n", moved=layer.moving_variance - 0.9)


def layer_norm_epsilon(arrays: Arrays, form: str) -> Arrays:
    layer = layers.LayerNormalization(**_epsilon(form))
    return _give(f"{layer.epsilon:g}", output=layer(0.02 * arrays["sequence"]))


def group_norm_epsilon(arrays: Arrays, form: str) -> Arrays:
    layer = layers.GroupNormalization(2, **_epsilon(form))
    return _give(f"{layer.epsilon:g}", output=_first(layer(_last(0.02 * arrays["images"]))))


def rms_norm_epsilon(arrays: Arrays, form: str) -> Arrays:
    layer = layers.RMSNormalization(**_epsilon(form, 1e-6))
    return _give(f"{layer.epsilon:g}", output=layer(0.001 * arrays["sequence"]))


# ----------------------------------------------------------------------------------------------------- recurrent

GRU = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


def gru_gates(arrays: Arrays, form: str) -> Arrays:
    sequence, tensors = arrays["sequence"], {name: arrays[f"gru.{name}"] for name in GRU}
    layer = _load(layers.GRU(6, return_sequences=True), sequence, tensors)
    if form == "default":  # transposed, as for any other layer
        weight_ih, weight_hh, *biases = tensors.values()
        layer.set_weights([weight_ih.T, weight_hh.T, np.stack(biases)])
    return _give("update, reset, new", output=layer(sequence))


def lstm_biases(arrays: Arrays, form: str) -> Arrays:
    sequence, tensors = arrays["sequence"], {name: arrays[f"lstm.{name}"] for name in GRU[:3]}
    model = keras.Sequential([layers.LSTM(6, return_sequences=True), layers.GlobalAveragePooling1D()])
    _load(model.layers[0], sequence, tensors)
    # The gradient of the mean of outputs, as that of a squared error whose target lies just beside them.
    target = ops.convert_to_numpy(model(sequence)) - 0.5
    model.compile(keras.optimizers.SGD(1.0), "mse", run_eagerly=True)
    model.train_on_batch(sequence, target)
    return _give("one", moved=model.layers[0].cell.bias - tensors["bias_ih_l0"])


def bidirectional_outputs(arrays: Arrays, form: str) -> Arrays:
    sequence = arrays["sequence"]
    both = {f"{name}{side}": arrays[f"gru.{name}"] for name in GRU for side in ("", "_reverse")}
    every = {} if form == "default" else {"return_sequences": True}
    layer = _load(layers.Bidirectional(layers.GRU(6, **every)), sequence, both)
    return _give("the last of each direction", output=layer(sequence))


# -------------------------------------------------------------------------------- convolution, pooling, resizing


def strided_same_padding(arrays: Arrays, form: str) -> Arrays:
    images, tensors = _last(arrays["images"]), {"weight": arrays["conv.weight"]}
    if form == "default":
        layer = _load(layers.Conv2D(5, 3, strides=2, padding="same", use_bias=False), images, tensors)
    else:
        images = layers.ZeroPadding2D(1)(images)
        layer = _load(layers.Conv2D(5, 3, strides=2, use_bias=False), images, tensors)
    return _give('`padding="same"`: at the end only, where the size is even', output=_first(layer(images)))


def average_pool_padding(arrays: Arrays, form: str) -> Arrays:
    output = layers.AveragePooling2D(3, strides=2, padding="same")(_last(arrays["odd_images"]))
    return _give("leaves it out", output=_first(output))


def flatten_order(arrays: Arrays, form: str) -> Arrays:
    images, weight = _last(arrays["images"]), arrays["flat.weight"]
    flat = layers.Flatten()(images)
    shape = images.shape[1:] if form == "reconciled" else None
    layer = _load(layers.Dense(len(weight), use_bias=False), flat, {"weight": weight}, shape)
    return _give("row, column, channel", output=layer(flat))


def nearest_resize(arrays: Arrays, form: str) -> Arrays:
    output = ops.image.resize(_last(arrays["images"]), (5, 5), interpolation="nearest")
    return _give("the pixel's centre", output=_first(output))


def bicubic_resize(arrays: Arrays, form: str) -> Arrays:
    antialias = form == "reconciled"
    output = ops.image.resize(_last(arrays["images"]), (5, 5), interpolation="bicubic", antialias=antialias)
    return _give("a = −0.5", output=_first(output))


# --------------------------------------------------------------------------------------- activations, attention


def leaky_relu_slope(arrays: Arrays, form: str) -> Arrays:
    layer = layers.LeakyReLU(**({} if form == "default" else {"negative_slope": 0.01}))
    function = inspect.signature(keras.activations.leaky_relu).parameters["negative_slope"].default
    return _give(f"{float(layer.negative_slope):g}; the function {function:g}", output=layer(arrays["features"]))


def gelu_form(arrays: Arrays, form: str) -> Arrays:
    features = ops.convert_to_tensor(arrays["features"])
    output = ops.gelu(features) if form == "default" else ops.gelu(features, approximate=False)
    return _give("`ops.gelu`: by tanh; the layer: exact", output=output)


def standard_deviation(arrays: Arrays, form: str) -> Arrays:
    return _give("`ops.std`: ÷ n", output=ops.std(arrays["features"], axis=0))


ATTENTION = ("in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias")


def attention_mask(arrays: Arrays, form: str) -> Arrays:
    sequence, tensors = arrays["sequence"], {name: arrays[f"attention.{name}"] for name in ATTENTION}
    layer = _load(layers.MultiHeadAttention(2, 4), sequence, tensors)
    mask = np.broadcast_to(arrays["mask"], (len(sequence), *arrays["mask"].shape))
    return _give("True is kept", output=layer(sequence, sequence, attention_mask=mask))


# -------------------------------------------------------------------------------------------------------- losses


def _from_logits(form: str) -> dict[str, bool]:
    return {} if form == "default" else {"from_logits": True}


def cross_entropy_input(arrays: Arrays, form: str) -> Arrays:
    loss = keras.losses.SparseCategoricalCrossentropy(**_from_logits(form))
    return _give("probabilities", loss=loss(arrays["labels"], arrays["logits"]))


def cross_entropy_of_probabilities(arrays: Arrays, form: str) -> Arrays:
    logits = arrays["far_logits"]
    loss = keras.losses.SparseCategoricalCrossentropy(**_from_logits(form))
    given = ops.convert_to_numpy(ops.softmax(logits)) if form == "default" else logits
    return _give(f"clipped at {keras.config.epsilon():g}", loss=loss(arrays["labels"], given))


def binary_cross_entropy(arrays: Arrays, form: str) -> Arrays:
    logits = arrays["far_logits"]
    loss = keras.losses.BinaryCrossentropy(**_from_logits(form))
    given = ops.convert_to_numpy(ops.sigmoid(logits)) if form == "default" else logits
    return _give(f"the probability at {keras.config.epsilon():g}", loss=loss(arrays["targets"], given))


def class_weights(arrays: Arrays, form: str) -> Arrays:
    labels = arrays["labels"]
    mean = {} if form == "default" else {"reduction": "mean_with_sample_weight"}
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, **mean)
    return _give("÷ size of the batch", loss=loss(labels, arrays["logits"], arrays["class_weights"][labels]))


def softmax_twice(arrays: Arrays, form: str) -> Arrays:
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    given = ops.softmax(arrays["logits"]) if form == "default" else arrays["logits"]
    return _give("on TensorFlow finds the logits again, with a warning", loss=loss(arrays["labels"], given))


def divergence(arrays: Arrays, form: str) -> Arrays:
    targets = ops.softmax(arrays["far_logits"])
    if form == "default":
        loss = keras.losses.KLDivergence()(targets, ops.softmax(arrays["logits"]))
    else:
        loss = make_loss("kl_divergence")(targets, arrays["logits"])
    return _give("`KLDivergence`: over samples, probabilities clipped at 1e-07", loss=loss)


def cosine_loss(arrays: Arrays, form: str) -> Arrays:
    outputs = np.eye(6)
    loss = keras.losses.CosineSimilarity() if form == "default" else make_loss("cosine")
    return _give("−cosine", loss=loss(np.roll(outputs, 1, 0), outputs))


# ---------------------------------------------------------------------------------------------------- optimizers

STEPS = 10


def _train(optimizer: keras.Optimizer, arrays: Arrays, scale: float = 1) -> np.ndarray:
    """Apply the same gradients for ten steps; return how far the variable came from where it began."""
    variable = keras.Variable(arrays["start"])
    for gradient in arrays["gradients"]:
        optimizer.apply([ops.convert_to_tensor(scale * gradient)], [variable])
    return ops.convert_to_numpy(variable) - arrays["start"]


def _reconciled(spec: Optimizer, arrays: Arrays, scale: float = 1) -> Arrays:
    return _give("", moved=_train(make_optimizer(spec), arrays, scale))


def _told(optimizer: type[keras.Optimizer], *names: str) -> str:
    defaults = inspect.signature(optimizer).parameters
    return ", ".join(f"{name} {defaults[name].default}" for name in names)


def sgd_learning_rate(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("sgd", 1e-3), arrays)
    return _give(_told(keras.optimizers.SGD, "learning_rate"), moved=_train(keras.optimizers.SGD(), arrays))


def momentum_under_a_drop(arrays: Arrays, form: str) -> Arrays:
    variable = keras.Variable(arrays["start"])
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
    if form == "reconciled":
        optimizer = make_optimizer(Optimizer("sgd", 0.1, momentum=0.9))
    for step, gradient in enumerate(arrays["gradients"]):
        optimizer.learning_rate = 0.1 if step < STEPS // 2 else 0.01
        optimizer.apply([ops.convert_to_tensor(gradient)], [variable])
    return _give("buffer of steps", moved=variable - arrays["start"])


def adam_epsilon(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adam", 1e-3, epsilon=1e-8), arrays, 1e-6)
    says = _told(keras.optimizers.Adam, "epsilon") + ", beside the uncorrected root"
    return _give(says, moved=_train(keras.optimizers.Adam(), arrays, 1e-6))


def adamw_decay(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adamw", 1e-3, weight_decay=0.01), arrays)
    return _give(_told(keras.optimizers.AdamW, "weight_decay"), moved=_train(keras.optimizers.AdamW(), arrays))


def rmsprop_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("rmsprop", 0.01, rho=0.99), arrays)
    says = _told(keras.optimizers.RMSprop, "learning_rate", "rho", "epsilon")
    return _give(says, moved=_train(keras.optimizers.RMSprop(), arrays))


def rmsprop_epsilon(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("rmsprop", 1e-3, rho=0.9, epsilon=1e-7), arrays, 1e-4)
    optimizer = keras.optimizers.RMSprop(1e-3, rho=np.float64(0.9), epsilon=1e-7)
    return _give("under the root", moved=_train(optimizer, arrays, 1e-4))


def adagrad_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adagrad", 0.01, epsilon=1e-10), arrays)
    says = _told(keras.optimizers.Adagrad, "learning_rate", "initial_accumulator_value", "epsilon")
    return _give(says, moved=_train(keras.optimizers.Adagrad(), arrays))


def adadelta_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adadelta", 1.0, rho=0.9, epsilon=1e-6), arrays)
    says = _told(keras.optimizers.Adadelta, "learning_rate", "rho", "epsilon")
    return _give(says, moved=_train(keras.optimizers.Adadelta(), arrays))


def nadam_momentum(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("nadam", 1e-3, epsilon=1e-7), arrays)
    return _give("β₁(1 − ½·0.96ᵗ)", moved=_train(keras.optimizers.Nadam(1e-3, epsilon=1e-7), arrays))


def weight_decay(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("sgd", 0.1, momentum=0.9, weight_decay=0.1), arrays)
    optimizer = keras.optimizers.SGD(0.1, momentum=np.float64(0.9), weight_decay=0.1)
    return _give("decoupled: taken from the variable", moved=_train(optimizer, arrays))


def l2_factor(arrays: Arrays, form: str) -> Arrays:
    start = arrays["start"]
    penalty = keras.regularizers.L2(0.3 if form == "default" else 0.3 / 2)
    dense = layers.Dense(1, use_bias=False, kernel_regularizer=penalty)
    model = keras.Sequential([keras.Input((len(start),)), dense])
    dense.set_weights([start[:, np.newaxis]])
    model.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=True)
    model.train_on_batch(np.zeros((1, len(start))), np.zeros((1, 1)))  # nothing but the penalty has a gradient
    return _give("`L2(λ)`: gradient 2λw", moved=dense.get_weights()[0][:, 0] - start)


def clipping_by_norm(arrays: Arrays, form: str) -> Arrays:
    variables = [keras.Variable(np.zeros(size)) for size in (3, 5)]
    gradients = [ops.convert_to_tensor(arrays[name]) for name in ("long_gradient", "short_gradient")]
    optimizer = keras.optimizers.SGD(1.0, clipnorm=1.0)
    if form == "reconciled":
        optimizer = make_optimizer(Optimizer("sgd", 1.0, clipping=Clipping("global_norm", 1.0)))
    optimizer.apply(gradients, variables)
    return _give("`clipnorm`: of each by itself", long=variables[0], short=variables[1])


def accumulation(arrays: Arrays, form: str) -> Arrays:
    variable = keras.Variable(arrays["start"])
    optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=4)
    for gradient in arrays["gradients"][:4]:
        optimizer.apply([ops.convert_to_tensor(gradient)], [variable])
    return _give("mean", moved=variable - arrays["start"])


# --------------------------------------------------------------------------------------------- schedules, fitting


def _rates(schedule: Callable[[int], Any], count: int) -> list[float]:
    return [float(schedule(step)) for step in range(count)]


def cosine_past_its_end(arrays: Arrays, form: str) -> Arrays:
    make = keras.optimizers.schedules.CosineDecay if form == "default" else make_cosine
    return _give("stays", rates=_rates(make(0.1, 10), 16))


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
    return _give("the floor for a step, then at the peak", rates=_applied(make_optimizer(spec, schedule), 82))


def scheduled_steps(arrays: Arrays, form: str) -> Arrays:
    optimizer = keras.optimizers.SGD(make_cosine(0.1, 10), gradient_accumulation_steps=2)
    if form == "reconciled":
        optimizer = make_optimizer(Optimizer("sgd", 0.1), make_cosine(0.1, 10), accumulation=2)
    return _give("counts batches", rates=_applied(optimizer, 10, accumulation=2))


def exponential_decay(arrays: Arrays, form: str) -> Arrays:
    stairs = {} if form == "default" else {"staircase": True}
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.5, **stairs)
    return _give("at every step", rates=_rates(schedule, 20))


def milestones(arrays: Arrays, form: str) -> Arrays:
    boundary = 5 if form == "default" else 5 - 1
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([boundary], [0.1, 0.01])
    return _give("in force after it", rates=_rates(schedule, 10))


def plateau_patience(arrays: Arrays, form: str) -> Arrays:
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    callback = keras.callbacks.ReduceLROnPlateau(patience=2 if form == "default" else 2 + 1)
    callback.set_model(model)
    callback.on_train_begin()
    rates = []
    for epoch in range(9):
        callback.on_epoch_end(epoch, {"val_loss": 1.0})
        rates.append(float(model.optimizer.learning_rate))
    return _give("reduces after `patience` epochs", rates=rates)


class _Recorder(keras.Model):
    """Keeps the batches that ``fit`` gives it."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[list[float]] = []

    def call(self, x: Any) -> Any:
        return x

    def train_step(self, data: Any) -> dict[str, Any]:
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        self.batches.append(ops.convert_to_numpy(x).ravel().tolist())
        return {"loss": ops.zeros(())}


def _seen(samples: int, **given: Any) -> list[list[float]]:
    keras.utils.set_random_seed(0)
    model = _Recorder()
    model.compile(run_eagerly=True)
    model.fit(np.arange(samples, dtype="float64"), verbose=0, **given)
    return model.batches


def shuffling(arrays: Arrays, form: str) -> Arrays:
    given = {} if form == "default" else {"shuffle": False}
    return _give("`fit`: on", order=_seen(64, batch_size=64, **given)[0])


def batch_size(arrays: Arrays, form: str) -> Arrays:
    batches = _seen(64, **({} if form == "default" else {"batch_size": 16}))
    return _give(f"`fit`: {len(batches[0])}", steps=[float(len(batches))])
