"""PyTorch's side of the contract: eager execution, a plain training loop over tensors."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import itertools
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from harness.contract import (
    OF_INDICES,
    Call,
    Checkpoint,
    CheckpointError,
    DeviceMemory,
    Draws,
    ExportForm,
    Gradients,
    LayerKind,
    LossScale,
    NoDevice,
    Part,
    Setup,
    TensorSpec,
    Transfer,
    WeightsFile,
    Workload,
    layer_of,
)
from models_torch import exports, parts, weights
from models_torch.operations import noted
from models_torch.techniques import checkpointing, data_loading
from models_torch.techniques.augmentation import augment
from models_torch.techniques.custom import Centred
from models_torch.techniques.early_stopping import EarlyStopping
from models_torch.techniques.embeddings import ClassToken, PositionEmbedding
from models_torch.techniques.initializers import initialize
from models_torch.techniques.losses import make_loss
from models_torch.techniques.optimizers import make_optimizer, make_stock_optimizer
from models_torch.techniques.precision import make_scaler, scaled_step
from models_torch.techniques.regularizers import limit_norm, make_penalty, weights_of
from models_torch.techniques.schedules import make_schedule
from models_torch.techniques.sharpness import uphill

if TYPE_CHECKING:
    from harness.contract import Array

LAYER_KINDS: tuple[tuple[type | tuple[type, ...], LayerKind], ...] = (
    (nn.Linear, "linear"),
    ((nn.Conv1d, nn.Conv2d), "conv"),
    ((nn.ConvTranspose1d, nn.ConvTranspose2d), "transposed_conv"),
    ((nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm, Centred), "norm"),
    ((nn.Embedding, ClassToken, PositionEmbedding), "embedding"),
    (nn.RNNBase, "recurrent"),
    (nn.MultiheadAttention, "attention"),
)
OF_RUNNING_STATISTICS = (nn.BatchNorm1d, nn.BatchNorm2d, Centred)
"""Layers that another mode than training's gives another function."""

OF_FLOAT32 = (torch.backends.cuda.matmul, torch.backends.cudnn.conv, torch.backends.cudnn.rnn)
"""What says for itself how a GPU multiplies float32: in products, convolutions and recurrent layers."""

MIXED = {"bf16": torch.bfloat16, "fp16": torch.float16}
"""What is computed in where parameters stay in float32."""

UNCARRIED = "num_batches_tracked"
"""A counter of batch norm that has no part in the function with a fixed momentum, and no counterpart in Keras."""


