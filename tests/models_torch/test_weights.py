"""The ``state_dict`` as a file: every tensor to the bit, counters of batch norm included, and what cannot cross."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from harness import registry
from harness.contract import Setup, WeightsError
from harness.run.weights import carry_in, carry_out
from models_torch.arm import TorchSession
from models_torch.weights import read

WORKLOAD = registry.find_workload("softmax_digits")


def session(*layers):
    """A session over other layers than the workload's, as an arm would open it; float64, as files are read."""
    opened = TorchSession(Setup("fp64", 1), WORKLOAD)
    opened.model = nn.Sequential(*layers).double()
    return opened


def normed():
    return session(nn.Linear(4, 3), nn.BatchNorm1d(3))


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "model.safetensors")


@pytest.fixture
def scratch(tmp_path):
    return str(tmp_path / "scratch.safetensors")


def test_counters_of_batch_norm_are_left_behind_and_written_afresh(path, scratch):
    trained = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    trained(torch.randn(8, 4))
    save_file(trained.state_dict(), path)
    opened, told = carry_in(normed, path, scratch)
    assert told["left"] == ["1.num_batches_tracked"]
    tensors = opened.dump()
    assert np.array_equal(tensors["1.running_mean"], trained[1].running_mean.numpy())

    written = normed()
    carry_out(written, tensors, path)
    nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)).load_state_dict(load_file(path), strict=True)
    assert load_file(path)["1.num_batches_tracked"] == 0


def test_a_file_may_lack_counters_but_no_statistics(path, scratch):
    state = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)).state_dict()
    del state["1.num_batches_tracked"]
    save_file(state, path)
    assert carry_in(normed, path, scratch)[1]["left"] == []
    del state["1.running_var"]
    save_file(state, path)
    with pytest.raises(WeightsError, match=r"missing: 1\.running_var \(3,\)$"):
        carry_in(normed, path, scratch)


@pytest.mark.parametrize("dtype", ["F8_E4M3", "F8_E8M0", "F4"])  # PyTorch reads the first of them
def test_a_type_that_numpy_lacks_is_refused_by_the_name_of_its_tensor(path, dtype):
    size = 1 if dtype == "F4" else 2
    header = json.dumps({"fc.scale": {"dtype": dtype, "shape": [2], "data_offsets": [0, size]}}).encode()
    Path(path).write_bytes(struct.pack("<Q", len(header)) + header + bytes(size))
    with pytest.raises(WeightsError, match=rf"^fc\.scale: stored as {dtype}, a type that NumPy lacks$"):
        read(path)


class Biased(nn.Module):
    """A layer with a number that the canonical tensors do not hold."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 3)
        self.register_buffer("offset_num_batches_tracked", torch.zeros(2))


def test_a_number_that_has_no_place_elsewhere_is_refused(path, scratch):
    state = nn.Sequential(Biased()).state_dict()
    save_file(state, path)
    carry_in(lambda: session(Biased()), path, scratch)
    state["0.offset_num_batches_tracked"] += 1
    save_file(state, path)
    with pytest.raises(WeightsError, match=r"no place for 0\.offset_num_batches_tracked"):
        carry_in(lambda: session(Biased()), path, scratch)


def test_tied_tensors_are_written_under_each_name(path):
    tied = session(nn.Linear(4, 4), nn.Linear(4, 4))
    tied.model[1].weight = tied.model[0].weight
    tied.save(path)
    assert torch.equal(load_file(path)["0.weight"], load_file(path)["1.weight"])
    tied.restore(path)
    assert tied.model[1].weight is tied.model[0].weight
