"""Weights go across a pair and back to the bit, the converted model is the same function, and bad files are refused."""

import errno
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from large_pairs import PUBLISHED
from safetensors.torch import load_file, save_file

from harness import registry
from harness.convert import ConversionError, HalvesDisagree, as_text, convert, processes
from harness.parity import mutants, planting

INPUTS = {"lenet_mnist5k": (5, 28, 28, 1), "mlp_digits": (5, 64), "gru_mnist1d": (5, 40, 1)}
BACKENDS = ("keras-tensorflow", "keras-jax", "keras-torch")
ROOT = Path(__file__).parents[2]
KERAS_USER = """
import importlib, json, sys
import keras, numpy as np
for file, name, arguments, workload, shape in json.loads(sys.argv[1]):
    model = getattr(importlib.import_module("models_keras.architectures." + file), name)(**arguments)
    model(keras.Input(shape[1:]))
    model.load_weights(workload + ".weights.h5")
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    np.save(workload, keras.ops.convert_to_numpy(model(x, training=False)))
"""


@pytest.fixture(scope="module")
def workers():
    with processes() as lent:
        yield lent


def make(workload):
    """The PyTorch half of a workload, as its user has it: no tensor is as it began, statistics of norms included."""
    torch.manual_seed(5)
    architecture = registry.find_workload(workload).architecture
    module = importlib.import_module(f"models_torch.architectures.{architecture.file}")
    model = getattr(module, architecture.name)(**architecture.arguments)
    for tensor in model.state_dict().values():
        if tensor.is_floating_point():
            tensor.add_(0.1 * (torch.rand_like(tensor) - 0.5))
    return model


@pytest.fixture
def trained(tmp_path):
    """``trained("mlp_digits", lambda state: …)``: a file of weights, after the given damage."""

    def write(workload, damage=lambda state: None):
        state = make(workload).state_dict()
        damage(state)
        save_file(state, tmp_path / "model.safetensors")
        return tmp_path / "model.safetensors"

    return write


def bits(path):
    return {name: (tensor.dtype, tensor.numpy().tobytes()) for name, tensor in load_file(path).items()}


@pytest.mark.parametrize("arm", BACKENDS)
def test_there_and_back_is_the_same_to_the_bit(trained, workers, tmp_path, arm):
    source = trained("mlp_digits", lambda state: state.update({n: t.double() for n, t in state.items()}))
    there = convert(source, "mlp_digits", "keras", arm=arm, workers=workers)
    assert there.output == str(tmp_path / "model.weights.h5")
    assert there.arms == ("torch", arm)
    assert there.difference <= 1e-5
    back = convert(there.output, "mlp_digits", "torch", tmp_path / "back.safetensors", arm, workers=workers)
    assert bits(back.output) == bits(source)
    assert (back.left, back.widened, back.dtype) == ((), {}, "float64")
    written = {"back.safetensors", "model.safetensors", "model.weights.h5"}
    assert {path.name for path in tmp_path.iterdir()} == written


def families():
    """A workload of each architecture in each of its forms: what of its arguments is no size, direction, activation."""
    found = {}
    every = [*registry.workloads().values(), *registry.variants().values()]
    for workload in sorted(every, key=lambda workload: workload.name in PUBLISHED):
        asked = workload.architecture
        form = [
            (name, value)
            for name, value in asked.arguments.items()
            if isinstance(value, str | bool) and name not in ("activation", "bidirectional")
        ]
        found.setdefault((asked.file, asked.name, *form), workload.name)
    return sorted(found.values())


DEAR = (
    *("lstm_mnist1d", "lstm_python_docs", "rnn_mnist1d", "vit_mnist5k", "mobilenet_mnist5k", "recomputation.none"),
    *PUBLISHED,
)
"""Of many steps or layers, all of kinds that ``test_bridge.py`` has too; the encoder is that of
``recomputation.blocks``."""


@pytest.mark.parametrize(
    "workload", [pytest.param(name, marks=pytest.mark.long if name in DEAR else ()) for name in families()]
)
def test_every_architecture_goes_there_and_back(trained, workers, tmp_path, workload):
    source = trained(workload)
    there = convert(source, workload, "keras", arm="keras-torch", workers=workers)
    assert there.difference <= 1e-5
    back = convert(there.output, workload, "torch", tmp_path / "back.safetensors", "keras-torch", workers=workers)
    assert back.difference <= 1e-5
    assert (back.widened, back.dtype) == ({}, "float32")
    assert bits(back.output) == bits(source)
    make(workload).load_state_dict(load_file(back.output), strict=True)


