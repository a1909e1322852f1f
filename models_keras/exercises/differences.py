"""What Keras does by default where PyTorch does otherwise: a function for each line of ``docs/differences.md``.

Each takes arrays and a form, ``default`` (the layer, loss or optimizer as a user writes it who gives only what both
frameworks ask for) or ``reconciled`` (as the pairs have it), and returns what it computes. The default form adds
``says``: the default in words, its numbers read from the framework. Where no form reconciles, it returns nothing.
"""

import importlib
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from harness.contract import Clipping, Optimizer, Schedule
from models_keras.bridge import Bridge
from models_keras.techniques import augmentation
from models_keras.techniques.early_stopping import make_early_stopping
from models_keras.techniques.losses import make_loss
from models_keras.techniques.normalization import UnbiasedBatchNormalization
from models_keras.techniques.optimizers import make_optimizer
from models_keras.techniques.pooling import make_pool
from models_keras.techniques.precision import make_scaled
from models_keras.techniques.recurrent import Stack
from models_keras.techniques.regularizers import make_penalty
from models_keras.techniques.schedules import make_cosine, make_plateau, make_schedule

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


def _spread(
    make: Callable[[], keras.Layer], shape: tuple[int, ...], arrays: Arrays, form: str, dtype: str = "float64"
) -> Arrays:
    """Spread of the tensors that a layer starts with: of its own drawing, or drawn for both halves."""
    keras.utils.set_random_seed(0)  # before the layer is made: its initializers draw their seeds then
    model = _One(make())
    model(keras.Input(shape, dtype=dtype))
    bridge = Bridge(model)
    if form == "reconciled":
        bridge.load(arrays)
    spread = {name: [float(tensor.std()), float(np.abs(tensor).max())] for name, tensor in bridge.dump().items()}
    says = "; ".join(f"{name.removeprefix('layer.')} {std:.2g} (≤ {most:.2g})" for name, (std, most) in spread.items())
    return _give(says, **spread)


def dense_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: layers.Dense(300), (700,), arrays, form)


def convolution_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: layers.Conv2D(64, 3), (8, 8, 32), arrays, form)


def depthwise_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: layers.DepthwiseConv2D(3), (8, 8, 128), arrays, form)


def transposed_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: layers.Conv2DTranspose(16, 4), (8, 8, 64), arrays, form)


def embedding_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: layers.Embedding(500, 64), (5,), arrays, form, "int32")


def rnn_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: layers.SimpleRNN(64), (5, 32), arrays, form)


def lstm_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: layers.LSTM(64), (5, 32), arrays, form)


def gru_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: layers.GRU(64), (5, 32), arrays, form)


def attention_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: layers.MultiHeadAttention(4, 16), (5, 64), arrays, form)


def _filled(initializer: keras.initializers.Initializer) -> keras.Layer:
    return layers.Dense(500, use_bias=False, kernel_initializer=initializer)


def he_normal_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: _filled(keras.initializers.HeNormal()), (1000,), arrays, form)


def truncated_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: _filled(keras.initializers.TruncatedNormal(stddev=0.05)), (1000,), arrays, form)


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


def batch_norm_mode(arrays: Arrays, form: str) -> Arrays:
    said = {} if form == "default" else {"training": True}
    layer = layers.BatchNormalization(epsilon=EPSILON)
    return _give("infers, unless told `training=True`", output=_first(layer(_last(arrays["images"] + 3), **said)))


def batch_norm_of_one(arrays: Arrays, form: str) -> Arrays:
    layer = layers.BatchNormalization() if form == "default" else UnbiasedBatchNormalization()
    try:
        layer(arrays["features"][:1], training=True)
    except ValueError:
        return _give("", refused=[1.0])
    return _give("gives β", refused=[0.0])


def frozen_batch_norm(arrays: Arrays, form: str) -> Arrays:
    layer = layers.BatchNormalization(momentum=0.9)
    layer.trainable = False
    layer(_last(arrays["images"] + 3), training=True)
    return _give("`trainable=False`: infers, and stays", mean=layer.moving_mean)


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


def time_axis(arrays: Arrays, form: str) -> Arrays:
    sequence, tensors = arrays["sequence"], {name: arrays[f"gru.{name}"] for name in GRU}
    layer = _load(layers.GRU(6, return_sequences=True), sequence, tensors)
    return _give("second, behind the batch's", output=layer(sequence))


