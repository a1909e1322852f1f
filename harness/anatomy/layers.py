"""The layers of a workload's model, with shapes, parameters and FLOPs, as an arm's own process tells of them."""

from __future__ import annotations

import dataclasses
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness import matched, registry
from harness.contract import Call, LayerKind, TensorSpec, Workload
from harness.measure import flops
from harness.parity.workers import TIMEOUT_S, Workers


class NoArm(Exception):
    """No arm that can run here implements the architecture. The message tells the reason of each."""


@dataclasses.dataclass(frozen=True)
class Layer:
    """A call of a module: one line of a layer table.

    Attributes:
        path: Canonical path; empty for the model itself.
        name: The module's class.
        kind: None for what holds no tensors but those of the modules within.
        output: Of one sample, canonical.
        parameters: Trained numbers, with those of the modules within; 0 when the module is called again.
        flops: Of one sample's forward pass, with those of the calls within.
        on_input: Weights that multiply its input (``flops.weights_on_input``).
        within: The calls within.
    """

    path: str
    name: str
    kind: LayerKind | None
    input: tuple[int, ...]
    output: tuple[int, ...]
    parameters: int
    flops: int
    on_input: int
    within: tuple[Layer, ...]

    def flat(self, depth: int = 0) -> Iterator[tuple[int, Layer]]:
        """Yield this layer and those within, in order, each with its depth."""
        yield depth, self
        for layer in self.within:
            yield from layer.flat(depth + 1)

    def as_dict(self) -> dict[str, Any]:
        """Return the layer for JSON, as a reader knows it, without those within."""
        told = [field.name for field in dataclasses.fields(self) if field.name not in ("on_input", "within")]
        fields = {name: getattr(self, name) for name in told}
        return {**fields, "input": list(self.input), "output": list(self.output)}


def dissect(workload: Workload, workers: Workers, arm: str = "") -> tuple[str, Layer]:
    """Return which arm told, and the model with all its layers.

    Args:
        workload: Whose model it is.
        workers: Processes to ask.
        arm: Which to ask; by default the first that can.

    Raises:
        NoArm: If none can.
        WorkerFailure: If its process fails.
    """
    able = find_arm(workload, arm)
    dataset = registry.load_dataset(workload.dataset)
    shape = matched.as_input(dataset.x_test[:1], workload.form).shape[1:]
    told = workers.get(able, "fp32").ask(
        "trace", TIMEOUT_S, workload=workload.name, sample_shape=list(shape), outputs=dataset.outputs
    )
    return able, tree(*calls_and_specs(told), workload.architecture.tied)


def calls_and_specs(told: Mapping[str, Any]) -> tuple[list[Call], dict[str, TensorSpec]]:
    """Return what a worker told of a model (``trace``), as the contract has it."""
    calls = [Call(**call | {side: tuple(call[side]) for side in ("input", "output")}) for call in told["calls"]]
    specs = {name: TensorSpec(tuple(shape), *told_of) for name, (shape, *told_of) in told["specs"].items()}
    return calls, specs


def find_arm(workload: Workload, arm: str = "") -> str:
    """Return the arm of that name, or the first that can run a workload here.

    Raises:
        UnknownName: If there is no arm of that name.
        NoArm: If it cannot, or none can.
    """
    candidates = [registry.find_arm(arm)] if arm else list(registry.arms().values())
    reasons = {spec.name: registry.unsupported(spec, workload, "fp32") for spec in candidates}
    able = [name for name, reason in reasons.items() if not reason]
    if not able:
        told = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
        raise NoArm(f"no arm here can build {workload.architecture.name}: {told}")
    return able[0]


def tree(calls: Sequence[Call], specs: Mapping[str, TensorSpec], tied: str | None = None) -> Layer:
    """Return the model's own call, with all others within.

    Args:
        calls: In order, the model's first.
        specs: The model's tensors.
        tied: See ``Architecture``: the output layer gets a line, though it is no module.
    """
    if tied:
        shape = (*calls[0].output[:-1], specs[tied].shape[1])
        calls = [*calls, Call("output", f"({tied} once more)", "linear", 1, shape, calls[0].output)]
    seen: set[str] = set()
    rest = list(reversed(calls))

    def take() -> Layer:
        call = rest.pop()
        prefix = f"{call.path}." if call.path else ""
        mine = {name for name, spec in specs.items() if name.startswith(prefix) and not spec.buffer} - seen
        within = []
        while rest and rest[-1].depth > call.depth:
            within.append(take())
        seen.update(mine)
        return Layer(
            path=call.path,
            name=call.name,
            kind=call.layer,
            input=call.input,
            output=call.output,
            parameters=sum(math.prod(specs[name].shape) for name in mine),
            flops=flops.of_call(call, specs) + sum(layer.flops for layer in within),
            on_input=flops.weights_on_input(call, specs),
            within=tuple(within),
        )

    return take()


@contextmanager
def processes() -> Iterator[Workers]:
    """Lend worker processes, started as they are needed and ended with the block."""
    with tempfile.TemporaryDirectory(prefix="twinbench-show-") as scratch, Workers(Path(scratch), 1) as workers:
        yield workers
