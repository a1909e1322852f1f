"""``twinbench show``: what it prints and writes, and what it says when it cannot."""

import json
import xml.etree.ElementTree as ET

import pytest
from rich.console import Console

from harness import anatomy, registry
from harness.anatomy.page import SideBySide
from harness.anatomy.sources import halves


@pytest.mark.parametrize(
    ("name", "workload"),
    [
        ("lenet_mnist5k", "lenet_mnist5k"),
        ("LeNet5", "lenet_mnist5k"),
        ("lenet5", "lenet_mnist5k"),
        ("resnet20", "resnet20_mnist5k"),
        ("cnn", "cnn_mnist1d"),
        ("vit", "vit_mnist5k"),
    ],
)
def test_an_architecture_goes_by_several_names(name, workload):
    assert anatomy.find(name).name == workload


def test_the_whole_is_shown_and_drawn(twinbench, tmp_path):
    ended = twinbench("show", "mlp_digits", "--arm", "numpy", "--results", str(tmp_path))
    assert ended.status == 0
    assert "models_torch/architectures/mlp.py" in ended.out
    assert "class MLP(nn.Module):" in ended.out
    assert "class MLP(keras.Model):" in ended.out
    assert "17,226" in ended.out
    assert "34,048" in ended.out
    drawn = tmp_path / "architectures" / "mlp_digits.svg"
    assert f"diagram: {drawn}" in ended.out
    ET.parse(drawn)  # noqa: S314 - our own picture


def test_a_program_gets_numbers(twinbench, tmp_path):
    ended = twinbench("show", "mlp_digits", "--arm", "numpy", "--svg", str(tmp_path / "mlp.svg"), "--json")
    told = json.loads(ended.out)
    assert (told["parameters"], told["flops"], told["input"]) == (17_226, 34_048, [64])
    assert [(layer["path"], layer["output"], layer["flops"]) for layer in told["layers"]] == [
        ("", [10], 34_048),
        ("fc.0", [128], 16_384),
        ("fc.1", [64], 16_384),
        ("fc.2", [10], 1_280),
    ]
    assert [half["half"] for half in told["halves"]] == ["torch", "keras"]
    assert told["diagram"] == str(tmp_path / "mlp.svg")
    assert list(tmp_path.iterdir()) == [tmp_path / "mlp.svg"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["resnet2"], "unknown workload or architecture 'resnet2'; did you mean 'resnet20'?"),
        (["lenet_mnist"], "unknown workload or architecture 'lenet_mnist'; did you mean 'lenet_mnist5k'?"),
        (["mlp", "--arm", "torhc"], "unknown arm 'torhc'; did you mean 'torch'?"),
        (
            ["mlp_digits", "--arm", "numpy", "--svg", "{folder}/none/a.svg"],
            "No such file or directory: {folder}/none/a.svg",
        ),
        (["mlp_digits", "--arm", "numpy", "--svg", "{folder}"], "Is a directory: {folder}"),
    ],
)
def test_a_wrong_request_gets_one_clear_line(twinbench, tmp_path, arguments, message):
    ended = twinbench("show", *(argument.format(folder=tmp_path) for argument in arguments))
    assert ended.status == 2
    assert ended.out == ""
    assert ended.err == f"twinbench: {message.format(folder=tmp_path)}\n"
    assert list(tmp_path.iterdir()) == []


def test_halves_are_shown_even_where_no_arm_can_build_the_model(chaos, twinbench, tmp_path):
    ended = twinbench("show", "lenet", "--arm", "needs-nonsense", "--results", str(tmp_path))
    assert ended.status == 3
    assert "class LeNet5(nn.Module):" in ended.out
    assert "no layers and no diagram" in ended.err
    assert "needs-nonsense: not installed: framework_that_nobody_wrote" in ended.err
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_crashes_is_told_of(chaos, twinbench, tmp_path):
    ended = twinbench("show", "mlp_digits", "--arm", "segv-open", "--results", str(tmp_path))
    assert ended.status == 3
    assert "trace: killed by SIGSEGV" in ended.err


@pytest.mark.parametrize(("width", "side_by_side"), [(160, True), (100, False)])
def test_halves_stand_side_by_side_where_there_is_room(width, side_by_side):
    sources = halves(registry.find_workload("lenet_mnist5k").architecture)
    console = Console(width=width)
    with console.capture() as printed:
        console.print(SideBySide(sources))
    lines = printed.get().splitlines()
    assert max(map(len, lines)) <= width
    assert any("self.fc1 = nn.Linear" in line and "self.fc1 = layers.Dense" in line for line in lines) == side_by_side
    assert printed.get().count("return self.fc3(x)") == 2
