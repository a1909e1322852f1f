"""Keras on JAX: the train function is a jitted pure function, and the state goes through it and back."""

import functools
import math
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np

from harness.contract import DeviceMemory, NoDevice, Part, Setup
from models_keras.backends import shared
from models_keras.techniques.sharpness import uphill

sqrt, sign, maximum = jnp.sqrt, jnp.sign, jnp.maximum
read, moments = shared.read, shared.moments
seed, settle = shared.seed, shared.settle
random_state, restore_random_state = shared.random_state, shared.restore_random_state


MATMUL_PRECISION: dict[str, str | None] = {"tf32": "tensorfloat32", "bf16": None, "fp16": None}
"""Of products and convolutions, where not the highest; None is JAX's own."""


def configure(setup: Setup) -> None:
    """Set float64 where it is asked, and how float32 is multiplied. Threads follow the process' affinity."""
    if setup.device == "gpu":
        _require_gpu()
    jax.config.update("jax_enable_x64", setup.precision == "fp64")
    jax.config.update("jax_default_matmul_precision", MATMUL_PRECISION.get(setup.precision, "highest"))


def _require_gpu() -> None:
    try:
        found = jax.default_backend()
    except RuntimeError as error:  # of a JAX without CUDA, or without a GPU that it could use
        raise NoDevice(f"JAX {jax.__version__} finds no GPU here: {error}") from None
    if found != "gpu":
        raise NoDevice(f"JAX {jax.__version__} finds no GPU here")


def place(*batch: Any) -> Any:
    """Put one batch, or its inputs alone, on the device, in the form that train and predict functions take."""
    return jax.device_put(batch)


LOADING: dict[str, Any] = {}
"""See ``models_keras.techniques.data_loading``: JAX brings nothing of its own."""


def taker(take: Callable[[Any], None]) -> Callable[[Any, Any], tuple[dict[str, Any], Any]]:
    """Return a train function that hands over its batch and trains nothing."""

    def taking(state: Any, batches: Iterator[Any]) -> tuple[dict[str, Any], Any]:
        take(next(batches))
        return {"loss": 0.0}, state

    return taking


def run_steps(model: keras.Model, batches: Iterator[Any], count: int) -> float:
    """Run ``count`` train steps, wait for the device once, and return the mean loss since the metrics' reset.

    The state stays on the device. JAX donates it to each step, so the variables must take the last one back.
    """
    variables = _state(model)
    state = tuple(_values(group) for group in variables)
    for _ in range(count):
        logs, state = model.train_function(state, batches)
    jax.block_until_ready(state)
    hand_back(variables, state)
    return float(logs["loss"])


def _state(model: keras.Model) -> tuple[Sequence[Any], ...]:
    """Return the variables that go through a train step, in its order."""
    return (
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
        model.metrics_variables,
    )


def run_passes(model: keras.Model, batches: Iterator[Any], count: int) -> Any:
    """Run ``count`` forward passes, wait for the device once, and return the last outputs.

    The state goes through them as through train steps, and JAX donates it.
    """
    variables = (model.trainable_variables, model.non_trainable_variables)
    state = tuple(_values(group) for group in variables)
    for _ in range(count):
        outputs, state = model.predict_function(state, batches)
    jax.block_until_ready((outputs, state))
    hand_back(variables, state)
    return outputs


def time_passes(model: keras.Model, batches: Iterator[Any], laps: np.ndarray) -> None:
    """Run forward passes, wait for the device after each, and note in ``laps`` how many nanoseconds each took."""
    variables = (model.trainable_variables, model.non_trainable_variables)
    state = tuple(_values(group) for group in variables)
    for lap in range(len(laps)):
        began = time.perf_counter_ns()
        outputs, state = model.predict_function(state, batches)
        jax.block_until_ready((outputs, state))
        laps[lap] = time.perf_counter_ns() - began
    hand_back(variables, state)


def hand_back(variables: Sequence[Sequence[Any]], state: Sequence[Sequence[Any]]) -> None:
    """Let variables hold the state that JAX returned in place of the one that it was given."""
    for group, values in zip(variables, state, strict=True):
        for variable, value in zip(group, values, strict=True):
            variable.assign(value)


def caller(model: keras.Model, tapped: Callable[[dict[str, Any]], Any]) -> Callable[[Any, bool], Any]:
    """Return a function of inputs and mode to the outputs and what ``tapped`` catches on the way.

    Jitted: what loops inside, such as a recurrent layer, would be compiled anew at every eager call.
    """
    names: list[str] = []  # a jitted function's dictionaries come back sorted

    @functools.partial(jax.jit, static_argnums=3)
    def outputs(trainable: list[Any], others: list[Any], inputs: Any, training: bool) -> tuple[Any, list[Any], Any]:
        caught: dict[str, Any] = {}
        with keras.StatelessScope(_mapping(model, trainable, others)) as scope, tapped(caught):
            output = model(inputs, training=training)
        names[:] = caught
        updated = [scope.get_current_value(variable) for variable in model.non_trainable_variables]
        return output, list(caught.values()), updated

    def call(x: Any, training: bool) -> tuple[Any, dict[str, Any]]:
        others = model.non_trainable_variables
        output, caught, updated = outputs(_values(model.trainable_variables), _values(others), x, training)
        hand_back((others,), (updated,))
        return output, dict(zip(names, caught, strict=True))

    return call


