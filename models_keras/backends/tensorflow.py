"""Keras on TensorFlow: the train function is a ``tf.function``, compiled by XLA where ``compile()`` chooses so."""

import contextlib
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

import keras
import numpy as np
import tensorflow as tf

from harness.contract import DeviceMemory, Loading, NoDevice, Part, Setup
from models_keras.backends import shared
from models_keras.techniques.sharpness import uphill

sqrt, sign, maximum = tf.sqrt, tf.sign, tf.maximum
read = shared.read
seed, settle = shared.seed, shared.settle
random_state, restore_random_state = shared.random_state, shared.restore_random_state


def configure(setup: Setup) -> None:
    """Set threads and how float32 is multiplied before TensorFlow starts its runtime."""
    if setup.device == "gpu" and not tf.config.list_physical_devices("GPU"):
        raise NoDevice(f"TensorFlow {tf.__version__} finds no GPU here")
    tf.config.threading.set_intra_op_parallelism_threads(setup.threads)
    tf.config.threading.set_inter_op_parallelism_threads(setup.threads)
    tf.config.experimental.enable_tensor_float_32_execution(setup.precision == "tf32")


def place(*batch: Any) -> Any:
    """Put one batch, or its inputs alone, on the device, in the form that train and predict functions take."""
    return tuple(tf.constant(part) for part in batch)


def taker(take: Callable[[Any], None]) -> Callable[[Any], dict[str, Any]]:
    """Return a train function that hands over its batch and trains nothing."""

    def taking(batches: Iterator[Any]) -> dict[str, Any]:
        take(next(batches))
        return {"loss": 0.0}

    return taking


def by_tf_data(_loading: Loading, x: Any, y: Any, order: Any, batch_size: int) -> tf.data.Dataset:
    """Return the batches of an epoch, the next ones of which are prepared while one is trained on."""
    return tf.data.Dataset.from_tensor_slices((x[order], y[order])).batch(batch_size).prefetch(tf.data.AUTOTUNE)


LOADING = {"tf_data": by_tf_data}
"""See ``models_keras.techniques.data_loading``."""


def run_steps(model: keras.Model, batches: Iterator[Any], count: int) -> float:
    """Run ``count`` train steps, wait for the device once, and return the mean loss since the metrics' reset."""
    for _ in range(count):
        logs = model.train_function(batches)
    tf.test.experimental.sync_devices()
    return float(logs["loss"])


def run_passes(model: keras.Model, batches: Iterator[Any], count: int) -> Any:
    """Run ``count`` forward passes, wait for the device once, and return the last outputs."""
    for _ in range(count):
        outputs = model.predict_function([next(batches)])
    tf.test.experimental.sync_devices()
    return outputs


def time_passes(model: keras.Model, batches: Iterator[Any], laps: np.ndarray) -> None:
    """Run forward passes, wait for the device after each, and note in ``laps`` how many nanoseconds each took."""
    for lap in range(len(laps)):
        began = time.perf_counter_ns()
        model.predict_function([next(batches)])
        tf.test.experimental.sync_devices()
        laps[lap] = time.perf_counter_ns() - began


class OwnStep:
    """``train_step`` written by hand, for a model to inherit before it inherits Keras' own.

    Attributes:
        radius: See ``harness.contract.TrainStep``.
    """

    radius = 0.0

    def train_step(self, data: Any) -> dict[str, Any]:
        """One step of gradient descent on a batch; Keras wraps it into the ``tf.function`` that ``fit`` calls."""
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        variables = self.trainable_variables
        loss, gradients = self.differentiate(x, y)
        if self.radius:
            kept = [tf.identity(variable.value) for variable in variables]
            for variable, value in zip(variables, uphill(kept, gradients, self.radius), strict=True):
                variable.assign(value)
            _, gradients = self.differentiate(x, y)
            for variable, value in zip(variables, kept, strict=True):
                variable.assign(value)
        self.optimizer.apply(gradients, variables)
        return shared.logs(self, loss, tf.shape(x)[0])

    def differentiate(self, x: Any, y: Any) -> tuple[Any, list[Any]]:
        """Return the mean loss of a batch and its gradients by the trained variables."""
        with tf.GradientTape() as tape:
            loss = self.compute_loss(x, y, self(x, training=True), training=True)
        return loss, tape.gradient(loss, [variable.value for variable in self.trainable_variables])


def caller(model: keras.Model, tapped: Callable[[dict[str, Any]], Any]) -> Callable[[Any, bool], Any]:
    """Return a function of inputs and mode to the outputs and what ``tapped`` catches on the way; a graph.

    Eagerly, what loops inside, such as a recurrent layer, would be told to the device step by step at every call.
    """
    call: Callable[[Any, bool], Any] = tf.function(shared.caller(model, tapped))
    return call


