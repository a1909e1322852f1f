"""Keras on torch: the train function runs eagerly."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.data import DataLoader, TensorDataset

from harness.contract import DeviceMemory, Loading, NoDevice, Part, Setup
from models_keras.backends import shared
from models_keras.techniques.sharpness import uphill

caller, moments = shared.caller, shared.moments

ON_GPU = torch.cuda.is_available()
"""What Keras asks at its import, to compute there."""


def configure(setup: Setup) -> None:
    """Set threads and how float32 is multiplied. Keras takes the GPU wherever torch sees one."""
    if setup.device == "gpu" and not ON_GPU:
        raise NoDevice(f"PyTorch {torch.__version__} finds no GPU here")
    torch.set_num_threads(setup.threads)
    if torch.get_num_interop_threads() != setup.threads:  # may be set once in a process
        torch.set_num_interop_threads(setup.threads)
    # Older switches first: parts of PyTorch still read these, and raise where they say another thing.
    torch.set_float32_matmul_precision("high" if setup.precision == "tf32" else "highest")
    torch.backends.cudnn.allow_tf32 = setup.precision == "tf32"
    # One by one: in PyTorch 2.11 the switch for all leaves those of cuDNN as they are, TF32; in 2.13 it does not.
    for switch in (torch.backends, torch.backends.cuda.matmul, torch.backends.cudnn.conv, torch.backends.cudnn.rnn):
        switch.fp32_precision = "tf32" if setup.precision == "tf32" else "ieee"


def seed(number: int) -> None:
    """Start anew what is random beside the states of the layers: Keras' dropout draws from torch's own generator."""
    torch.manual_seed(number)


def random_state() -> dict[str, Any]:
    """Return where that stands."""
    return {"torch": torch.get_rng_state().numpy()} | ({"cuda": torch.cuda.get_rng_state().numpy()} if ON_GPU else {})


def restore_random_state(state: dict[str, Any]) -> None:
    """Inverse of ``random_state``."""
    torch.set_rng_state(torch.from_numpy(state["torch"].copy()))
    if ON_GPU:
        torch.cuda.set_rng_state(torch.from_numpy(state["cuda"].copy()))


def settle(model: keras.Model, x: Any, y: Any) -> None:
    """Do beforehand what a first ``fit`` does to random numbers.

    It asks its ``DataLoader`` for a batch to learn shapes from, and each asking draws from torch's own generator: the
    first epoch in a process would be another than in one that has trained before.
    """
    state = random_state()
    model.test_on_batch(x, y)
    model.reset_metrics()
    restore_random_state(state)


def place(*batch: Any) -> Any:
    """Put one batch, or its inputs alone, on the device, in the form that train and predict functions take."""
    return [tuple(keras.ops.convert_to_tensor(part) for part in batch)]


def read(batch: Any) -> tuple[Any, Any]:
    """Inverse of ``place``, as NumPy arrays."""
    ((x, y),) = batch
    return keras.ops.convert_to_numpy(x), keras.ops.convert_to_numpy(y)


def taker(take: Callable[[Any], None]) -> Callable[[Any], dict[str, Any]]:
    """Return a train function that hands over its batch and trains nothing."""

    def taking(batch: Any) -> dict[str, Any]:
        take(batch)
        return {"loss": 0.0}

    return taking


def by_dataloader(loading: Loading, x: Any, y: Any, order: Any, batch_size: int) -> DataLoader[Any]:
    """Return a ``DataLoader`` that puts batches together sample by sample, here or in processes."""
    return DataLoader(
        TensorDataset(torch.from_numpy(x), torch.from_numpy(y)),
        batch_size=batch_size,
        sampler=order.tolist(),
        num_workers=loading.workers,
        pin_memory=loading.pinned,
        generator=torch.Generator(),  # each epoch draws a seed for its workers: not from what dropout draws from
    )


LOADING = {"dataloader": by_dataloader}
"""See ``models_keras.techniques.data_loading``."""


def run_steps(model: keras.Model, batches: Iterator[Any], count: int) -> float:
    """Run ``count`` train steps, wait for the device once, and return the mean loss since the metrics' reset."""
    for _ in range(count):
        logs = model.train_function(next(batches))
    return float(wait(logs["loss"]))


