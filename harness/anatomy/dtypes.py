"""In which type each operation of a train step computes, in every arm."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from harness import registry
from harness.contract import Cell, Device, Precision, Setup
from harness.run.coordinator import store_dataset
from harness.run.process import Worker
from harness.run.sitting import START_TIMEOUT_S
from harness.schema import OperationCount, StepOperations

REQUEST_S = 300.0

PRODUCTS = frozenset({
    # PyTorch, and Keras on it
    "mm", "addmm", "bmm", "baddbmm", "mv", "addmv", "dot", "convolution", "convolution_overrideable",
    "convolution_backward", "mkldnn_rnn_layer", "mkldnn_rnn_layer_backward", "_cudnn_rnn", "_cudnn_rnn_backward",
    *(f"_scaled_dot_product_{kind}{way}" for way in ("", "_backward") for kind in (
        "flash_attention", "flash_attention_for_cpu", "efficient_attention", "cudnn_attention",
    )),
    # TensorFlow
    "MatMul", "BatchMatMulV2", "BatchMatMulV3", "Einsum", "CudnnRNNV3", "CudnnRNNBackpropV3", "Conv2D",
    "Conv2DBackpropInput", "Conv2DBackpropFilter",
    "DepthwiseConv2dNative", "DepthwiseConv2dNativeBackpropInput", "DepthwiseConv2dNativeBackpropFilter",
    # JAX
    "dot_general", "conv_general_dilated",
})  # fmt: skip
"""Matrix products, convolutions and attention, of every framework: where the time goes, and what mixed precision is
for."""


class Uninspectable(ValueError):
    """An arm whose operations cannot be told. The message says why."""


def inspect(workload: str, arms: Sequence[str], precision: Precision, device: Device = "cpu") -> list[StepOperations]:
    """Return what a train step of every arm is made of, each in a process of its own.

    Raises:
        UnknownName: If there is no such workload or arm.
        Uninspectable: If an arm cannot train it here, or is a form of another.
        WorkerFailure: If a process fails.
        DatasetUnavailable: If the data cannot be had.
    """
    asked = registry.find_workload(workload)
    if asked.accumulation > 1:
        raise Uninspectable(f"{workload} takes its steps in {asked.accumulation} parts, and Keras calls each a step")
    for arm in arms:
        if reason := registry.refusal(arm, asked, precision, device):
            raise Uninspectable(reason)
        if form_of := registry.find_arm(arm).form_of:
            raise Uninspectable(f"{arm} is a form of {form_of}: ask for that")
    with tempfile.TemporaryDirectory(prefix="twinbench-dtypes-") as folder:
        scratch = Path(folder)
        dataset = store_dataset(registry.load_dataset(asked.dataset), scratch)
        found = []
        for arm in arms:
            setup = Setup(precision, 1, pinned=False, device=device)
            with Worker(registry.find_arm(arm), setup, scratch / f"{arm}.log", scratch) as worker:
                worker.begin()
                worker.started(START_TIMEOUT_S)
                worker.open(Cell.of(asked, arm, setup), dataset, REQUEST_S, asked)
                told = worker.ask("operations", REQUEST_S)["counts"]
            found.append(of_arm(workload, arm, precision, told))
    return found


def of_arm(workload: str, arm: str, precision: Precision, told: Sequence[Sequence[str | int]]) -> StepOperations:
    """Return what a process told, products first."""
    counts = [OperationCount(name=str(name), dtype=str(kind), count=int(count)) for name, kind, count in told]
    ordered = sorted(counts, key=lambda one: (one.name not in PRODUCTS, one.name.lower(), one.dtype))
    versions = registry.versions(registry.find_arm(arm))
    return StepOperations(workload=workload, arm=arm, precision=precision, versions=versions, counts=ordered)