def differentiator(model: keras.Model, wrt_inputs: bool = True) -> Callable[[Any, Any], Any]:
    """Return a function of a batch to its mean loss in training mode, and the gradients; a graph, as ``caller`` gives.

    The gradients are by variable, in a list, and, where asked, by input.
    """

    @tf.function
    def gradients(x: Any, y: Any) -> tuple[Any, list[Any], Any]:
        with tf.GradientTape() as tape:
            if wrt_inputs:
                tape.watch(x)
            loss = model.compute_loss(x, y, model(x, training=True), training=True)
        sources = [variable.value for variable in model.trainable_variables], [x] if wrt_inputs else []
        found, of_inputs = tape.gradient(loss, sources)
        return loss, [tf.convert_to_tensor(gradient) for gradient in found], of_inputs[0] if wrt_inputs else None

    return cast(Callable[[Any, Any], Any], gradients)


UNCHANGED = frozenset({
    "Const", "Identity", "IdentityN", "NoOp", "Placeholder", "ReadVariableOp", "AssignVariableOp", "Reshape", "Squeeze",
    "ExpandDims", "Transpose", "StridedSlice", "PartitionedCall", "StatefulPartitionedCall", "StopGradient",
    "PreventGradient", "ZerosLike", "OnesLike", "BroadcastGradientArgs",
})  # fmt: skip
"""Operations that compute nothing."""

INNER = ("body", "cond", "then_branch", "else_branch", "f")
"""Attributes of operations that name functions which they run."""


def operations(model: keras.Model, batch: Any) -> Mapping[tuple[str, str], int]:
    """Return how often a train step's graph, as it is traced, has each operation, by name and type of what it gives."""
    found: Counter[tuple[str, str]] = Counter()
    met = set()

    def note(graph: Any) -> None:
        for operation in graph.get_operations():
            kind = operation.outputs[0].dtype if operation.outputs else None
            if kind and kind.is_floating and operation.type not in UNCHANGED:
                found[operation.type, kind.name] += 1
            for name in INNER:  # what loops, chooses or is called, each once
                with contextlib.suppress(ValueError):
                    inner = operation.get_attr(name).name
                    if inner and inner not in met:
                        met.add(inner)
                        note(graph._get_function(inner).graph)

    note(tf.function(model.train_step).get_concrete_function(batch).graph)
    return found


