"""The witness's side of the contract. It computes in float64 whatever precision is asked."""

from __future__ import annotations

import importlib
import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import numpy as np
import threadpoolctl

from harness.contract import Call, Gradients, Setup, TensorSpec, Workload
from models_numpy.layers import Floats
from models_numpy.losses import LOSSES
from models_numpy.network import Network
from models_numpy.optimizers import clip, make_optimizer

if TYPE_CHECKING:
    from harness.contract import Array


class NumpyArm:
    """NumPy, with its BLAS limited to the threads of the setup."""

    def __init__(self, setup: Setup) -> None:
        threadpoolctl.threadpool_limits(setup.threads, user_api="blas")

    def open(self, workload: Workload, sample_shape: tuple[int, ...], outputs: int) -> NumpySession:
        """Build the workload's network; see ``harness.contract.Arm``."""
        module = importlib.import_module(f"models_numpy.architectures.{workload.architecture.file}")
        return NumpySession(getattr(module, workload.architecture.name)(**workload.architecture.arguments), workload)


class NumpySession:
    """One network under training; see ``harness.contract.Session``."""

    def __init__(self, network: Network, workload: Workload) -> None:
        self._network = network
        self._loss = LOSSES[workload.loss]
        self._target_type = np.int64 if workload.loss == "cross_entropy" else np.float64
        self._rule = workload.optimizer
        self._optimizer = make_optimizer(self._rule)
        self._batches: list[tuple[Floats, Array]] = []
        self._staged: Iterator[tuple[Floats, Array]] = iter(())
        self._inputs: list[Floats] = []
        self._passing: Iterator[Floats] = iter(())

    def describe(self) -> dict[str, TensorSpec]:
        """Return every parameter by canonical name."""
        return {name: TensorSpec(p.shape, "linear") for name, p in self._network.parameters().items()}

    def load(self, tensors: Mapping[str, Array], seed: int = 0) -> None:
        """Overwrite all parameters, start optimizer and batches afresh. Nothing here is random.

        Raises:
            ValueError: If a name is missing or unknown, or a shape differs; nothing is overwritten then.
        """
        if missing := sorted(self._network.parameters().keys() - tensors.keys()):
            raise ValueError(f"tensors missing: {', '.join(missing)}")
        self.change(tensors)
        self._optimizer = make_optimizer(self._rule)
        self._staged, self._passing = cycle(self._batches), cycle(self._inputs)

    def change(self, tensors: Mapping[str, Array]) -> None:
        """Overwrite some parameters, and nothing else."""
        parameters = self._network.parameters()
        if unknown := sorted(tensors.keys() - parameters.keys()):
            raise ValueError(f"tensors unknown: {', '.join(unknown)}")
        for name, array in tensors.items():
            if np.shape(array) != parameters[name].shape:
                raise ValueError(f"{name}: shape {np.shape(array)}, expected {parameters[name].shape}")
        for name, array in tensors.items():
            parameters[name][...] = array

    def dump(self) -> dict[str, Array]:
        """Return copies of all parameters, float64."""
        return {name: p.copy() for name, p in self._network.parameters().items()}

    def taps(self, x: Array, *, training: bool = False) -> dict[str, Array]:
        """Return the output of every affine layer, and the network's own; training it changes neither."""
        output = self._network.forward(_floats(x))
        return {name: affine.output for name, affine in self._network.affines.items()} | {"output": output}

    def calls(self, x: Array) -> list[Call]:
        """Return the call of the network, and within it that of every affine layer."""
        output = self._network.forward(_floats(x))
        return [
            Call("", type(self._network).__name__, None, 0, x.shape[1:], output.shape[1:]),
            *(
                Call(path, "Affine", "linear", 1, (affine.weight.shape[1],), affine.output.shape[1:])
                for path, affine in self._network.affines.items()
            ),
        ]

    def gradients(self, x: Array, y: Array) -> Gradients:
        """Return the gradients of the mean loss of one batch."""
        loss, gradient = self._loss(self._network.forward(_floats(x)), y.astype(self._target_type))
        of_inputs = self._network.backward(gradient)
        return Gradients(loss, self._network.gradients(), of_inputs)

    def stage(self, batches: Sequence[tuple[Array, Array]]) -> None:
        """Convert batches once."""
        self._batches = [(_floats(x), y.astype(self._target_type)) for x, y in batches]
        self._staged = cycle(self._batches)
        self._inputs = [x for x, _ in self._batches]
        self._passing = cycle(self._inputs)

    def serve(self, inputs: Sequence[Array]) -> None:
        """Convert inputs once."""
        self._inputs = [_floats(x) for x in inputs]
        self._passing = cycle(self._inputs)

    def held(self) -> list[tuple[Array, Array]]:
        """Return the staged batches."""
        return list(self._batches)

    def run_steps(self, count: int) -> float:
        """Train ``count`` steps; return the loss of the last batch before its update."""
        loss = math.nan
        for x, y in islice(self._staged, count):
            loss = self._train_step(x, y)
        return loss

    def infer(self, count: int) -> float:
        """Evaluate ``count`` staged batches; return the last number of the last outputs."""
        outputs = np.array([math.nan])
        for x in islice(self._passing, count):
            outputs = self._network.forward(x)
        return float(outputs.flat[-1])

    def time_passes(self, laps: Array) -> None:
        """Evaluate batch by batch; NumPy leaves nothing to wait for."""
        for lap, x in enumerate(islice(self._passing, len(laps))):
            began = time.perf_counter_ns()
            self._network.forward(x)
            laps[lap] = time.perf_counter_ns() - began

    def fit(self, x: Array, y: Array, orders: Iterable[Array], batch_size: int) -> list[float]:
        """Train one epoch per order; return the mean loss over the samples of each epoch."""
        x, y = _floats(x), y.astype(self._target_type)
        losses = []
        for order in orders:
            total = 0.0
            for start in range(0, len(order), batch_size):
                batch = order[start : start + batch_size]  # the last one may be smaller
                total += self._train_step(x[batch], y[batch]) * len(batch)
            losses.append(total / len(order))
        return losses

    def predict(self, x: Array, batch_size: int) -> Array:
        """Return outputs (N, outputs), float64."""
        x = _floats(x)
        starts = range(0, len(x), batch_size)
        return np.concatenate([self._network.forward(x[start : start + batch_size]) for start in starts])

    def slot_bytes(self) -> int:
        """Return the size of the optimizer's slots, float64."""
        return sum(array.nbytes for held in self._optimizer.slots().values() for array in held.values())

    def settings(self) -> dict[str, Any]:
        """Return how it executes, the type of the parameters, and NumPy's BLAS with its threads, as loaded."""
        blas = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
        return {
            "execution": "eager",
            "parameter_dtype": ", ".join(sorted({str(p.dtype) for p in self._network.parameters().values()})),
            "threads": max((pool["num_threads"] for pool in blas), default=None),
            "blas": ", ".join(sorted({f"{pool['internal_api']} {pool['version']}" for pool in blas})) or None,
            "versions": {"numpy": np.__version__},
        }

    def _train_step(self, x: Floats, y: Array) -> float:
        loss, gradient = self._loss(self._network.forward(x), y)
        self._network.backward(gradient)
        parameters = self._network.parameters()
        self._optimizer.step(parameters, clip(self._network.gradients(), self._rule.clipping, parameters))
        return loss


def _floats(x: Array) -> Floats:
    return x.astype(np.float64)