class TorchSession:
    """One model under training; see ``harness.contract.Session``.

    Attributes:
        fused: Whether the optimizer updates all in one kernel, where PyTorch has one of it; else as it chooses itself.
    """

    fused = False

    def __init__(self, setup: Setup, workload: Workload):
        self.setup = setup
        self.workload = workload
        self.device = torch.device("cuda" if setup.device == "gpu" else "cpu")
        self.dtype = torch.float64 if setup.precision == "fp64" else torch.float32
        self.model = self._build().to(self.device, self.dtype)
        self.frozen: list[nn.Module] = []
        if workload.transfer:
            self._freeze(workload.transfer)
        self._train_mode()
        self.criterion = make_loss(workload.loss, **workload.loss_options)
        self.weights = [weight for weight in weights_of(self.model) if weight.requires_grad]
        asked = workload.regularizer
        self.penalty = make_penalty(asked.l1, asked.l2) if asked and (asked.l1 or asked.l2) else None
        self.radius = workload.train_step.radius if workload.train_step else 0.0
        self.scaler: torch.amp.GradScaler | None = None
        self.scales: list[float] = []
        self.attempted, self.skipped = 0, torch.zeros((), device=self.device)
        self._start_optimizer()
        mixed = MIXED.get(setup.precision)
        self.autocast: contextlib.AbstractContextManager[Any] = (
            torch.autocast(self.device.type, dtype=mixed) if mixed else contextlib.nullcontext()
        )
        self.epoch = 0
        self.batches: list[tuple[Tensor, Tensor]] = []
        self.staged: Iterable[tuple[Tensor, Tensor]] = ()
        self.inputs: list[Tensor] = []
        self.passing: Iterable[Tensor] = ()

    def describe(self) -> dict[str, TensorSpec]:
        """Return every tensor's shape and the kind of layer that owns it."""
        parameters = {id(parameter) for parameter in self.model.parameters()}
        kinds = {path: _kind(module) for path, module in self.model.named_modules() if _holds_tensors(module)}
        return {
            name: TensorSpec(
                tuple(tensor.shape),
                kinds[_owner(name, kinds)],
                tensor.requires_grad,
                buffer=id(tensor) not in parameters,
            )
            for name, tensor in self._tensors().items()
        }

    def draw(self, seed: int) -> dict[str, Array]:
        """Return the tensors of a model that has just been built, from PyTorch's generator."""
        torch.manual_seed(seed)
        kept, self.model = self.model, self._build().to(self.dtype)
        if name := self.workload.architecture.initializer:
            initialize(self.model, name)
        drawn = self.dump()
        self.model = kept
        return drawn

    def load(self, tensors: Mapping[str, Array], seed: int = 0) -> None:
        """Overwrite all tensors, start optimizer, batches and random numbers afresh."""
        if missing := sorted(self._tensors().keys() - tensors.keys()):
            raise ValueError(f"tensors missing: {', '.join(missing)}")
        self.change(tensors)
        self.staged, self.passing = itertools.cycle(self.batches), itertools.cycle(self.inputs)
        torch.manual_seed(seed)
        self._start_optimizer()
        self.epoch = 0

    def change(self, tensors: Mapping[str, Array]) -> None:
        """Overwrite some tensors, and nothing else."""
        own = self._tensors()
        if unknown := sorted(tensors.keys() - own.keys()):
            raise ValueError(f"tensors unknown: {', '.join(unknown)}")
        for name, array in tensors.items():
            if array.shape != own[name].shape:
                raise ValueError(f"{name}: shape {array.shape}, expected {tuple(own[name].shape)}")
        with torch.no_grad():
            for name, array in tensors.items():
                own[name].copy_(torch.from_numpy(array))

    def dump(self) -> dict[str, Array]:
        """Return a copy of all tensors."""
        return {name: _array(tensor).copy() for name, tensor in self._tensors().items()}

    def read(self, path: str) -> WeightsFile:
        """Return what a safetensors file holds."""
        return weights.read(path)

    def save(self, path: str) -> None:
        """Write the model's ``state_dict`` as safetensors."""
        weights.save(self.model, path)

    def restore(self, path: str) -> None:
        """Load a ``state_dict``, strictly."""
        weights.restore(self.model, path)

    def answer(self, x: Array) -> tuple[Array, Array]:
        """Return inputs as they are, and the model's outputs for them."""
        return _array(self._inputs(x)), self._forward(x, training=False)

    def export(self, form: ExportForm, path: str, inputs: Array, batch: int | None) -> None:
        """Write the model for another runtime."""
        self.model.eval()
        exports.export(self.model, form, path, self._placed(torch.from_numpy(inputs)), batch)
        self._train_mode()

    def taps(self, x: Array, *, training: bool = False) -> dict[str, Array]:
        """Return the output of every layer that holds tensors, caught by forward hooks."""
        caught: dict[str, Array] = {}

        def catch(path: str) -> Callable[..., None]:
            def hook(_module: nn.Module, _inputs: object, output: Tensor | tuple[Tensor, ...]) -> None:
                caught[path] = _array(output[0] if isinstance(output, tuple) else output)

            return hook

        hooks = [m.register_forward_hook(catch(path)) for path, m in self.model.named_modules() if _holds_tensors(m)]
        output = self._forward(x, training)
        for hook in hooks:
            hook.remove()
        return caught | {"output": output}

    def _forward(self, x: Array, training: bool) -> Array:
        """Return the outputs for one batch in either mode."""
        if not training:
            self.model.eval()
        with torch.no_grad(), self.autocast:
            output = self.model(self._placed(self._inputs(x)))
        self._train_mode()
        return _array(output)

    def calls(self, x: Array) -> list[Call]:
        """Return every call of a module, caught by forward hooks as it begins and as it ends."""
        made: list[Call] = []
        open_calls: list[int] = []

        def begin(path: str) -> Callable[..., None]:
            def hook(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
                kind = _kind(module) if _holds_tensors(module) else None
                given = next(value for value in (*args, *kwargs.values()) if isinstance(value, Tensor))
                shape = tuple(given.shape[1:])
                made.append(Call(path, type(module).__name__, kind, len(open_calls), shape, shape))
                open_calls.append(len(made) - 1)

            return hook

        def end(_module: nn.Module, _args: object, output: Tensor | tuple[Tensor, ...]) -> None:
            number = open_calls.pop()
            first = output[0] if isinstance(output, tuple) else output
            made[number] = dataclasses.replace(made[number], output=tuple(first.shape[1:]))

        known = [path for path, module in self.model.named_modules() if _holds_tensors(module)]
        hooks = []
        for path, module in self.model.named_modules():
            if not any(path.startswith(f"{owner}.") for owner in known):
                hooks += [
                    module.register_forward_pre_hook(begin(path), with_kwargs=True),
                    module.register_forward_hook(end),
                ]
        self.model.eval()
        with torch.no_grad():
            self.model(self._placed(self._inputs(x)))
        self._train_mode()
        for hook in hooks:
            hook.remove()
        return made

    def gradients(self, x: Array, y: Array) -> Gradients:
        """Return the gradients of the mean loss of one batch, by one backward pass."""
        inputs = self._placed(self._inputs(x)).requires_grad_(self.workload.form != "tokens")
        self.model.zero_grad()
        with self.autocast:
            loss = self.loss(inputs, self._placed(self._targets(y)))
        loss.backward()
        trained = {name: p for name, p in self.model.named_parameters() if p.requires_grad}
        parameters = {name: _array(parameter.grad).copy() for name, parameter in trained.items()}
        return Gradients(loss.item(), parameters, None if inputs.grad is None else _array(inputs.grad))

    def stage(self, batches: Sequence[tuple[Array, Array]]) -> None:
        """Turn batches into tensors on the device, once."""
        self.batches = [(self._placed(self._inputs(x)), self._placed(self._targets(y))) for x, y in batches]
        self.staged = itertools.cycle(self.batches)
        self.inputs = [x for x, _ in self.batches]
        self.passing = itertools.cycle(self.inputs)

    def serve(self, inputs: Sequence[Array]) -> None:
        """Turn inputs into tensors on the device, once."""
        self.inputs = [self._placed(self._inputs(x)) for x in inputs]
        self.passing = itertools.cycle(self.inputs)

    def held(self) -> list[tuple[Array, Array]]:
        """Read the staged batches back."""
        return [(_array(x), _array(y)) for x, y in self.batches]

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the mean loss of a batch, penalties included."""
        loss = self.criterion(self.model(x), y)
        if self.penalty:
            loss = loss + sum(self.penalty(weight) for weight in self.weights)
        return loss

    def train_step(self, x: Tensor, y: Tensor) -> Tensor:
        """One step of gradient descent on a batch; returns its mean loss, a scalar."""
        if self.scaler:
            return self._scaled_step(x, y, self.scaler)
        self.optimizer.zero_grad()
        parts = self.workload.accumulation
        if parts == 1:
            with self.autocast:
                loss = self.loss(x, y)
            loss.backward()
            if self.radius:
                with uphill(self.model.parameters(), self.radius):
                    self.optimizer.zero_grad()
                    with self.autocast:
                        self.loss(x, y).backward()
        else:
            loss = torch.zeros((), dtype=self.dtype, device=self.device)
            for part in zip(x.tensor_split(parts), y.tensor_split(parts), strict=True):
                with self.autocast:
                    share = self.loss(*part) / parts
                share.backward()
                loss += share.detach()
        self.optimizer.step()
        return self._scheduled(loss)

    def _scaled_step(self, x: Tensor, y: Tensor, scaler: torch.amp.GradScaler) -> Tensor:
        """One step with its loss scaled, which is left out where a gradient is not finite."""
        with self.autocast:
            loss = self.loss(x, y)
        left_out = scaled_step(loss, self.optimizer, scaler)
        self.attempted += 1
        self.skipped += left_out
        # As Keras' schedules, which count the steps of the optimizer; without one nothing waits for the number.
        return loss.detach() if self.schedule and left_out.item() else self._scheduled(loss)

    def _scheduled(self, loss: Tensor) -> Tensor:
        """Return the loss of a step, after the learning rate has been told of it."""
        if self.schedule:
            self.schedule.step()
        return loss.detach()

    def run_steps(self, count: int) -> float:
        """Train over the staged batches, and wait for the device once."""
        for x, y in itertools.islice(self.staged, count):
            loss = self.train_step(x, y)
        self._wait()
        return loss.item()

    def infer(self, count: int) -> float:
        """Evaluate the staged batches in inference mode, and wait for the device once."""
        self.model.eval()
        with torch.inference_mode(), self.autocast:
            for x in itertools.islice(self.passing, count):
                outputs = self.model(x)
        self._wait()
        self._train_mode()
        return outputs.flatten()[-1].item()

    def time_passes(self, laps: Array) -> None:
        """Evaluate batch by batch in inference mode, and wait for the device after each."""
        self.model.eval()
        with torch.inference_mode(), self.autocast:
            for lap, x in enumerate(itertools.islice(self.passing, len(laps))):
                began = time.perf_counter_ns()
                self.model(x)
                self._wait()
                laps[lap] = time.perf_counter_ns() - began
        self._train_mode()

    def fit(
        self,
        x: Array,
        y: Array,
        orders: Iterable[Array],
        batch_size: int,
        draws: Draws | None = None,
        held_out: tuple[Array, Array] | None = None,
    ) -> list[float]:
        """Train over batches as the workload has them loaded; the epoch's loss is read once, at its end."""
        batches = data_loading.make_epoch(self.workload.loading, self._inputs(x), self._targets(y), batch_size)
        asked = self.workload.stopping
        stopping = EarlyStopping(self.model, **vars(asked)) if asked and held_out else None
        if len(x) % batch_size and self.workload.accumulation > 1:
            raise ValueError(f"accumulation wants whole batches: {len(x)} samples are no multiple of {batch_size}")
        losses: list[float] = []
        for order in orders:
            total = torch.zeros((), dtype=self.dtype, device=self.device)
            for number, batch in enumerate(batches(order)):
                drawn = augment(*batch, draws(tuple(batch[0].shape), self.epoch, number)) if draws else batch
                inputs, targets = (self._placed(tensor) for tensor in drawn)
                total += self.train_step(inputs, targets) * len(inputs)
            losses.append(total.item() / len(order))
            if self.scaler:
                self.scales.append(self.scaler.get_scale())
            self.epoch += 1
            if self.plateau:
                self.plateau.step(losses[-1])
            if stopping and held_out and stopping.step(self._loss_on(*held_out)):
                break
        if stopping:
            stopping.end()
        return losses

    def run_part(self, part: Part, count: int) -> float:
        """Run a part of train steps over the staged batches; without gradients there is nothing to update by."""
        if part == "optimizer" and all(parameter.grad is None for parameter in self.model.parameters()):
            self.run_part("forward+backward", 1)
        run = parts.find(self, part)
        for x, y in itertools.islice(self.staged, count):
            told = run(x, y)
        self._wait()
        return told.item()

    def operations(self) -> Mapping[tuple[str, str], int]:
        """Return what a train step dispatches, forwards and backwards and in the optimizer."""
        with noted() as found:
            self.train_step(*self.batches[0])
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
        """Go through ``fit`` with a step that only takes its batch."""
        nothing = torch.zeros((), dtype=self.dtype, device=self.device)

        def take(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            if taken:
                taken(_array(x), _array(y))
            return nothing

        self.train_step = take
        try:
            self.fit(x, y, orders, batch_size, draws)
        finally:
            del self.train_step

    def checkpoint(self) -> Checkpoint:
        """Return parameters, optimizer, schedule, random numbers and the number of epochs."""
        return checkpointing.capture(self.dump(), self.optimizer, self.schedule or self.plateau, self.epoch)

    def resume(self, checkpoint: Checkpoint) -> int:
        """Go on from a checkpoint."""
        try:
            self.load(checkpointing.parameters(checkpoint))
        except ValueError as error:
            raise CheckpointError(f"of another architecture: {error}") from None
        self.epoch = checkpointing.restore(checkpoint, self.optimizer, self.schedule or self.plateau)
        return self.epoch

    def predict(self, x: Array, batch_size: int) -> Array:
        """Return the outputs in evaluation mode."""
        batches = self._inputs(x).split(batch_size)
        self.model.eval()
        with torch.inference_mode(), self.autocast:
            outputs = torch.cat([self.model(self._placed(batch)) for batch in batches])
        self._train_mode()
        return _array(outputs.to(self.dtype))

    def _loss_on(self, x: Array, y: Array) -> float:
        """Return the loss of samples in evaluation mode, without penalties; of mixed precision's outputs in float32."""
        return self.criterion(torch.from_numpy(self.predict(x, len(x))), self._targets(y)).item()

    def loss_scale(self) -> LossScale:
        """Return the scale after each epoch, and the steps that were left out."""
        return LossScale(tuple(self.scales), self.attempted, int(self.skipped))

    def slot_bytes(self) -> int:
        """Return the size of the optimizer's tensors; gradients accumulate where they are anyway."""
        held = (value for state in self.optimizer.state.values() for value in state.values())
        return sum(value.nbytes for value in held if isinstance(value, Tensor) and value.ndim)

    def settings(self) -> dict[str, Any]:
        """Return what is in force, read back from PyTorch."""
        group, mixed = self.optimizer.param_groups[0], MIXED.get(self.setup.precision)
        return {
            "execution": "eager",
            "optimizer": _name(type(self.optimizer)),
            "learning_rate": group["lr"],
            "epsilon": group.get("eps"),
            "parameter_dtype": str(next(self.model.parameters()).dtype).removeprefix("torch."),
            "compute_dtype": f"{str(mixed).removeprefix('torch.')} (autocast)" if mixed else None,
            "foreach": group.get("foreach"),
            "fused": group.get("fused"),
            "threads": torch.get_num_threads(),
            "interop_threads": torch.get_num_interop_threads(),
            **_of_device(self.device),
            "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
            **(data_loading.settings(self.workload.loading) if self.workload.loading else {}),
        }

    def _build(self) -> nn.Module:
        architecture = self.workload.architecture
        module = importlib.import_module(f"models_torch.architectures.{architecture.file}")
        model: nn.Module = getattr(module, architecture.name)(**architecture.arguments)
        return model

    def _freeze(self, transfer: Transfer) -> None:
        layers = dict(self.model.named_modules())
        for path in (*transfer.fresh, *transfer.frozen, *transfer.rates):
            if path not in layers:
                raise ValueError(f"transfer: the model has no layer {path}")
        for path in transfer.frozen:
            layers[path].requires_grad_(False)
            self.frozen += [layer for layer in layers[path].modules() if isinstance(layer, OF_RUNNING_STATISTICS)]

    def _train_mode(self) -> None:
        """Have the model train; frozen layers with running statistics infer, as Keras' do: these too would move."""
        self.model.train()
        for layer in self.frozen:
            layer.eval()

    def _start_optimizer(self) -> None:
        """Begin with an optimizer, and what changes its learning rate, that have taken no step."""
        workload = self.workload
        trained = {name: p for name, p in self.model.named_parameters() if p.requires_grad}
        if workload.track == "stock":
            self.optimizer = make_stock_optimizer(workload.optimizer, trained.values(), fused=self.fused)
        else:
            rates = workload.transfer.rates if workload.transfer else {}
            shares = [rates.get(layer_of(name, rates) or "", 1.0) for name in trained]
            own = shares if rates else None
            self.optimizer = make_optimizer(workload.optimizer, trained.values(), own, fused=self.fused)
        if self.setup.precision == "fp16":
            self.scaler = make_scaler(device=self.device.type)
            self.scales, self.attempted = [], 0
            self.skipped = torch.zeros((), device=self.device)
        if workload.regularizer and (most := workload.regularizer.max_norm):
            self.optimizer.register_step_post_hook(lambda *_: limit_norm(self.weights, most))
        by_epoch = workload.schedule is not None and workload.schedule.name == "plateau"
        schedule = make_schedule(self.optimizer, workload.schedule) if workload.schedule else None
        self.schedule, self.plateau = (None, schedule) if by_epoch else (schedule, None)

    def _tensors(self) -> dict[str, Tensor]:
        state = self.model.state_dict()  # a buffer that is not part of it is a constant
        buffers = {n: b for n, b in self.model.named_buffers() if n in state and not n.endswith(UNCARRIED)}
        return {**dict(self.model.named_parameters()), **buffers}

    def _inputs(self, x: Array) -> Tensor:
        inputs = torch.from_numpy(np.ascontiguousarray(x))
        return inputs if self.workload.form == "tokens" else inputs.to(self.dtype)

    def _targets(self, y: Array) -> Tensor:
        targets = torch.from_numpy(np.ascontiguousarray(y))
        return targets if self.workload.loss in OF_INDICES else targets.to(self.dtype)

    def _placed(self, tensor: Tensor) -> Tensor:
        """Return a tensor on the device: out of page-locked memory without waiting for the copy."""
        return tensor.to(self.device, non_blocking=True)

    def _wait(self) -> None:
        """Wait for the device: on a CPU calls return when all is done."""
        if self.device.type == "cuda":
            torch.cuda.synchronize()


class TorchArm:
    """PyTorch in this process: threads and precision set once, before any tensor exists.

    Attributes:
        session: What it opens: other arms have other ones.
    """

    session: type[TorchSession] = TorchSession

    def __init__(self, setup: Setup):
        self.setup = setup
        if setup.device == "gpu" and not torch.cuda.is_available():
            raise NoDevice(f"PyTorch {torch.__version__} finds no GPU here")
        torch.set_num_threads(setup.threads)
        if torch.get_num_interop_threads() != setup.threads:  # may be set once in a process
            torch.set_num_interop_threads(setup.threads)
        # Older switches first: parts of PyTorch still read these, and raise where they say another thing.
        torch.set_float32_matmul_precision("high" if setup.precision == "tf32" else "highest")
        torch.backends.cudnn.allow_tf32 = setup.precision == "tf32"
        # One by one: in PyTorch 2.11 the switch for all leaves those of cuDNN as they are, TF32; in 2.13 it does not.
        for switch in (torch.backends, *OF_FLOAT32):
            switch.fp32_precision = "tf32" if setup.precision == "tf32" else "ieee"
        if setup.precision == "fp64":
            # NAdam keeps the product of its momenta in the default type, whatever its parameters have.
            torch.set_default_dtype(torch.float64)

    def open(self, workload: Workload, sample_shape: tuple[int, ...], outputs: int) -> TorchSession:
        """Build the workload's model; see ``harness.contract.Arm``."""
        return self.session(self.setup, workload)

    def device_memory(self) -> DeviceMemory:
        """Return the peaks since the last call; see ``harness.contract.OnDevice``."""
        told = DeviceMemory(torch.cuda.max_memory_allocated(), torch.cuda.max_memory_reserved())
        torch.cuda.reset_peak_memory_stats()
        return told


def _array(tensor: Tensor) -> Array:
    return tensor.detach().cpu().numpy()


def _of_device(device: torch.device) -> dict[str, Any]:
    """Return what is in force on a device alone."""
    if device.type == "cpu":
        return {"fp32_precision": torch.backends.fp32_precision}
    cudnn = torch.backends.cudnn
    return {
        "device": torch.cuda.get_device_name(device),
        "matmul_precision": torch.backends.cuda.matmul.fp32_precision,
        "convolution_precision": cudnn.conv.fp32_precision,
        "recurrence_precision": cudnn.rnn.fp32_precision,
        "cudnn": cudnn.version(),
        "cudnn_benchmark": cudnn.benchmark,
    }


def _name(optimizer: type[torch.optim.Optimizer]) -> str:
    """Return where an optimizer is found: PyTorch's own in ``torch.optim``, others in their module."""
    name = optimizer.__name__
    return f"{'torch.optim' if getattr(torch.optim, name, None) is optimizer else optimizer.__module__}.{name}"


def _kind(module: nn.Module) -> LayerKind:
    return next(kind for layer, kind in LAYER_KINDS if isinstance(module, layer))


def _holds_tensors(module: nn.Module) -> bool:
    return any(isinstance(module, layer) for layer, _ in LAYER_KINDS)


def _owner(name: str, paths: Collection[str]) -> str:
    """Return the outermost known layer that a tensor belongs to: attention's output projection is attention's."""
    return min((path for path in paths if name.startswith(f"{path}.")), key=len)