def run_passes(model: keras.Model, batches: Iterator[Any], count: int) -> Any:
    """Run ``count`` forward passes, wait for the device once, and return the last outputs."""
    for _ in range(count):
        outputs = model.predict_function(next(batches))
    return wait(outputs)


def time_passes(model: keras.Model, batches: Iterator[Any], laps: np.ndarray) -> None:
    """Run forward passes, wait for the device after each, and note in ``laps`` how many nanoseconds each took."""
    for lap in range(len(laps)):
        began = time.perf_counter_ns()
        wait(model.predict_function(next(batches)))
        laps[lap] = time.perf_counter_ns() - began


class OwnStep:
    """``train_step`` written by hand, for a model to inherit before it inherits Keras' own.

    Attributes:
        radius: See ``harness.contract.TrainStep``.
    """

    radius = 0.0

    def train_step(self, data: Any) -> dict[str, Any]:
        """One step of gradient descent on a batch."""
        x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        variables = self.trainable_variables
        loss, gradients = self.differentiate(x, y)
        with torch.no_grad():
            if self.radius:
                kept = [variable.value.detach().clone() for variable in variables]
                for variable, value in zip(variables, uphill(kept, gradients, self.radius), strict=True):
                    variable.assign(value)
                with torch.enable_grad():
                    _, gradients = self.differentiate(x, y)
                for variable, value in zip(variables, kept, strict=True):
                    variable.assign(value)
            self.optimizer.apply(gradients, variables)
        return shared.logs(self, loss.detach(), len(x))

    def differentiate(self, x: Any, y: Any) -> tuple[Any, list[Any]]:
        """Return the mean loss of a batch and its gradients by the trained variables."""
        loss = self.compute_loss(x, y, self(x, training=True), training=True)
        return loss, list(torch.autograd.grad(loss, [variable.value for variable in self.trainable_variables]))


def differentiator(model: keras.Model, wrt_inputs: bool = True) -> Callable[[Any, Any], Any]:
    """Return a function of a batch to its mean loss in training mode, and the gradients.

    The gradients are by variable, in a list, and, where asked, by input.
    """

    def gradients(x: Any, y: Any) -> tuple[Any, list[Any], Any]:
        x = x.detach().requires_grad_(wrt_inputs)
        loss = model.compute_loss(x, y, model(x, training=True), training=True)
        sources = [*(variable.value for variable in model.trainable_variables), *([x] if wrt_inputs else [])]
        found = torch.autograd.grad(loss, sources)
        count = len(model.trainable_variables)
        return loss.detach(), list(found[:count]), found[count] if wrt_inputs else None

    return gradients


