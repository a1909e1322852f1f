"""Every arm tells the same layers with tensors: their order, shapes, parameters and operations."""

from __future__ import annotations

import functools

import pytest

from harness import matched, registry
from harness.anatomy.layers import calls_and_specs, tree

KERAS = ("keras-tensorflow", "keras-jax", "keras-torch")
FEW = ("gru_mnist1d", "lenet_mnist5k", "mlp_norm_digits")


load_dataset = functools.cache(registry.load_dataset)


def told_by(bench, arm, name):
    workload = registry.find_workload(name)
    dataset = load_dataset(workload.dataset)
    shape = matched.as_input(dataset.x_test[:1], workload.form).shape[1:]
    told = bench.worker(arm, "fp32").ask(
        "trace", 240.0, workload=name, sample_shape=list(shape), outputs=dataset.outputs
    )
    return tree(*calls_and_specs(told), workload.architecture.tied)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in FEW else pytest.mark.long) for name in sorted(registry.workloads())],
)
@pytest.mark.parametrize("arm", KERAS)
def test_layers_are_pytorchs(bench, arm, name):
    ours, theirs = (told_by(bench, one, name) for one in ("torch", arm))
    assert (theirs.parameters, theirs.flops, theirs.output) == (ours.parameters, ours.flops, ours.output)

    def with_tensors(model):
        return [(row.path, row.kind, row.output, row.parameters, row.flops) for _, row in model.flat() if row.kind]

    assert with_tensors(theirs) == with_tensors(ours)