def _biases(layer: keras.Layer, arrays: Arrays, tensors: Arrays) -> Arrays:
    """How far the bias moves in one step on the mean of the outputs."""
    sequence = arrays["sequence"]
    model = keras.Sequential([layer, layers.GlobalAveragePooling1D()])
    _load(model.layers[0], sequence, tensors)
    # The gradient of the mean of outputs, as that of a squared error whose target lies just beside them.
    target = ops.convert_to_numpy(model(sequence)) - 0.5
    model.compile(keras.optimizers.SGD(1.0), "mse", run_eagerly=True)
    model.train_on_batch(sequence, target)
    return _give("one", moved=model.layers[0].cell.bias - tensors["bias_ih_l0"])


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
    layer = _load(own if form == "default" else Stack(layers.LSTM, 6, dropout=0.5), sequence, tensors)
    return _give("on the layer's inputs", output=layer(sequence, training=True))


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


def average_pool_side(arrays: Arrays, form: str) -> Arrays:
    pool = layers.AveragePooling2D(3, strides=2, padding="same")
    if form == "reconciled":
        pool = make_pool("average", 3, 2, padding=1)
    return _give(
        '`padding="same"`: at the end only, where the size is even', output=_first(pool(_last(arrays["images"])))
    )


def max_pool_padding(arrays: Arrays, form: str) -> Arrays:
    pool = layers.MaxPooling2D(3, strides=2, padding="same")
    if form == "reconciled":
        pool = make_pool("max", 3, 2, padding=1)
    return _give(
        '`padding="same"`: at the end only, where the size is even', output=_first(pool(_last(arrays["images"])))
    )


def transposed_padding(arrays: Arrays, form: str) -> Arrays:
    images, size = _last(arrays["images"]), 3 if form == "default" else 4
    layer = layers.Conv2DTranspose(5, size, strides=2, padding="same", use_bias=False)
    layer = _load(layer, images, {"weight": arrays["deconv.weight"][..., :size, :size]})
    return _give('`padding="same"`: cut at the end', output=_first(layer(images)))


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


def prelu_slope(arrays: Arrays, form: str) -> Arrays:
    stated = {"alpha_initializer": keras.initializers.Constant(0.25), "shared_axes": [1]}
    layer = layers.PReLU(**({} if form == "default" else stated))
    output = layer(arrays["features"])
    return _give(f"{layer.alpha.numpy().max():g}, one for each feature", output=output)


def standard_deviation(arrays: Arrays, form: str) -> Arrays:
    return _give("`ops.std`: ÷ n", output=ops.std(arrays["features"], axis=0))


ATTENTION = ("in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias")


def attention_mask(arrays: Arrays, form: str) -> Arrays:
    sequence, tensors = arrays["sequence"], {name: arrays[f"attention.{name}"] for name in ATTENTION}
    layer = _load(layers.MultiHeadAttention(2, 4), sequence, tensors)
    mask = np.broadcast_to(arrays["mask"], (len(sequence), *arrays["mask"].shape))
    return _give("True is kept", output=layer(sequence, sequence, attention_mask=mask))