def parts(model: keras.Model) -> dict[Part, Callable[[Iterator[Any], int], float]]:
    """Return what runs so many of a part of a train step over batches, compiled as that is, and gives the last loss."""

    def forward(x: Any, y: Any) -> Any:
        return model.compute_loss(x, y, model(x, training=True), training=True), ()

    def forward_backward(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            loss, _ = forward(x, y)
        sources = [variable.value for variable in model.trainable_variables]
        return loss, tape.gradient(loss, sources)  # or the compiler would leave them out

    def over(part: Callable[..., Any]) -> Callable[[Iterator[Any], int], float]:
        run = tf.function(part, jit_compile=model.jit_compile)

        def run_over(batches: Iterator[Any], count: int) -> float:
            for _ in range(count):
                loss, _ = run(*next(batches))
            tf.test.experimental.sync_devices()
            return float(loss)

        return run_over

    return {"forward": over(forward), "forward+backward": over(forward_backward)}


def no_step(model: keras.Model) -> Callable[[Any], Any]:
    """Return a train function that draws its batch, inside a graph as Keras' own does."""

    @tf.function
    def draw(iterator: Iterator[Any]) -> dict[str, Any]:
        next(iterator)
        return {"loss": tf.zeros(())}

    return draw


def adder(numbers: int) -> Callable[[], Any]:
    """Return what adds one array of float32 numbers to another, in place."""
    total, term = tf.Variable(tf.zeros(numbers)), tf.ones(numbers)
    return lambda: total.assign_add(term, read_value=False)


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of tensors as this backend runs it inside a model: as a graph."""
    return tf.function(function)


def wait(result: Any) -> Any:
    """Return a result once the device has it."""
    tf.test.experimental.sync_devices()
    return result


def device_memory() -> DeviceMemory:
    """Return the peak of the GPU's memory since the last call; of what it took from the driver TensorFlow is silent."""
    told = tf.config.experimental.get_memory_info("GPU:0")["peak"]
    tf.config.experimental.reset_memory_stats("GPU:0")
    return DeviceMemory(told, None)


def settings() -> dict[str, Any]:
    """Return what is in force, read back from TensorFlow."""
    return {
        "threads": tf.config.threading.get_intra_op_parallelism_threads(),
        "inter_op_threads": tf.config.threading.get_inter_op_parallelism_threads(),
        "tf32": tf.config.experimental.tensor_float_32_execution_enabled(),
        **({"device": tf.config.experimental.get_device_details(gpu)["device_name"]} if (gpu := _gpu()) else {}),
    }


def _gpu() -> Any:
    return next(iter(tf.config.list_physical_devices("GPU")), None)


def tensors(variables: Sequence[Any]) -> list[Any]:
    """Return the values of variables; tensors stay as they are, but for sparse gradients, which become dense."""
    return [tf.convert_to_tensor(variable) for variable in variables]


def in_host_memory(x: Any) -> np.ndarray | None:
    """Return a tensor's values if they can be read at no cost: if it is eager and lies on the CPU."""
    if not tf.is_tensor(x) or tf.is_symbolic_tensor(x) or "CPU" not in x.device:
        return None
    return x.numpy()


def together(values: list[Any]) -> list[Any]:
    """Return tensors as an update rule takes them: here one by one, for the graph compiler to join."""
    return values


def apart(values: list[Any]) -> list[Any]:
    """Inverse of ``together``."""
    return values


def number(scalar: Any) -> Any:
    """Return a scalar variable as an update rule takes it: here a tensor in the type of the parameters."""
    return tf.cast(scalar, keras.config.floatx())


def one_minus_power(beta: float, step: Any) -> Any:
    """Return 1 − βᵗ to all digits of the type, where a subtraction would lose the first of them."""
    return -keras.ops.expm1(step * keras.ops.cast(np.float64(math.log(beta)), step.dtype))


def total_norm(values: list[Any]) -> Any:
    """Return the Euclidean norm of all elements of all tensors."""
    return tf.linalg.global_norm(values)


def moments(x: Any) -> tuple[Any, Any]:
    """Return mean and biased variance of each channel of (N, ..., channels), on a CPU one axis after the other.

    There TensorFlow adds up what lies above the last axis one by one: the variance of 25,088 float32 values is 4e-5
    off, of as many by three short sums 1e-7 (``twinbench parity`` found it; docs/proving.md).
    """
    return shared.moments(x) if tf.config.list_logical_devices("GPU") else _moments(x)


@tf.custom_gradient
def _moments(x: Any) -> tuple[Any, Any]:
    """Return the same, with the gradient written out: derived through every sum, it takes longer than the sums."""

    def mean(of: Any) -> Any:
        for _ in of.shape[:-1]:
            of = tf.reduce_mean(of, -2)
        return of

    center = mean(x)
    share = 1 / tf.cast(tf.size(x) / tf.size(center), x.dtype)

    def gradient(of_mean: Any, of_variance: Any) -> Any:
        return share * of_mean + (x - center) * (2 * share * of_variance)

    return (center, mean(tf.math.squared_difference(x, center))), gradient


def updater(optimizer: keras.Optimizer, variables: list[Any]) -> Callable[[list[Any]], None]:
    """Return a function that applies gradients, compiled as the train function is: a ``tf.function``."""

    @tf.function
    def update(gradients: list[Any]) -> None:
        optimizer.apply(gradients, variables)

    return update


def export_arguments(form: str, batch: int | None) -> dict[str, Any]:
    """Return what ``model.export`` is told beside format and signature: nothing."""
    return {}


def run_saved_model(path: str, x: np.ndarray) -> np.ndarray:
    """Return the outputs of a SavedModel, whatever wrote it."""
    loaded = tf.saved_model.load(path)  # whose variables live no longer than it
    return np.asarray(loaded.serve(tf.constant(x)))


def run_litert(path: str, x: np.ndarray) -> np.ndarray:
    """Return the outputs of a LiteRT file, by the interpreter within TensorFlow; the batch is as large as ``x`` has it.

    Raises:
        ValueError: If the file is for batches of another size; asked for one all the same, the interpreter may crash.
    """
    interpreter = tf.lite.Interpreter(path)
    (entry,), (end,) = interpreter.get_input_details(), interpreter.get_output_details()
    if entry["shape_signature"][0] not in (-1, len(x)):
        raise ValueError(f"it takes batches of {entry['shape_signature'][0]}, not of {len(x)}")
    interpreter.resize_tensor_input(entry["index"], x.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(entry["index"], x.astype(entry["dtype"]))
    interpreter.invoke()
    return interpreter.get_tensor(end["index"])