def test_a_keras_user_gets_the_same_predictions_on_another_backend(trained, workers, tmp_path):
    expected, asked = {}, []
    for workload, shape in INPUTS.items():
        weights = tmp_path / f"{workload}.weights.h5"
        convert(trained(workload), workload, "keras", weights, "keras-torch", workers=workers)
        architecture = registry.find_workload(workload).architecture
        asked.append([architecture.file, architecture.name, dict(architecture.arguments), workload, shape])
        x = torch.from_numpy(np.random.default_rng(0).normal(size=shape).astype("float32"))
        with torch.no_grad():
            expected[workload] = make(workload)(x.movedim(-1, 1) if x.ndim == 4 else x).numpy()
    subprocess.run(
        [sys.executable, "-c", KERAS_USER, json.dumps(asked)],
        env=os.environ | {"KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        check=True,
    )
    for workload, outputs in expected.items():
        np.testing.assert_allclose(np.load(tmp_path / f"{workload}.npy"), outputs, rtol=0, atol=1e-6)


def test_bfloat16_is_widened_and_said_so(trained, workers):
    source = trained("mlp_digits", lambda state: state.update({n: t.bfloat16() for n, t in state.items()}))
    before = load_file(source)
    done = convert(source, "mlp_digits", "keras", arm="keras-torch", force=True, workers=workers)
    assert done.widened == dict.fromkeys(before, "bfloat16")
    assert "6 tensors stored as bfloat16" in as_text(done)
    back = convert(done.output, "mlp_digits", "torch", arm="keras-torch", force=True, workers=workers)
    assert {n: t.float().tolist() for n, t in before.items()} == {
        n: t.tolist() for n, t in load_file(back.output).items()
    }


def set_(name, change):
    return lambda state: state.update({name: change(state[name].clone())})


def poke(value):
    def change(tensor):
        tensor.view(-1)[3] = value
        return tensor

    return change


SPOILED = [
    (lambda state: state.pop("fc.1.bias"), "missing: fc.1.bias (64,)"),
    (lambda state: state.update({"fc.3.bias": torch.zeros(2)}), "not the model's: fc.3.bias (2,)"),
    (set_("fc.1.weight", lambda t: t.T.contiguous()), "fc.1.weight: shape (128, 64), expected (64, 128)"),
    (set_("fc.2.weight", poke(torch.nan)), "fc.2.weight: 1 of 640 numbers are NaN or infinite"),
    (set_("fc.2.weight", poke(-torch.inf)), "fc.2.weight: 1 of 640 numbers are NaN or infinite"),
    (set_("fc.0.bias", lambda t: t.int()), "fc.0.bias: stored as int32"),
    (set_("fc.0.bias", lambda t: t.to(torch.complex64)), "fc.0.bias: stored as complex64"),
]


@pytest.mark.parametrize(("damage", "named"), SPOILED, ids=[named for _, named in SPOILED])
def test_a_file_that_does_not_fit_is_refused_by_name(trained, workers, tmp_path, damage, named):
    source = trained("mlp_digits", damage)
    with pytest.raises(ConversionError) as refused:
        convert(source, "mlp_digits", "keras", arm="keras-torch", workers=workers)
    assert named in str(refused.value)
    assert str(source) in str(refused.value)
    assert list(tmp_path.iterdir()) == [source]


def edit(path, change):
    with h5py.File(path, "r+") as file:
        change(file)


def test_a_keras_file_that_does_not_fit_is_refused_by_name(trained, workers, tmp_path):
    convert(trained("mlp_digits"), "mlp_digits", "keras", arm="keras-torch", workers=workers)
    whole = (tmp_path / "model.weights.h5").read_bytes()
    source = tmp_path / "bad.weights.h5"

    def refusal(change):
        source.write_bytes(whole)
        edit(source, change)
        with pytest.raises(ConversionError) as refused:
            convert(source, "mlp_digits", "torch", arm="keras-torch", workers=workers)
        return str(refused.value)

    def replace(name, array):
        def change(file):
            del file[name]
            file[name] = array

        return change

    assert "missing: fc/dense_1/vars/0 (128, 64)" in refusal(lambda file: file.__delitem__("fc/dense_1/vars/0"))
    assert "not the model's: fc/more (3,)" in refusal(lambda file: file.__setitem__("fc/more", np.zeros(3)))
    assert "fc/dense/vars/1: shape (7,), expected (128,)" in refusal(replace("fc/dense/vars/1", np.zeros(7)))
    assert "fc/dense/vars/1: 128 of 128 numbers" in refusal(replace("fc/dense/vars/1", np.full(128, np.nan)))
    assert "fc/dense/vars/1: holds |S3, not numbers" in refusal(replace("fc/dense/vars/1", np.array([b"abc"])))
    assert not (tmp_path / "bad.safetensors").exists()


def test_optimizer_state_is_left_behind_and_said_so(trained, workers, tmp_path):
    source = trained("mlp_digits")
    done = convert(source, "mlp_digits", "keras", arm="keras-torch", workers=workers)
    edit(done.output, lambda file: file.__setitem__("optimizer/vars/0", np.array(7)))
    back = convert(done.output, "mlp_digits", "torch", tmp_path / "back.safetensors", "keras-torch", workers=workers)
    assert back.left == ("optimizer/vars/0",)
    assert bits(back.output) == bits(source)


@pytest.mark.parametrize("to", ["keras", "torch"])
def test_a_file_cut_anywhere_is_refused(trained, workers, tmp_path, to):
    source = trained("mlp_digits")
    if to == "torch":
        source = Path(convert(source, "mlp_digits", "keras", arm="keras-torch", workers=workers).output)
    whole = source.read_bytes()
    cut = source.with_name("cut" + "".join(source.suffixes))
    for length in (0, 5, 300, len(whole) // 2, len(whole) - 1):
        cut.write_bytes(whole[:length])
        with pytest.raises(ConversionError, match=f"^{cut} cannot be carried into MLP .*cut short"):
            convert(cut, "mlp_digits", to, arm="keras-torch", workers=workers)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(("cut.w", ".")) and path != cut]


def test_the_command_names_the_tensor_that_a_file_is_cut_in(twinbench, trained, tmp_path):
    source = trained("mlp_digits")
    whole = source.read_bytes()
    begin = 8 + int.from_bytes(whole[:8], "little")
    ends = {name: one["data_offsets"][1] for name, one in json.loads(whole[8:begin]).items() if name[0] != "_"}
    for cut in ("fc.1.weight", max(ends, key=ends.__getitem__)):
        source.write_bytes(whole[: begin + ends[cut] - 1])
        ended = twinbench("convert", str(source), "--workload", "mlp_digits", "--to", "keras", "--arm", "keras-torch")
        assert (ended.status, ended.out) == (2, "")
        (said,) = ended.err.splitlines()
        assert said.endswith(f": {cut}: cut short")
        assert list(tmp_path.iterdir()) == [source]


def test_a_pair_that_is_not_one_function_converts_nothing(trained, tmp_path):
    source = trained("mlp_digits")
    wrong = next(mutant for mutant in mutants.MUTANTS if mutant.name == "softmax before the loss")
    package = planting.planted(wrong, tmp_path / "planted")
    with (
        processes() as healthy,
        healthy.patched(package, tmp_path / "planted") as hosts,
        pytest.raises(HalvesDisagree, match="twinbench parity mlp_digits"),
    ):
        convert(source, "mlp_digits", "keras", arm="keras-torch", workers=hosts)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.safetensors", "planted"]


def test_nothing_is_beside_the_source_until_all_is_checked(trained, workers, tmp_path, monkeypatch):
    source, seen = trained("mlp_digits"), []

    def interrupted(*_):
        seen.extend(tmp_path.iterdir())
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.convert._difference", interrupted)
    with pytest.raises(KeyboardInterrupt):
        convert(source, "mlp_digits", "keras", arm="keras-torch", workers=workers)
    assert seen == [source]
    assert list(tmp_path.iterdir()) == [source]


def test_a_full_disk_is_told_by_the_name_of_the_output_and_leaves_what_was_there(
    trained, workers, tmp_path, monkeypatch
):
    source, there = trained("mlp_digits"), tmp_path / "model.weights.h5"
    there.write_text("mine")

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConversionError, match=f"^{there} cannot be written: No space left on device$"):
        convert(source, "mlp_digits", "keras", arm="keras-torch", force=True, workers=workers)
    assert there.read_text() == "mine"
    assert sorted(tmp_path.iterdir()) == [source, there]


