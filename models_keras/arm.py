"""Keras 3's side of the contract, on whichever backend ``KERAS_BACKEND`` names."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import keras
import numpy as np
from keras.optimizers import LossScaleOptimizer

from harness.contract import (
    OF_INDICES,
    Call,
    Checkpoint,
    CheckpointError,
    DeviceMemory,
    Draws,
    ExportForm,
    Gradients,
    LossScale,
    Part,
    Setup,
    TensorSpec,
    WeightsFile,
    Workload,
)
from models_keras import exports, weights
from models_keras.bridge import Bridge
from models_keras.techniques import checkpointing, data_loading
from models_keras.techniques.augmentation import AugmentedBatches
from models_keras.techniques.early_stopping import make_early_stopping
from models_keras.techniques.initializers import initialize
from models_keras.techniques.losses import make_loss
from models_keras.techniques.optimizers import make_optimizer, make_stock_optimizer
from models_keras.techniques.precision import make_scaled
from models_keras.techniques.regularizers import regularize
from models_keras.techniques.schedules import make_schedule

if TYPE_CHECKING:
    from harness.contract import Array

backend = importlib.import_module(f"models_keras.backends.{keras.config.backend()}")


class KerasArm:
    """Keras in this process: threads and precision set once, before any variable exists.

    Attributes:
        jit_compile: Of ``compile()``, which chooses by itself where it is ``auto``.
        steps_per_execution: Of ``fit``.
    """

    jit_compile: bool | Literal["auto"] = "auto"
    steps_per_execution = 1

    def __init__(self, setup: Setup):
        self.setup = setup
        backend.configure(setup)
        keras.config.set_image_data_format("channels_last")
        keras.config.set_floatx("float64" if setup.precision == "fp64" else "float32")
        if setup.precision == "fp64":
            from keras.src.backend.common import dtypes

            # On every backend but TensorFlow, Keras' type promotion turns float64 into float32 inside matmul, mean
            # and division, whatever floatx says (an error of 1e-8). No public switch undoes it; fp64 is for parity.
            dtypes.BIT64_TO_BIT32_DTYPE.pop("float64", None)
        if setup.precision == "bf16":
            keras.config.set_dtype_policy("mixed_bfloat16")
        if setup.precision == "fp16":
            keras.config.set_dtype_policy("mixed_float16")

    def open(self, workload: Workload, sample_shape: tuple[int, ...], outputs: int) -> KerasSession:
        """Build the workload's model; see ``harness.contract.Arm``."""
        return KerasSession(workload, sample_shape, self.jit_compile, self.steps_per_execution)

    def device_memory(self) -> DeviceMemory:
        """Return the peaks of the device's memory; see ``harness.contract.OnDevice``."""
        peaks: DeviceMemory = backend.device_memory()
        return peaks


class CompiledKerasArm(KerasArm):
    """The same, with train and predict functions compiled by XLA on a backend that would only make a graph of them."""

    jit_compile = True


class TunedKerasArm(KerasArm):
    """The same, with sixteen steps of ``fit`` in one call of a graph, which Keras advises for small models.

    It names no number. Steps over staged batches are no steps of ``fit``: they are driven one by one, as in all arms.
    """

    steps_per_execution = 16