class _Noting(TorchDispatchMode):
    """Counts operations while it is entered, views and whole numbers left out: below autograd and Keras' own casts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[tuple[str, str]] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        # What changes its arguments, as updates of many parameters at once do, may give nothing: then it gives these.
        held = zip(func._schema.arguments, args, strict=False)
        changed = [value for argument, value in held if argument.alias_info and argument.alias_info.is_write]
        given = next((leaf for leaf in tree_leaves([result, changed]) if isinstance(leaf, torch.Tensor)), None)
        if given is not None and given.is_floating_point() and not func.is_view:
            self.found[func.overloadpacket.__name__, str(given.dtype).removeprefix("torch.")] += 1
        return result


def operations(model: keras.Model, batch: Any) -> Mapping[tuple[str, str], int]:
    """Return how often a train step dispatches each operation, by name and type of what it gives."""
    with _Noting() as noting:
        model.train_step(*batch)
    return noting.found


def parts(model: keras.Model) -> dict[Part, Callable[[Iterator[Any], int], float]]:
    """Return what runs so many of a part of a train step over batches, and gives a loss or another number.

    In turn the last three are Keras' own ``train_step``, where it does not accumulate gradients.
    """
    kept: list[Any] = []
    # What Keras does not look up in a step is looked up here.
    (tracker,) = [metric for metric in model.metrics if metric.name == "loss"]
    parameter = model.trainable_variables[0].value.detach().flatten()[0]

    def forward(x: Any, y: Any) -> Any:
        return model.compute_loss(x, y, model(x, training=True), training=True).detach()

    def forward_backward(x: Any, y: Any) -> Any:
        outputs = model(x, training=True)
        model.zero_grad()
        loss = model.compute_loss(x, y, outputs, training=True)
        loss.backward()
        kept[:] = x, y, outputs, loss
        return loss

    def optimizer(_x: Any, _y: Any) -> Any:
        if model.trainable_weights:  # Keras walks over all layers for them, and then again
            variables = model.trainable_weights[:]
            gradients = [variable.value.grad for variable in variables]
            with torch.no_grad():
                model.optimizer.apply(gradients, variables)
        return parameter

    def bookkeeping(_x: Any, _y: Any) -> Any:
        x, y, outputs, loss = kept
        tracker.update_state(loss, sample_weight=len(x))
        return model.compute_metrics(x, y, outputs)["loss"]

    def over(part: Callable[[Any, Any], Any], needs: Callable[[], bool]) -> Callable[[Iterator[Any], int], float]:
        def run_over(batches: Iterator[Any], count: int) -> float:
            if needs():
                forward_backward(*next(batches)[0])
            for _ in range(count):
                ((x, y),) = next(batches)
                told = part(x, y)
            return float(wait(told))

        return run_over

    def ungraded() -> bool:
        return any(variable.value.grad is None for variable in model.trainable_variables)

    return {
        "forward": over(forward, lambda: False),
        "forward+backward": over(forward_backward, lambda: False),
        "optimizer": over(optimizer, ungraded),
        "bookkeeping": over(bookkeeping, lambda: not kept),
    }


def no_step(model: keras.Model) -> Callable[[Any], Any]:
    """Return a train function that does nothing with the batch that it is given."""
    loss = torch.zeros(())
    return lambda _data: {"loss": loss}


def adder(numbers: int) -> Callable[[], Any]:
    """Return what adds one array of float32 numbers to another, in place."""
    total, term = (keras.ops.full((numbers,), value, "float32") for value in (0.0, 1.0))
    return lambda: total.add_(term)


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of tensors as this backend runs it inside a model: as it is: eager."""
    return function


def wait(result: Any) -> Any:
    """Return a result once the device has it: on a CPU at once."""
    if ON_GPU:
        torch.cuda.synchronize()
    return result


def device_memory() -> DeviceMemory:
    """Return the peaks of the GPU's memory since the last call."""
    told = DeviceMemory(torch.cuda.max_memory_allocated(), torch.cuda.max_memory_reserved())
    torch.cuda.reset_peak_memory_stats()
    return told


def settings() -> dict[str, Any]:
    """Return what is in force, read back from torch."""
    return {
        "threads": torch.get_num_threads(),
        "interop_threads": torch.get_num_interop_threads(),
        **(_of_gpu() if ON_GPU else {"fp32_precision": torch.backends.fp32_precision}),
    }


def _of_gpu() -> dict[str, Any]:
    cudnn = torch.backends.cudnn
    return {
        "device": torch.cuda.get_device_name(),
        "matmul_precision": torch.backends.cuda.matmul.fp32_precision,
        "convolution_precision": cudnn.conv.fp32_precision,
        "recurrence_precision": cudnn.rnn.fp32_precision,
        "cudnn": cudnn.version(),
        "cudnn_benchmark": cudnn.benchmark,
    }


class Tensors:
    """Tensors that an update rule treats as one: each operation is one call for all of them (``torch._foreach_*``).

    Keras' own optimizers on torch do the same. A product with a number is not computed but kept as ``scale``, which a
    sum then takes in with it. ``+=``, ``-=`` and ``*=`` work in place, on what has no scale.
    """

    def __init__(self, each: Sequence[torch.Tensor], scale: float = 1.0):
        self.each = list(each)
        self.scale = scale

    def values(self) -> list[torch.Tensor]:
        """Return the tensors, multiplied by the scale."""
        return self.each if self.scale == 1.0 else list(torch._foreach_mul(self.each, self.scale))

    def __add__(self, other: Tensors | float) -> Tensors:
        if isinstance(other, Tensors):
            return Tensors(torch._foreach_add(self.values(), other.each, alpha=other.scale))
        return Tensors(torch._foreach_add(self.values(), other))

    def __mul__(self, other: Tensors | torch.Tensor | float) -> Tensors:
        if isinstance(other, Tensors):
            return Tensors(torch._foreach_mul(self.each, other.each), self.scale * other.scale)
        if isinstance(other, torch.Tensor):
            return Tensors(torch._foreach_mul(self.each, other), self.scale)
        return Tensors(self.each, self.scale * other)

    __rmul__ = __mul__

    def __truediv__(self, other: Tensors | torch.Tensor | float) -> Tensors:
        if isinstance(other, Tensors):
            return Tensors(torch._foreach_div(self.each, other.values()), self.scale)
        if isinstance(other, torch.Tensor):
            return Tensors(torch._foreach_div(self.each, other), self.scale)
        return Tensors(self.each, self.scale / other)

    def __abs__(self) -> Tensors:
        return Tensors(torch._foreach_abs(self.each), abs(self.scale))

    def __iadd__(self, other: Tensors) -> Tensors:
        torch._foreach_add_(self.each, other.each, alpha=other.scale)
        return self

    def __isub__(self, other: Tensors) -> Tensors:
        torch._foreach_add_(self.each, other.each, alpha=-other.scale)
        return self

    def __imul__(self, other: float) -> Tensors:
        torch._foreach_mul_(self.each, other)
        return self


