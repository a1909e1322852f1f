"""Every arm tells the same layers with tensors: their order, shapes, parameters and operations."""

from __future__ import annotations

import functools

import pytest

from harness import matched, registry
from harness.anatomy.layers import calls_and_specs, tree
from harness.measure import sizes

KERAS = ("keras-tensorflow", "keras-jax", "keras-torch")
IN_CI = 10**7
"""FLOPs up to which a model is built in the tests of every change."""


load_dataset = functools.cache(registry.load_dataset)


def told_by(bench, arm, name):
    workload = registry.find_workload(name)
    dataset = load_dataset(workload.dataset)
    shape = matched.as_input(dataset.x_test[:1], workload.form).shape[1:]
    told = bench.worker(arm, "fp32").ask(
        "trace", 240.0, workload=name, sample_shape=list(shape), outputs=dataset.outputs
    )
    return tree(*calls_and_specs(told))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.long if size.flops > IN_CI else ())
        for name, size in sorted(sizes.read().items())
    ],
)
@pytest.mark.parametrize("arm", KERAS)
def test_layers_are_pytorchs(bench, arm, name):
    ours, theirs = (told_by(bench, one, name) for one in ("torch", arm))
    assert (theirs.parameters, theirs.flops, theirs.output) == (ours.parameters, ours.flops, ours.output)

    def with_tensors(model):
        return [(row.path, row.kind, row.output, row.parameters, row.flops) for _, row in model.flat() if row.kind]

    assert with_tensors(theirs) == with_tensors(ours)