class KerasSession:
    """One model under training; see ``harness.contract.Session``."""

    def __init__(
        self,
        workload: Workload,
        sample_shape: tuple[int, ...],
        jit_compile: bool | Literal["auto"] = "auto",
        steps_per_execution: int = 1,
    ):
        self.workload = workload
        self.steps_per_execution = steps_per_execution
        self.several_steps: Callable[..., Any] | None = None
        self.dtype = keras.config.floatx()
        self.input_dtype = "int32" if workload.form == "tokens" else self.dtype
        self.sample_shape = self._channel_last(np.zeros((1, *sample_shape))).shape[1:]
        self.model = self._build()
        self.bridge = self._bridge()
        transfer = workload.transfer
        for path in (*transfer.fresh, *transfer.frozen) if transfer else ():
            for layer in self.bridge.layers_in(path):
                layer.trainable = path not in transfer.frozen
        shares = self.bridge.by_layer(transfer.rates) if transfer else {}
        self._refuse_packed()
        if workload.regularizer:
            regularize(self.bridge.kernels(), **dataclasses.asdict(workload.regularizer))
        schedule = make_schedule(workload.optimizer, workload.schedule) if workload.schedule else None
        self.plateau = schedule if isinstance(schedule, keras.callbacks.Callback) else None
        rates = None if self.plateau else schedule
        self.criterion = make_loss(workload.loss, **workload.loss_options)
        self.model.compile(
            optimizer=self._optimizer(rates, shares),
            loss=self.criterion,
            jit_compile=jit_compile,
        )
        self.model.optimizer.build(self.model.trainable_variables)
        self.fresh_optimizer = [variable.numpy() for variable in self.model.optimizer.variables]
        weights = {id(variable) for variable in self.model.weights}
        self.random_states = [state for state in self.model.non_trainable_variables if id(state) not in weights]
        self.epoch = 0
        self.scales: list[float] = []
        self.attempted = 0
        self.settled = False
        self.converted: tuple[Array, Array, Array, Array] | None = None
        self.batches: list[Any] = []
        self.staged: Iterator[Any] = iter(())
        self.inputs: list[Any] = []
        self.passing: Iterator[Any] = iter(())
        self.parts: Mapping[Part, Any] = {}
        self.no_step: Callable[..., Any] | None = None
        self.call = backend.caller(self.model, self.bridge.tapped)
        self.differentiate = backend.differentiator(self.model, wrt_inputs=workload.form != "tokens")

    def describe(self) -> dict[str, TensorSpec]:
        """Return every parameter's canonical shape and the kind of layer that owns it."""
        return self.bridge.describe()

    def draw(self, seed: int) -> dict[str, Array]:
        """Return the tensors of a model that has just been built, by the rules of its layers, from Keras' seed."""
        keras.utils.set_random_seed(seed)
        kept, self.model = self.model, self._build()
        built = self._bridge()
        if name := self.workload.architecture.initializer:
            initialize(built.with_kernels(), name)
        drawn = built.dump()
        self.model = kept
        return drawn

    def load(self, tensors: Mapping[str, Array], seed: int = 0) -> None:
        """Overwrite all parameters, start all else afresh: optimizer, metrics, batches, random numbers.

        Compiled functions are kept.
        """
        self.bridge.load(tensors)
        restart(self.random_states, seed)
        self.model.reset_metrics()
        self.staged, self.passing = itertools.cycle(self.batches), itertools.cycle(self.inputs)
        for variable, value in zip(self.model.optimizer.variables, self.fresh_optimizer, strict=True):
            variable.assign(value)
        self.epoch, self.scales, self.attempted = 0, [], 0
        if self.plateau:
            self.plateau.set_model(self.model)
            self.plateau.on_train_begin()

    def change(self, tensors: Mapping[str, Array]) -> None:
        """Overwrite some parameters, and nothing else."""
        self.bridge.change(tensors)

    def dump(self) -> dict[str, Array]:
        """Return a copy of all parameters."""
        return self.bridge.dump()

    def read(self, path: str) -> WeightsFile:
        """Return what a Keras weights file holds."""
        return weights.read(path)

    def save(self, path: str) -> None:
        """Write ``.weights.h5`` of a model that is not compiled: a compiled one adds its optimizer's state."""
        model = self._build(batch=1)
        Bridge(model).load(self.dump())
        model.save_weights(path)

    def restore(self, path: str) -> None:
        """Load ``.weights.h5`` through a model that is not compiled, which takes no optimizer's state from it."""
        model = self._build(batch=1)
        model.load_weights(path)
        self.load(Bridge(model).dump())

    def answer(self, x: Array) -> tuple[Array, Array]:
        """Return inputs and the model's outputs for them, channel last."""
        return self._inputs(x), self._predict(x, len(x))

    def export(self, form: ExportForm, path: str, inputs: Array, batch: int | None) -> None:
        """Write the model for another runtime."""
        exports.export(self.model, form, path, inputs, batch)

    def taps(self, x: Array, *, training: bool = False) -> dict[str, Array]:
        """Return the output of every layer that holds tensors, caught as it is called."""
        inputs = keras.ops.convert_to_tensor(self._inputs(x))
        output, caught = self.call(inputs, training)
        return self.bridge.as_arrays(caught) | {"output": self._outputs(keras.ops.convert_to_numpy(output))}

    def calls(self, x: Array) -> list[Call]:
        """Return every call of a layer, noted as it happens."""
        made: list[Call] = []
        with self.bridge.watched(self.model, made):
            self.model(keras.ops.convert_to_tensor(self._inputs(x)), training=False)
        return [
            dataclasses.replace(call, input=self._canonical(call.input), output=self._canonical(call.output))
            for call in made
        ]

    def gradients(self, x: Array, y: Array) -> Gradients:
        """Return the gradients of the mean loss of one batch, by the backend's own differentiation."""
        inputs, targets = (keras.ops.convert_to_tensor(part) for part in (self._inputs(x), self._targets(y)))
        loss, gradients, of_inputs = self.differentiate(inputs, targets)
        arrays = {
            id(variable): keras.ops.convert_to_numpy(gradient)
            for variable, gradient in zip(self.model.trainable_variables, gradients, strict=True)
        }
        return Gradients(
            float(loss),
            self.bridge.to_canonical(arrays),
            None if of_inputs is None else self._channel_first(keras.ops.convert_to_numpy(of_inputs)),
        )

    def stage(self, batches: Sequence[tuple[Array, Array]]) -> None:
        """Place batches on the device, once; what is accumulated over in parts."""
        self.model.make_train_function()
        parts = self.workload.accumulation
        self.batches = [
            backend.place(self._inputs(x), self._targets(y))
            for batch in batches
            for x, y in zip(*(np.split(array, parts) for array in batch), strict=True)
        ]
        self.staged = itertools.cycle(self.batches)
        # What is accumulated over in parts is evaluated whole.
        self.inputs = self.batches if parts == 1 else [backend.place(self._inputs(x)) for x, _ in batches]
        self.passing = itertools.cycle(self.inputs)

    def serve(self, inputs: Sequence[Array]) -> None:
        """Place inputs on the device, once, and begin with a predict function that has seen no other size.

        TensorFlow traces the second size that it meets for batches of any size, and times would depend on the order.
        """
        self.inputs = [backend.place(self._inputs(x)) for x in inputs]
        self.passing = itertools.cycle(self.inputs)
        self.model.make_predict_function(force=True)

    def held(self) -> list[tuple[Array, Array]]:
        """Read the staged batches back, each from all its parts."""
        placed, parts = [backend.read(batch) for batch in self.batches], self.workload.accumulation
        whole = [zip(*placed[first : first + parts], strict=True) for first in range(0, len(placed), parts)]
        return [(self._channel_first(np.concatenate(x)), self._outputs(np.concatenate(y))) for x, y in whole]

    def run_steps(self, count: int) -> float:
        """Drive Keras' own compiled train function over the staged batches."""
        return backend.run_steps(self.model, self.staged, count * self.workload.accumulation)

    def infer(self, count: int) -> float:
        """Drive Keras' own compiled predict function over the staged batches."""
        self.model.make_predict_function()
        outputs = backend.run_passes(self.model, self.passing, count)
        return float(keras.ops.reshape(outputs, (-1,))[-1])

    def time_passes(self, laps: Array) -> None:
        """Drive the same function batch by batch, and wait for the device after each."""
        self.model.make_predict_function()
        backend.time_passes(self.model, self.passing, laps)

    def fit(
        self,
        x: Array,
        y: Array,
        orders: Iterable[Array],
        batch_size: int,
        draws: Draws | None = None,
        held_out: tuple[Array, Array] | None = None,
    ) -> list[float]:
        """Train with ``Model.fit``, an epoch at a time, on the samples in the order of each.

        So callbacks that last longer are told of the ends of epochs here.
        """
        inputs, targets = self._converted(x, y)
        if len(x) % batch_size and self.workload.accumulation > 1:  # Keras would carry gradients into the next epoch
            raise ValueError(f"accumulation wants whole batches: {len(x)} samples are no multiple of {batch_size}")
        part = batch_size // self.workload.accumulation
        self._settle(inputs, targets)
        losses: list[float] = []
        stopping = make_early_stopping(**vars(self.workload.stopping)) if self.workload.stopping and held_out else None
        if stopping:
            self.model.stop_training = False
            stopping.set_model(self.model)
            stopping.on_train_begin()
        for order in orders:
            if draws:
                given = {"x": AugmentedBatches(inputs, targets, order, part, self.epoch, draws)}
            else:
                given = self._loaded(inputs, targets, order, part)
            with self._executing():
                losses += self.model.fit(**given, shuffle=False, verbose=0).history["loss"]
            if isinstance(self.model.optimizer, LossScaleOptimizer):
                self.scales.append(float(self.model.optimizer.dynamic_scale))
                self.attempted += math.ceil(len(order) / batch_size)
            if self.plateau:
                self.plateau.on_epoch_end(self.epoch, {"loss": losses[-1]})
            self.epoch += 1
            if stopping and held_out:
                stopping.on_epoch_end(len(losses) - 1, {"val_loss": self._loss_on(*held_out)})
                if self.model.stop_training:
                    break
        if stopping:
            stopping.on_train_end()
        return losses

    @contextlib.contextmanager
    def _executing(self) -> Iterator[None]:
        """Have the model train several steps at a call, if it is to."""
        model, one_step = self.model, self.model.train_function
        if self.steps_per_execution == 1:
            yield
            return
        model.steps_per_execution, model.train_function = self.steps_per_execution, self.several_steps
        try:
            yield
        finally:
            self.several_steps = model.train_function
            model.steps_per_execution, model.train_function = 1, one_step

    def run_part(self, part: Part, count: int) -> float:
        """Run a part of Keras' train step over the staged batches, compiled or not as that is."""
        self.parts = self.parts or backend.parts(self.model)
        if part not in self.parts:
            raise ValueError(f"a train step of this kind has no part {part!r}; it has {', '.join(self.parts)}")
        return self.parts[part](self.staged, count)

    def operations(self) -> Mapping[tuple[str, str], int]:
        """Return what Keras' own train step consists of on its backend."""
        found: Mapping[tuple[str, str], int] = backend.operations(self.model, self.batches[0])
        return found

    def feed(
        self,
        x: Array,
        y: Array,
        orders: Iterable[Array],
        batch_size: int,
        draws: Draws | None = None,
        taken: Callable[[Array, Array], None] | None = None,
    ) -> None:
        """Go through ``fit`` with a train function that only takes its batch."""

        def take(batch: Any) -> None:
            if taken:
                inputs, targets = backend.read(batch)
                taken(self._channel_first(inputs), self._outputs(targets))

        self.model.make_train_function()
        kept, several = self.model.train_function, self.steps_per_execution
        # Made once, for TensorFlow traces it at its first call: warm-up takes that, and no block that is timed.
        self.no_step = self.no_step or backend.no_step(self.model)
        self.model.train_function = backend.taker(take) if taken else self.no_step
        self.steps_per_execution = 1  # a function that takes one batch at a call
        try:
            self.fit(x, y, orders, batch_size, draws)
        finally:
            self.model.train_function, self.steps_per_execution = kept, several

    def _loaded(self, inputs: Array, targets: Array, order: Array, batch_size: int) -> dict[str, Any]:
        """Return an epoch's batches as arguments of ``Model.fit``."""
        if loading := self.workload.loading:
            batches = data_loading.make_batches(loading, inputs, targets, order, batch_size, backend.LOADING)
            # Told, for Grain does not tell: TensorFlow would count a step of the optimizer after the last batch.
            return {"x": batches, "steps_per_epoch": math.ceil(len(order) / batch_size)}
        return {"x": inputs[order], "y": targets[order], "batch_size": batch_size}

    def _settle(self, inputs: Array, targets: Array) -> None:
        """Let Keras learn all that a first ``fit`` learns from a batch; nothing random moves."""
        if self.settled:
            return
        before = [state.numpy() for state in self.random_states]  # a code is sampled in evaluation too
        backend.settle(self.model, inputs[:1], targets[:1])
        if self.workload.loading and self.workload.loading.workers:
            # It would take a batch from the threads of a PyDataset, train on the others first, and on that one last.
            self.model.test_on_batch(inputs[:1], targets[:1])
            self.model.reset_metrics()
        for state, value in zip(self.random_states, before, strict=True):
            state.assign(value)
        self.settled = True

    def checkpoint(self) -> Checkpoint:
        """Return parameters, optimizer, schedule, random numbers and the number of epochs."""
        return checkpointing.capture(self.dump(), self.model.optimizer, self.random_states, self.plateau, self.epoch)

    def resume(self, checkpoint: Checkpoint) -> int:
        """Go on from a checkpoint."""
        try:
            self.load(checkpointing.parameters(checkpoint))
        except ValueError as error:
            raise CheckpointError(f"of another architecture: {error}") from None
        self.epoch = checkpointing.restore(checkpoint, self.model.optimizer, self.random_states, self.plateau)
        return self.epoch

    def predict(self, x: Array, batch_size: int) -> Array:
        """Return the outputs in inference mode; training goes on afterwards as if nobody had asked."""
        return self._outputs(self._predict(x, batch_size)).astype(self.dtype)

    def _loss_on(self, x: Array, y: Array) -> float:
        """Return the loss of samples in inference mode, without penalties."""
        return float(self.criterion(keras.ops.convert_to_tensor(self._targets(y)), self._predict(x, len(x))))

    def _predict(self, x: Array, batch_size: int) -> Array:
        """Return the outputs as Keras has them, and random numbers where they are: torch's DataLoader draws some."""
        before = backend.random_state()
        outputs = self.model.predict(self._inputs(x), batch_size=batch_size, verbose=0)
        backend.restore_random_state(before)
        return outputs

    def loss_scale(self) -> LossScale:
        """Return the scale after each epoch, and the steps that were left out, which Keras does not count."""
        return LossScale(tuple(self.scales), self.attempted, self.attempted - int(self.model.optimizer.iterations))

    def slot_bytes(self) -> int:
        """Return the size of the optimizer's variables, among them those that gradients accumulate in."""
        return sum(variable.numpy().nbytes for variable in self.model.optimizer.variables if variable.shape)

    def settings(self) -> dict[str, Any]:
        """Return what is in force, read back from Keras and its backend."""
        optimizer = self._unscaled
        return {
            "execution": _execution(self.model),
            "jit_compile": self.model.jit_compile,
            "optimizer": f"{type(optimizer).__module__}.{type(optimizer).__name__}",
            "learning_rate": float(optimizer.learning_rate),
            "epsilon": self._epsilon(),
            "parameter_dtype": self.model.trainable_variables[0].dtype,
            "compute_dtype": keras.config.dtype_policy().compute_dtype,
            "image_data_format": keras.config.image_data_format(),
            "steps_per_execution": self.model.steps_per_execution,
            **({"steps_per_execution_of_fit": self.steps_per_execution} if self.steps_per_execution > 1 else {}),
            **self._loading_settings(),
            **backend.settings(),
        }

    @property
    def _unscaled(self) -> keras.Optimizer:
        """The optimizer, taken out of what scales losses in float16."""
        optimizer = self.model.optimizer
        return optimizer.inner_optimizer if isinstance(optimizer, LossScaleOptimizer) else optimizer

    def _loading_settings(self) -> dict[str, Any]:
        if not self.workload.loading:
            return {}
        sample, target = np.zeros((1, *self.sample_shape), self.input_dtype), np.zeros((1, 1), self.dtype)
        return data_loading.settings(self.workload.loading, self._loaded(sample, target, np.arange(1), 1)["x"])

    def _epsilon(self) -> float | None:
        """Return what is added to the root; reconciled, that is what was asked, whatever number makes Keras add it."""
        asked = self.workload.optimizer
        if self.workload.track == "stock":
            return getattr(self._unscaled, "epsilon", None)
        return None if asked.name == "sgd" else asked.epsilon

    def _refuse_packed(self) -> None:
        """Refuse an optimizer that treats each tensor whole, where PyTorch's tensors are not Keras' variables.

        PyTorch packs what attention asks, is asked and answers with in one tensor, and Keras a GRU's two biases.
        """
        asked = self.workload.optimizer
        muon, by = asked.name == "muon", asked.clipping.by if asked.clipping else ""
        if self.workload.track == "stock" or not (muon or by in ("norm", "adaptive")):
            return
        if packed := self.bridge.packed(matrices=muon):
            rule = "muon" if muon else f"clipping by {by}"
            raise ValueError(
                f"{rule} treats each tensor by itself, and {packed[0]} is one tensor in PyTorch and another in Keras"
            )

    def _optimizer(self, rates: Any, shares: Mapping[int, float]) -> keras.Optimizer:
        """Return the workload's optimizer, with a schedule or None, and learning rates of their own by variable."""
        workload = self.workload
        if workload.track == "stock":  # where losses have to be scaled, ``compile`` sees to it
            return make_stock_optimizer(workload.optimizer, rates, workload.accumulation)
        own = [shares.get(id(variable), 1.0) for variable in self.model.trainable_variables] if shares else None
        optimizer = make_optimizer(workload.optimizer, rates, workload.accumulation, own)
        return make_scaled(optimizer) if keras.config.dtype_policy().compute_dtype == "float16" else optimizer

    def _build(self, batch: int | None = None) -> keras.Model:
        """Return a new model, for batches of any size: for that Keras on torch calls it twice, for one size once."""
        architecture = self.workload.architecture
        module = importlib.import_module(f"models_keras.architectures.{architecture.file}")
        kind = getattr(module, architecture.name)
        if own := self.workload.train_step:
            kind = type(kind.__name__, (backend.OwnStep, kind), {"radius": own.radius})
        model: keras.Model = kind(**architecture.arguments)
        model(keras.Input(self.sample_shape, batch, dtype=self.input_dtype))
        return model

    def _bridge(self) -> Bridge:
        return Bridge(self.model)

    def _channel_last(self, x: Array) -> Array:
        return np.moveaxis(x, 1, -1) if self.workload.form in ("image", "signal") else x

    def _channel_first(self, x: Array) -> Array:
        return np.moveaxis(x, -1, 1) if self.workload.form in ("image", "signal") else x

    def _canonical(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Move the channel of a sample's shape first if it is a map's, of as many axes as the inputs have."""
        is_map = self.workload.form in ("image", "signal") and len(shape) == len(self.sample_shape)
        return (shape[-1], *shape[:-1]) if is_map else shape

    def _inputs(self, x: Array) -> Array:
        return np.ascontiguousarray(self._channel_last(x), dtype=self.input_dtype)

    def _converted(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Return samples as Keras has them, converted once for as long as the same ones come."""
        if self.converted is None or self.converted[0] is not x or self.converted[1] is not y:
            self.converted = x, y, self._inputs(x), self._targets(y)
        return self.converted[2:]

    def _outputs(self, y: Array) -> Array:
        return self._channel_first(y) if y.ndim > 2 else y

    def _targets(self, y: Array) -> Array:
        if self.workload.loss in OF_INDICES:
            return y.astype(np.int32)
        return np.ascontiguousarray(self._channel_last(y) if y.ndim > 2 else y, dtype=self.dtype)


def restart(states: Sequence[Any], seed: int) -> None:
    """Start afresh all that is random, each state, which is (seed, draws so far), with a seed of its own.

    On torch Keras draws with the sum of the two, so that states and runs with neighbouring seeds would repeat each
    other a draw later; ``SeedSequence`` puts them far apart.
    """
    backend.seed(seed)
    for number, state in enumerate(states):
        (drawn,) = np.random.SeedSequence([seed, number]).generate_state(1)
        state.assign([int(drawn) >> 1, 0])  # Keras keeps it in 32 bits, signed on some backends


def _execution(model: keras.Model) -> str:
    if model.jit_compile:
        return "compiled by torch.compile" if keras.config.backend() == "torch" else "compiled by XLA"
    return "graph" if keras.config.backend() == "tensorflow" else "eager"