class OwnStep:
    """``train_step`` written by hand, for a model to inherit before it inherits Keras' own.

    Attributes:
        radius: See ``harness.contract.TrainStep``.
    """

    radius = 0.0

    def train_step(self, state: Any, data: Any) -> tuple[dict[str, Any], Any]:
        """One step of gradient descent on a batch, as a function: the state goes in and comes out."""
        trainable, others, slots, metrics = state
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        differentiate = jax.value_and_grad(self.compute_loss_and_updates, has_aux=True)
        known: dict[str, Any] = {"training": True, "optimizer_variables": slots}
        (_, (loss, _, others, metrics)), gradients = differentiate(trainable, others, metrics, x, y, None, **known)
        if self.radius:
            there = uphill(trainable, gradients, self.radius)
            (_, (_, _, others, metrics)), gradients = differentiate(there, others, metrics, x, y, None, **known)
        trainable, slots = self.optimizer.stateless_apply(slots, gradients, trainable)
        with keras.StatelessScope(list(zip(self.metrics_variables, metrics, strict=True))) as scope:
            told = shared.logs(self, loss, len(x))
        metrics = [scope.get_current_value(variable) for variable in self.metrics_variables]
        return told, (trainable, others, slots, metrics)


def differentiator(model: keras.Model, wrt_inputs: bool = True) -> Callable[[Any, Any], Any]:
    """Return a function of a batch to its mean loss in training mode, and the gradients; jitted.

    The gradients are by variable, in a list, and, where asked, by input.
    """
    by = (0, 1) if wrt_inputs else (0,)
    differentiated = jax.jit(jax.value_and_grad(_loss_of(model), argnums=by, has_aux=True))

    def gradients(x: Any, y: Any) -> tuple[Any, list[Any], Any]:
        others = model.non_trainable_variables
        (loss, updated), (found, *of_x) = differentiated(_values(model.trainable_variables), x, _values(others), y)
        for variable, value in zip(others, updated, strict=True):
            variable.assign(value)
        return loss, found, of_x[0] if wrt_inputs else None

    return gradients


UNCHANGED = frozenset({
    "reshape", "transpose", "broadcast_in_dim", "squeeze", "expand_dims", "slice", "copy", "stop_gradient",
})  # fmt: skip
"""Operations that compute nothing."""

OF_NUMBERS = ("reduce", "scatter")
"""How operations begin whose function is of two numbers, and no operation by itself."""


def operations(model: keras.Model, batch: Any) -> Mapping[tuple[str, str], int]:
    """Return how often the function that a train step is has each operation, by name and type of what it gives."""
    traced = jax.make_jaxpr(model.train_step)(tuple(_values(group) for group in _state(model)), batch)
    found: Counter[tuple[str, str]] = Counter()

    def note(jaxpr: Any) -> None:
        for equation in jaxpr.eqns:
            name = equation.primitive.name
            inner = () if name.startswith(OF_NUMBERS) else equation.params.values()
            within = [one for value in inner for one in _jaxprs(value)]
            for one in within:
                note(one)
            kind = getattr(equation.outvars[0].aval, "dtype", None) if equation.outvars and not within else None
            if kind is not None and jnp.issubdtype(kind, jnp.floating) and name not in UNCHANGED:
                found[name, str(kind)] += 1

    note(traced.jaxpr)
    return found


def _jaxprs(value: Any) -> Iterator[Any]:
    """Yield the functions among an operation's parameters."""
    for one in value if isinstance(value, (tuple, list)) else [value]:
        jaxpr = getattr(one, "jaxpr", one)
        if hasattr(jaxpr, "eqns"):
            yield jaxpr


def parts(model: keras.Model) -> dict[Part, Callable[[Iterator[Any], int], float]]:
    """Return what runs so many of a part of a train step over batches, jitted as the step is, and gives the last loss.

    As in ``run_steps`` the state stays on the device.
    """
    loss_of = _loss_of(model)

    def forward(*known: Any) -> Any:
        loss, updated = loss_of(*known)
        return loss, updated, ()

    def forward_backward(*known: Any) -> Any:
        (loss, updated), gradients = jax.value_and_grad(loss_of, has_aux=True)(*known)
        return loss, updated, gradients  # or XLA would leave them out

    def over(part: Callable[..., Any]) -> Callable[[Iterator[Any], int], float]:
        run = jax.jit(part, donate_argnums=2)

        def run_over(batches: Iterator[Any], count: int) -> float:
            trainable, others = _values(model.trainable_variables), _values(model.non_trainable_variables)
            for _ in range(count):
                x, y = next(batches)
                loss, others, gradients = run(trainable, x, others, y)
            jax.block_until_ready((loss, others, gradients))
            hand_back([model.non_trainable_variables], [others])
            return float(loss)

        return run_over

    return {"forward": over(forward), "forward+backward": over(forward_backward)}