WRONG = [
    (["--to", "keras", "--workload", "mlp_digit"], "unknown workload 'mlp_digit'; did you mean 'mlp_digits'?"),
    (["--to", "onnx"], "unknown target 'onnx'; known: keras, torch"),
    (["--to", "torch"], "model.safetensors is not named as keras-tensorflow's weights files are: *.weights.h5"),
    (["--to", "keras", "--arm", "numpy"], "numpy reads and writes no weights files"),
    (["--to", "keras", "--arm", "keras-jaxx"], "unknown arm 'keras-jaxx'; did you mean 'keras-jax'?"),
    (["--to", "keras", "--output", "x.h5"], "x.h5 is not named as keras-tensorflow asks: *.weights.h5"),
    (["--to", "keras", "--output", "no/x.weights.h5"], "no is no folder"),
    (["--to", "keras", "--output", "there.weights.h5"], "there.weights.h5 exists; --force replaces it"),
]


@pytest.mark.parametrize(
    ("arguments", "message"), WRONG, ids=lambda value: " ".join(value) if type(value) is list else ""
)
def test_a_wrong_request_gets_one_clear_line_and_writes_nothing(
    twinbench, trained, tmp_path, monkeypatch, arguments, message
):
    trained("mlp_digits")
    monkeypatch.chdir(tmp_path)
    Path("there.weights.h5").write_text("mine")
    ended = twinbench("convert", "model.safetensors", "--workload", "mlp_digits", *arguments)
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.splitlines() == [f"twinbench: {message}"]
    assert {path.name for path in tmp_path.iterdir()} == {"model.safetensors", "there.weights.h5"}
    assert Path("there.weights.h5").read_text() == "mine"