def attention_size(arrays: Arrays, form: str) -> Arrays:
    layer = layers.MultiHeadAttention(4, 64 if form == "default" else 64 // 4)
    _One(layer)(keras.Input((5, 64)))
    count = layer.count_params()
    return _give(f"of each head: {count:,}", count=[float(count)])


# --------------------------------------------------------------------------------------- dropout and augmentation


def dropout_mode(arrays: Arrays, form: str) -> Arrays:
    said = {} if form == "default" else {"training": False}
    return _give("infers, unless told `training=True`", output=layers.Dropout(0.5)(arrays["features"], **said))


def filling(arrays: Arrays, form: str) -> Arrays:
    images, down = ops.convert_to_tensor(_last(arrays["images"])), 2
    if form == "reconciled":
        output = augmentation.shift(images, ops.convert_to_tensor([[down, 0]] * len(images)))
    else:
        output = layers.RandomTranslation((down / 8, down / 8), 0.0)(images, training=True)
    return _give("`RandomTranslation`: a reflection", output=_first(output))


def flipping(arrays: Arrays, form: str) -> Arrays:
    keras.utils.set_random_seed(0)
    rows = np.broadcast_to(np.arange(8.0)[:, np.newaxis, np.newaxis], (64, 8, 8, 4))
    if form == "reconciled":
        output = augmentation.flip(ops.convert_to_tensor(rows), ops.convert_to_tensor(np.arange(64) % 2 == 0))
    else:
        output = layers.RandomFlip()(rows, training=True)
    return _give("`RandomFlip`: upside down too", upright=np.mean(ops.convert_to_numpy(output)[:, 0, 0, 0] == 0))


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


def smoothed_class_weights(arrays: Arrays, form: str) -> Arrays:
    logits, labels, weights = arrays["logits"], arrays["labels"], arrays["class_weights"]
    if form == "reconciled":
        loss = make_loss("cross_entropy", class_weights=weights.tolist(), label_smoothing=0.1)(labels, logits)
    else:
        given = {"label_smoothing": 0.1, "reduction": "mean_with_sample_weight"}
        loss = keras.losses.CategoricalCrossentropy(from_logits=True, **given)
        loss = loss(np.eye(5)[labels], logits, weights[labels])
    return _give("of the label, on the whole loss", loss=loss)


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
    return _give("`fit`: penalties are in it", loss=_reported(arrays, 6, penalty))


def reported_loss(arrays: Arrays, form: str) -> Arrays:
    return _give("`fit`: of each batch before its step", loss=_reported(arrays, 4))


# ---------------------------------------------------------------------------------------------------- optimizers

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
    return _give("", moved=_train(make_optimizer(spec), arrays, scale, **options))


def _told(optimizer: type[keras.Optimizer], *names: str) -> str:
    defaults = inspect.signature(optimizer).parameters
    return ", ".join(f"{name} {defaults[name].default}" for name in names)


def sgd_learning_rate(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("sgd", 1e-3), arrays)
    return _give(_told(keras.optimizers.SGD, "learning_rate"), moved=_train(keras.optimizers.SGD(), arrays))


def momentum_under_a_drop(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("sgd", 0.1, momentum=0.9), arrays, rates=DROP)
    return _give("buffer of steps", moved=_train(keras.optimizers.SGD(0.1, momentum=0.9), arrays, rates=DROP))


def rmsprop_momentum_under_a_drop(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("rmsprop", 0.1, rho=0.9, momentum=0.9), arrays, rates=DROP)
    optimizer = keras.optimizers.RMSprop(0.1, momentum=0.9, epsilon=1e-8)
    return _give("buffer of steps", moved=_train(optimizer, arrays, rates=DROP))


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


def adagrad_epsilon(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adagrad", 0.01, epsilon=1e-10), arrays, 1e-6)
    optimizer = keras.optimizers.Adagrad(0.01, initial_accumulator_value=0.0, epsilon=1e-10)
    return _give("under the root", moved=_train(optimizer, arrays, 1e-6))


def adadelta_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adadelta", 1.0, rho=0.9, epsilon=1e-6), arrays)
    says = _told(keras.optimizers.Adadelta, "learning_rate", "rho", "epsilon")
    return _give(says, moved=_train(keras.optimizers.Adadelta(), arrays))


def adamax_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adamax", 2e-3), arrays)
    says = _told(keras.optimizers.Adamax, "learning_rate", "epsilon")
    return _give(says, moved=_train(keras.optimizers.Adamax(), arrays))


def adamax_epsilon(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adamax", 1e-3, epsilon=1e-7), arrays, 1e-6)
    return _give("beside the norm", moved=_train(keras.optimizers.Adamax(1e-3, epsilon=1e-7), arrays, 1e-6))


def nadam_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("nadam", 2e-3), arrays)
    says = _told(keras.optimizers.Nadam, "learning_rate", "epsilon")
    return _give(says, moved=_train(keras.optimizers.Nadam(), arrays))


def nadam_momentum(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("nadam", 1e-3, epsilon=1e-7), arrays)
    return _give("β₁(1 − ½·0.96ᵗ)", moved=_train(keras.optimizers.Nadam(1e-3, epsilon=1e-7), arrays))


def weight_decay(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("sgd", 0.1, momentum=0.9, weight_decay=0.1), arrays)
    optimizer = keras.optimizers.SGD(0.1, momentum=np.float64(0.9), weight_decay=0.1)
    return _give("decoupled: taken from the variable", moved=_train(optimizer, arrays))


def adam_weight_decay(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adam", 1e-3, weight_decay=0.1), arrays)
    optimizer = keras.optimizers.Adam(weight_decay=0.1)
    return _give("decoupled: `Adam` is then AdamW", moved=_train(optimizer, arrays))


def l2_factor(arrays: Arrays, form: str) -> Arrays:
    start = arrays["start"]
    penalty = keras.regularizers.L2(0.3 if form == "default" else 0.3 / 2)
    dense = layers.Dense(1, use_bias=False, kernel_regularizer=penalty)
    model = keras.Sequential([keras.Input((len(start),)), dense])
    dense.set_weights([start[:, np.newaxis]])
    model.compile(keras.optimizers.SGD(0.1), "mse", run_eagerly=True)
    model.train_on_batch(np.zeros((1, len(start))), np.zeros((1, 1)))  # nothing but the penalty has a gradient
    return _give("`L2(λ)`: gradient 2λw", moved=dense.get_weights()[0][:, 0] - start)


def muon_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        spec = Optimizer("muon", 1e-3, momentum=0.95, nesterov=True, weight_decay=0.1)
        return _reconciled(spec, arrays, kind="matrix_")
    says = _told(keras.optimizers.Muon, "learning_rate", "weight_decay") + "; times 0.2 √max(rows, columns)"
    return _give(says, moved=_train(keras.optimizers.Muon(), arrays, kind="matrix_"))


def repeated_words(arrays: Arrays, form: str) -> Arrays:
    start = arrays["dense.weight"]
    embedding = layers.Embedding(*start.shape)
    model = keras.Sequential([keras.Input((), dtype="int32"), embedding])
    embedding.set_weights([start])
    optimizer = keras.optimizers.Adam() if form == "default" else make_optimizer(Optimizer("adam", 1e-3))
    model.compile(optimizer, loss=lambda gradients, outputs: ops.sum(gradients * outputs), run_eagerly=True)
    model.train_on_batch(np.array([1, 1, 1, 2]), arrays["features"][:4])
    return _give("Σg², on TensorFlow", moved=embedding.embeddings - start)


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
    return _give("`clipnorm`: of each by itself", **_clipped(optimizer, arrays, 1.0))


def clipping_stabiliser(arrays: Arrays, form: str) -> Arrays:
    optimizer = keras.optimizers.SGD(1.0, global_clipnorm=1e-4) if form == "default" else _canonically(1e-4)
    return _give("`global_clipnorm`: the norm", **_clipped(optimizer, arrays, 1e-3))


def accumulation(arrays: Arrays, form: str) -> Arrays:
    variable = keras.Variable(arrays["start"])
    optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=4)
    for gradient in arrays["gradients"][:4]:
        optimizer.apply([ops.convert_to_tensor(gradient)], [variable])
    return _give("mean", moved=variable - arrays["start"])


def loss_scale(arrays: Arrays, form: str) -> Arrays:
    scaled = keras.optimizers.LossScaleOptimizer if form == "default" else make_scaled
    optimizer = scaled(keras.optimizers.SGD())
    return _give(f"{optimizer.initial_scale:g}", scale=[optimizer.initial_scale])


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
    return _give("reduces after `patience` epochs", rates=_reduced(callback, [1.0] * 9))


def plateau_threshold(arrays: Arrays, form: str) -> Arrays:
    callback = keras.callbacks.ReduceLROnPlateau(patience=2 + 1) if form == "default" else make_plateau(patience=2)
    return _give(f"a number: {callback.min_delta:g}", rates=_reduced(callback, arrays["slow_losses"].tolist()))


def plateau_cooldown(arrays: Arrays, form: str) -> Arrays:
    make, patience = (keras.callbacks.ReduceLROnPlateau, 2 + 1) if form == "default" else (make_plateau, 2)
    callback = make(patience=patience, cooldown=3)
    return _give("its last epoch is one of waiting", rates=_reduced(callback, [1.0] * 20))


def early_stopping(arrays: Arrays, form: str) -> Arrays:
    callback = keras.callbacks.EarlyStopping() if form == "default" else make_early_stopping(patience=2)
    model = _begun(callback)
    losses = arrays["held_out_losses"].tolist()
    for epoch, loss in enumerate(losses):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            break
    return _give(f"`EarlyStopping`: patience {callback.patience}", epochs=[float(epoch + 1)])


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
    return _give("`fit`: on", order=_seen(64, batch_size=64, **given).batches[0])


def held_out_samples(arrays: Arrays, form: str) -> Arrays:
    return _give("`validation_split`: the last", held_out=_seen(64, validation_split=0.25).held_out)


def batch_size(arrays: Arrays, form: str) -> Arrays:
    batches = _seen(64, **({} if form == "default" else {"batch_size": 16})).batches
    return _give(f"`fit`: {len(batches[0])}", steps=[float(len(batches))])