def no_step(model: keras.Model) -> Callable[[Any, Any], Any]:
    """Return a train function that draws its batch and leaves the state as it is."""
    loss = jnp.zeros(())

    def draw(state: Any, iterator: Iterator[Any]) -> tuple[dict[str, Any], Any]:
        next(iterator)
        return {"loss": loss}, state

    return draw


def adder(numbers: int) -> Callable[[], Any]:
    """Return what adds one array of float32 numbers to another, in place: JAX donates the first."""
    add, total, term = jax.jit(jnp.add, donate_argnums=0), jnp.zeros(numbers), jnp.ones(numbers)

    def run() -> Any:
        nonlocal total
        total = add(total, term)
        return total

    return run


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of tensors as this backend runs it inside a model: compiled by XLA."""
    return jax.jit(function)


def wait(result: Any) -> Any:
    """Return a result once the device has it."""
    return jax.block_until_ready(result)


def device_memory() -> DeviceMemory:
    """Return the peaks of the GPU's memory since the process began: JAX does not set its counters back."""
    told = jax.devices()[0].memory_stats() or {}
    return DeviceMemory(told.get("peak_bytes_in_use"), told.get("peak_pool_bytes"), since_start=True)


def settings() -> dict[str, Any]:
    """Return what is in force, read back from JAX; it does not tell its threads, which follow the affinity."""
    return {
        "threads": len(os.sched_getaffinity(0)),
        "x64": jax.config.jax_enable_x64,
        "matmul_precision": jax.config.jax_default_matmul_precision,
        "platform": jax.default_backend(),
        **({"device": jax.devices()[0].device_kind} if jax.default_backend() == "gpu" else {}),
    }


def tensors(variables: Sequence[Any]) -> list[Any]:
    """Return the values of variables; tensors stay as they are."""
    return [keras.ops.convert_to_tensor(variable) for variable in variables]


def in_host_memory(x: Any) -> np.ndarray | None:
    """Return a tensor's values if they can be read at no cost: if it is not traced and lies on the CPU."""
    if not isinstance(x, jax.Array) or isinstance(x, jax.core.Tracer):
        return None
    return np.asarray(x) if {device.platform for device in x.devices()} == {"cpu"} else None


def together(values: list[Any]) -> list[Any]:
    """Return tensors as an update rule takes them: here one by one, for the compiler to join."""
    return values


def apart(values: list[Any]) -> list[Any]:
    """Inverse of ``together``."""
    return values


def number(scalar: Any) -> Any:
    """Return a scalar variable as an update rule takes it: here a tensor in the type of the parameters."""
    return keras.ops.cast(scalar, keras.config.floatx())


def one_minus_power(beta: float, step: Any) -> Any:
    """Return 1 − βᵗ to all digits of the type, where a subtraction would lose the first of them."""
    return -keras.ops.expm1(step * keras.ops.cast(np.float64(math.log(beta)), step.dtype))


def total_norm(values: list[Any]) -> Any:
    """Return the Euclidean norm of all elements of all tensors."""
    return jnp.sqrt(sum(jnp.sum(jnp.square(value)) for value in values))


def updater(optimizer: keras.Optimizer, variables: list[Any]) -> Callable[[list[Any]], None]:
    """Return a function that applies gradients, compiled as the train function is: jitted, state in and out."""
    apply = jax.jit(optimizer.stateless_apply)

    def update(gradients: list[Any]) -> None:
        groups = (variables, optimizer.variables)
        parameters, slots = (_values(group) for group in groups)
        hand_back(groups, apply(slots, gradients, parameters))

    return update


def _loss_of(model: keras.Model) -> Callable[..., Any]:
    """Return the mean loss of a batch in training mode as a function, with what non-trainable variables become."""

    def loss_of(trainable: list[Any], inputs: Any, others: list[Any], targets: Any) -> Any:
        # Around the loss too: penalties of regularizers read variables.
        with keras.StatelessScope(_mapping(model, trainable, others)) as scope:
            loss = model.compute_loss(inputs, targets, model(inputs, training=True), training=True)
        return loss, [scope.get_current_value(variable) for variable in model.non_trainable_variables]

    return loss_of


def _values(variables: Sequence[Any]) -> list[Any]:
    return [variable.value for variable in variables]


def _mapping(model: keras.Model, trainable: list[Any], others: list[Any]) -> list[tuple[Any, Any]]:
    """Return what the model's variables are to stand for while a function is traced."""
    variables = (model.trainable_variables, trainable), (model.non_trainable_variables, others)
    return [pair for group in variables for pair in zip(*group, strict=True)]


def export_arguments(form: str, batch: int | None) -> dict[str, Any]:
    """Return what ``model.export`` is told beside format and signature: nothing."""
    return {}
