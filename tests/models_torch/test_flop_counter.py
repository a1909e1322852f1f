"""Our count of every workload's model is PyTorch's own, and the sizes on file are what is counted now."""

import math

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from harness import matched, registry
from harness.anatomy.layers import tree
from harness.anatomy.sizes import of_model
from harness.contract import Setup
from harness.measure import sizes
from models_torch.arm import TorchArm

LARGE = 10**9
"""FLOPs from which a model is built in the long tests only."""


@pytest.fixture(scope="module")
def arm():
    return TorchArm(Setup("fp32", 1))


@pytest.fixture(scope="module")
def data():
    """``data(name)``: inputs of one sample, and the number of outputs; each dataset is loaded once."""
    loaded = {}

    def data(workload):
        if workload.dataset not in loaded:
            loaded[workload.dataset] = registry.load_dataset(workload.dataset)
        dataset = loaded[workload.dataset]
        return matched.as_input(dataset.x_test[:1], workload.form), dataset.outputs

    return data


def test_every_workload_has_its_size_on_file():
    assert sizes.read().keys() == registry.workloads().keys(), "make sizes renews benchmarks/sizes.json"


def test_the_file_is_written_as_make_sizes_writes_it():
    assert sizes.as_text(sizes.read()) == sizes.FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.long if size.flops > LARGE else ())
        for name, size in sorted(sizes.read().items())
    ],
)
def test_counts_are_pytorchs_and_those_on_file(arm, data, name):
    workload = registry.find_workload(name)
    x, outputs = data(workload)
    session = arm.open(workload, x.shape[1:], outputs)
    specs = session.describe()
    model = tree(session.calls(x), specs, workload.architecture.tied)
    assert of_model(model) == sizes.read()[name], "make sizes renews benchmarks/sizes.json"
    forward, both = count(session, x)
    assert model.flops == forward
    if any(getattr(module, "groups", 1) > 1 for module in session.model.modules()):
        # PyTorch 2.13 counts the gradient of a grouped weight as if there were no groups: 8 times at 8 groups.
        assert both > 3 * forward
    else:
        states = sum(math.prod(spec.shape) for own, spec in specs.items() if ".weight_hh" in own)
        assert both == sizes.read()[name].step_flops - 2 * states, "no initial state needs a gradient either"


def count(session, x):
    """Return what PyTorch counts for one sample: forward, and forward and backward."""
    inputs = torch.from_numpy(x).to("meta")  # which has shapes only: no arithmetic
    module = session.model.to("meta").eval()
    counts = []
    # The fused kernels of attention take their scores twice in the backward pass, or are not counted at all.
    with sdpa_kernel(SDPBackend.MATH):
        for backward in (False, True):
            with FlopCounterMode(display=False) as counter:
                outputs = module(inputs)
                if backward:
                    outputs.sum().backward()
            counts.append(counter.get_total_flops())
    return counts