def tensors(variables: Sequence[Any]) -> list[torch.Tensor]:
    """Return the values of variables; tensors stay as they are."""
    return [getattr(variable, "value", variable) for variable in variables]


def in_host_memory(x: Any) -> np.ndarray | None:
    """Return a tensor's values if they can be read at no cost: subclasses may have none, as when traced."""
    if type(x) is not torch.Tensor or x.device.type != "cpu" or torch.compiler.is_compiling():
        return None
    return x.numpy()


def together(values: list[torch.Tensor]) -> list[Tensors]:
    """Return tensors as an update rule takes them: here all as one, because eager calls are what costs."""
    return [Tensors(values)]


def apart(values: list[Tensors]) -> list[torch.Tensor]:
    """Inverse of ``together``."""
    return [tensor for group in values for tensor in group.values()]


def store(target: Tensors, value: Tensors) -> None:
    """Write what a rule returned to where it belongs, unless it was computed in place."""
    if value is not target:
        torch._foreach_copy_(target.each, value.values())


def number(scalar: Any) -> float | torch.Tensor:
    """Return a scalar variable as an update rule takes it.

    On a CPU a number, cheaper than tensor operations; on a GPU a tensor, as reading a number would wait for all that
    has been asked of the device before.
    """
    return keras.ops.cast(scalar, keras.config.floatx()) if ON_GPU else float(scalar)


def one_minus_power(beta: float, step: float | torch.Tensor) -> float | torch.Tensor:
    """Return 1 − βᵗ: in Python's float64 a subtraction loses nothing that matters, in a tensor's float32 it would."""
    if isinstance(step, torch.Tensor):
        return -torch.expm1(step * math.log(beta))
    return 1 - beta**step


def sqrt(x: Tensors) -> Tensors:
    """Return the root of every element."""
    return Tensors(torch._foreach_sqrt(x.values()))


def sign(x: Tensors) -> Tensors:
    """Return −1, 0 or 1 for every element."""
    return Tensors(torch._foreach_sign(x.values()))


def maximum(x: Tensors, y: Tensors) -> Tensors:
    """Return the larger of each two elements."""
    return Tensors(torch._foreach_maximum(x.values(), y.values()))


def total_norm(values: list[torch.Tensor]) -> torch.Tensor:
    """Return the Euclidean norm of all elements of all tensors."""
    return torch.nn.utils.get_total_norm(values)


def updater(optimizer: keras.Optimizer, variables: list[Any]) -> Callable[[list[Any]], None]:
    """Return a function that applies gradients as the train function does: eagerly."""
    return lambda gradients: optimizer.apply(gradients, variables)


def export_arguments(form: str, batch: int | None) -> dict[str, Any]:
    """Return what ``model.export`` is told beside format and signature.

    For PyTorch's own form it is that batches are of any size: there a signature that says so means a batch of one.
    """
    return {"dynamic_shapes": {0: torch.export.Dim.DYNAMIC}} if form == "torch_export" and batch is None else {}


def run_program(path: str, x: np.ndarray) -> np.ndarray:
    """Return the outputs of a written ``ExportedProgram``."""
    with torch.no_grad():
        return torch.export.load(path).module()(torch.from_numpy(x)).numpy()
