"""Checkpoints on disk: what is read is what was written, or refused with the reason."""

import io
import pickle
import zipfile

import numpy as np
import pytest
from safetensors.numpy import save

from harness.contract import Checkpoint, CheckpointError
from harness.store import checkpoints

MADE_FOR = {"arm": "torch", "architecture": {"name": "MLP", "hidden": (100, 100)}, "batch_size": 100}
CHECKPOINT = Checkpoint(
    {
        "parameters/fc.weight": np.arange(6, dtype=np.float32).reshape(2, 3) / 7,
        "slots/0/step": np.array(12.0),
        "random/torch": np.array([3, 255, 0], dtype=np.uint8),
    },
    {"epoch": 3, "schedule": {"best": 0.1 + 0.2, "wait": 2}},
)


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "one.safetensors"
    checkpoints.write(path, CHECKPOINT, MADE_FOR)
    return path


def test_what_is_read_is_what_was_written_to_the_bit(written):
    found = checkpoints.read(written, MADE_FOR)
    assert found.state == CHECKPOINT.state
    assert found.tensors.keys() == CHECKPOINT.tensors.keys()
    for name, tensor in CHECKPOINT.tensors.items():
        assert found.tensors[name].dtype == tensor.dtype
        assert found.tensors[name].tobytes() == tensor.tobytes()
        assert found.tensors[name].shape == tensor.shape


def test_a_write_that_fails_leaves_the_checkpoint_before(written):
    before = written.read_bytes()
    with pytest.raises(TypeError):
        checkpoints.write(written, Checkpoint({}, {"epoch": object()}), MADE_FOR)
    assert written.read_bytes() == before
    assert list(written.parent.iterdir()) == [written]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"arm": "keras-jax"}, "its arm is torch, not keras-jax"),
        ({"batch_size": 50}, "its batch_size is 100, not 50"),
        ({"architecture": {"name": "MLP", "hidden": (90, 100)}}, r"its architecture is .*100, 100.*, not .*90, 100"),
    ],
)
def test_a_checkpoint_of_something_else_is_refused(written, change, reason):
    with pytest.raises(CheckpointError, match=rf"one\.safetensors: {reason}"):
        checkpoints.read(written, MADE_FOR | change)


@pytest.mark.parametrize("kept", [0, 5, 100, -1])
def test_a_truncated_checkpoint_is_refused(written, kept):
    written.write_bytes(written.read_bytes()[:kept])
    with pytest.raises(CheckpointError, match="cut short, or no safetensors file"):
        checkpoints.read(written, MADE_FOR)


@pytest.mark.parametrize(("old", "new"), [(b'epoch\\": 3', b'epoch\\": 4'), (b"\x00\x00\x40\x41", b"\x00\x00\x41\x41")])
def test_a_tampered_checkpoint_is_refused(tmp_path, old, new):
    path = tmp_path / "one.safetensors"
    tensors = {"slots/0/step": np.array(12.0, dtype=np.float32)}
    checkpoints.write(path, Checkpoint(tensors, CHECKPOINT.state), MADE_FOR)
    content = path.read_bytes()
    assert content.count(old) == 1
    path.write_bytes(content.replace(old, new))
    with pytest.raises(CheckpointError, match="changed since it was written"):
        checkpoints.read(path, MADE_FOR)


def test_tensors_without_a_state_are_refused(tmp_path):
    path = tmp_path / "weights.safetensors"
    path.write_bytes(save({"fc.weight": np.zeros(3)}, {"format": "pt"}))
    with pytest.raises(CheckpointError, match="no checkpoint of twinbench"):
        checkpoints.read(path, MADE_FOR)


class Trap:
    """What a pickle can do to its reader."""

    def __reduce__(self):
        return pytest.fail, ("it was unpickled",)


def as_torch_saves(content):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("model/data.pkl", content)
    return archive.getvalue()


@pytest.mark.parametrize("wrap", [bytes, as_torch_saves], ids=["pickle", "torch.save"])
@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_a_pickle_is_refused_unread(tmp_path, wrap, protocol):
    path = tmp_path / "model.pt"
    path.write_bytes(wrap(pickle.dumps(Trap(), protocol=protocol)))
    with pytest.raises(CheckpointError, match=r"model\.pt: a pickle"):
        checkpoints.read(path, MADE_FOR)