@pytest.mark.parametrize(("name", "to"), [("model.safetensors", "keras"), ("model.weights.h5", "torch")])
def test_a_pickle_under_the_name_of_a_weights_file_is_refused_unread(trained, workers, tmp_path, name, to):
    source = tmp_path / "pickled" / name
    source.parent.mkdir()
    torch.save(load_file(trained("mlp_digits")), source)
    with pytest.raises(ConversionError, match=r"a pickle, as torch\.save writes it; reading it could run any code"):
        convert(source, "mlp_digits", to, arm="keras-torch", workers=workers)
    assert list(source.parent.iterdir()) == [source]


def test_a_type_that_numpy_lacks_is_a_wrong_request(twinbench, trained, tmp_path):
    source = trained("mlp_digits", set_("fc.1.weight", lambda t: t.to(torch.float8_e4m3fn)))
    ended = twinbench("convert", str(source), "--workload", "mlp_digits", "--to", "keras", "--arm", "keras-torch")
    assert (ended.status, ended.out) == (2, "")
    (said,) = ended.err.splitlines()
    assert said.endswith(": fc.1.weight: stored as F8_E4M3, a type that NumPy lacks")
    assert list(tmp_path.iterdir()) == [source]


def test_the_command_names_every_tensor_that_does_not_fit(twinbench, trained, tmp_path):
    def spoil(state):
        for damage, _ in SPOILED[:4]:
            damage(state)

    source = trained("mlp_digits", spoil)
    ended = twinbench("convert", str(source), "--workload", "mlp_digits", "--to", "keras", "--arm", "keras-torch")
    assert (ended.status, ended.out) == (2, "")
    assert [named for _, named in SPOILED[:4] if named not in ended.err] == []
    assert list(tmp_path.iterdir()) == [source]


def test_the_command_tells_what_it_wrote_and_replaces_what_it_is_told_to(twinbench, trained, tmp_path):
    (tmp_path / "model.weights.h5").write_text("old")
    asked = ["convert", str(trained("mlp_digits")), "--workload", "mlp_digits", "--to", "keras", "--arm", "keras-torch"]
    ended = twinbench(*asked, "--force", "--json")
    assert (ended.status, ended.err) == (0, "")
    told = json.loads(ended.out)
    assert (told["tensors"], told["numbers"], told["dtype"]) == (6, 17226, "float32")
    with h5py.File(told["output"]) as file:
        assert file["fc/dense/vars/0"].shape == (64, 128)
