"""Trainings that are watched: the same in every arm, the same as unwatched, and opened by a real TensorBoard."""

import csv
import json
import re
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict

import numpy as np
import pytest
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.graph_pb2 import GraphDef

from harness import matched, registry
from harness.contract import Setup
from harness.monitoring.live import LiveTable
from harness.monitoring.request import Request, WatchError
from harness.monitoring.training import Training
from harness.monitoring.watch import watch
from harness.run.coordinator import store_dataset
from harness.run.process import Worker

EPOCHS, PATIENCE_S = 2, 240.0
ALL = ("torch", "keras-tensorflow", "keras-jax", "keras-torch", "numpy")
WORKLOAD = "softmax_digits"


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """``watched(*arms)``: a folder in which these arms were watched, and what became of them; once."""
    known = {}

    def watched(*arms):
        if arms not in known:
            folder = tmp_path_factory.mktemp("watch") / "here"
            request = Request(registry.find_workload(WORKLOAD), arms, epochs=EPOCHS)
            table = LiveTable(request.workload, arms, EPOCHS)
            known[arms] = folder, watch(request, folder, table), table
        return known[arms]

    return watched


def events(folder):
    """Every event of the only event file in a folder, but the first, which is the version."""
    (path,) = folder.glob("events.out.tfevents.*")
    content, found = path.read_bytes(), []
    while content:
        length = int.from_bytes(content[:8], "little")
        found.append(Event.FromString(content[12 : 12 + length]))
        content = content[16 + length :]
    return found[1:]


def kinds(folder):
    """Kind of value and tag -> the steps at which it was written."""
    found = defaultdict(list)
    for event in events(folder):
        for value in event.summary.value:
            found[value.WhichOneof("value"), value.tag].append(event.step)
    return dict(found)


SHAPES = [
    pytest.param(("torch", "numpy"), id="two"),
    pytest.param(ALL, id="all", marks=pytest.mark.long),  # TensorFlow and JAX take seconds to start
]


@pytest.mark.parametrize("arms", SHAPES)
def test_every_arm_has_the_same_tags_steps_and_graph(watched, arms):
    folder, found, _ = watched(*arms)
    assert [one.reason for one in found] == [None] * len(arms)
    expected = kinds(folder / "torch")
    assert expected["simple_value", "loss/train"] == [1, 2]
    assert expected["simple_value", "accuracy/test"] == expected["histo", "parameters/fc.weight"] == [0, 1, 2]
    assert expected["image", "confusion"] == [0, 1, 2]
    assert {arm: kinds(folder / arm) for arm in arms} == dict.fromkeys(arms, expected)
    graphs = {arm: [e.graph_def for e in events(folder / arm) if e.graph_def] for arm in arms}
    assert graphs == dict.fromkeys(arms, graphs["torch"])
    assert [node.name for node in GraphDef.FromString(graphs["torch"][0]).node] == ["input", "fc"]


@pytest.mark.parametrize("arms", SHAPES)
def test_the_csv_file_holds_what_the_event_files_hold(watched, arms):
    folder, found, _ = watched(*arms)
    with (folder / "scalars.csv").open() as file:
        rows = [(row["arm"], int(row["epoch"]), row["tag"], float(row["value"])) for row in csv.DictReader(file)]
    written = [
        (arm, event.step, value.tag, pytest.approx(value.simple_value, rel=1e-6))
        for arm in arms
        for event in events(folder / arm)
        for value in event.summary.value
        if value.WhichOneof("value") == "simple_value"
    ]
    assert sorted(rows, key=lambda row: (arms.index(row[0]), row[1])) == written
    for one in found:
        last = {tag: value for arm, epoch, tag, value in rows if (arm, epoch) == (one.arm, EPOCHS)}
        assert last == one.last.scalars


@pytest.mark.parametrize("arms", SHAPES)
def test_a_watched_training_is_the_training(watched, arms, tmp_path):
    """Bit for bit what the worker of a run trains, and the losses it reports."""
    _, found, _ = watched(*arms)
    workload = registry.find_workload(WORKLOAD)
    stored = store_dataset(registry.load_dataset(workload.dataset), tmp_path)
    for one in found:
        spec = registry.find_arm(one.arm)
        with Worker(spec, Setup("fp32", 1, pinned=False), tmp_path / "log", tmp_path) as worker:
            worker.begin()
            cell = Request(workload, (one.arm,), epochs=EPOCHS).cell(one.arm)
            training = Training(worker, cell, workload, registry.load_dataset(workload.dataset), tmp_path)
            training.open(stored)
            told = worker.ask("train", PATIENCE_S, seed=0, epochs=EPOCHS)
        assert told["final_sha256"] == matched.hash_tensors(one.last.tensors)
        assert told["epoch_losses"][-1] == one.last.scalars["loss/train"]
        assert (told["metric"], told["test_loss"]) == (one.last.scalars["accuracy/test"], one.last.scalars["loss/test"])


def test_the_confusion_counts_every_test_sample_once(watched):
    _, found, _ = watched("torch", "numpy")
    counts = found[0].last.confusion
    y = registry.load_dataset("digits").y_test
    np.testing.assert_array_equal(counts.sum(axis=1), np.bincount(y))
    assert np.trace(counts) / len(y) == found[0].last.scalars["accuracy/test"]


def test_the_table_has_a_line_for_each_arm(watched):
    _, found, table = watched("torch", "numpy")
    shown = {name: list(column.cells) for name, column in zip("ae", table.table().columns, strict=False)}
    assert shown == {"a": ["torch", "numpy"], "e": ["2/2", "2/2"]}
    losses = list(table.table().columns[2].cells)
    assert losses == [f"{one.last.scalars['loss/train']:.4f}" for one in found]


# ------------------------------------------------------------------------------------------- a real TensorBoard


@pytest.fixture
def served(watched):
    """``served(path)``: what a TensorBoard server answers that has the folder open."""
    folder, _, _ = watched("torch", "numpy")
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(folder), "--port", "0", "--host", "127.0.0.1"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as server:
        try:
            address = next(found[0] for line in server.stderr if (found := re.search(r"http://[^ ]+/", line)))

            def ask(path, **posted):
                data = json.dumps(posted).encode() if posted else None
                asked = urllib.request.Request(address + path, data, {"Content-Type": "application/json"})  # noqa: S310
                with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:  # noqa: S310
                    return answer.read().decode()

            deadline = time.monotonic() + PATIENCE_S
            while len(json.loads(ask("data/runs"))) < 2 and time.monotonic() < deadline:
                pass  # the server reads the folder after it has begun to answer
            yield ask
        finally:
            server.terminate()


def test_a_tensorboard_server_shows_all_of_it(watched, served):
    _, found, _ = watched("torch", "numpy")
    arms = {"torch", "numpy"}
    scalars = json.loads(served("data/plugin/scalars/tags"))
    assert set(scalars) == arms
    assert set(scalars["torch"]) == set(scalars["numpy"]) == set(found[0].last.scalars)
    points = json.loads(served("data/plugin/scalars/scalars?run=torch&tag=loss%2Ftest"))
    assert [step for _, step, _ in points] == [0, 1, 2]
    assert points[-1][2] == pytest.approx(found[0].last.scalars["loss/test"], rel=1e-6)
    histograms = json.loads(served("data/plugin/histograms/tags"))
    assert set(histograms["numpy"]) == {"parameters/fc.weight", "parameters/fc.bias"}
    bins = json.loads(served("data/plugin/histograms/histograms?run=numpy&tag=parameters%2Ffc.weight"))
    assert [step for _, step, _ in bins] == [0, 1, 2]
    assert sum(count for _, _, count in bins[-1][2]) == pytest.approx(640)
    assert set(json.loads(served("data/plugin/images/tags"))["torch"]) == {"confusion"}
    assert set(json.loads(served("data/plugin/graphs/info"))) == arms
    assert 'name: "fc"' in served("data/plugin/graphs/graph?run=torch")
    groups = json.loads(
        served(
            "data/plugin/hparams/session_groups",
            experimentName="",
            allowedStatuses=["STATUS_SUCCESS"],
            colParams=[],
            startIndex=0,
            sliceSize=10,
        )
    )["sessionGroups"]
    assert {group["hparams"]["arm"] for group in groups} == arms
    assert {group["hparams"]["batch_size"] for group in groups} == {registry.find_workload(WORKLOAD).batch_size}


# -------------------------------------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("workload", "arms", "message"),
    [
        ("vgg11_synthetic", ("torch",), "for speed only"),
        ("early_stopping.patience", ("torch",), "stops early"),
        ("lenet_mnist5k", ("torch", "numpy"), "numpy: numpy implements linear, mlp only"),
        ("lenet_mnist5k", (), "no arm can run it here"),
    ],
)
def test_what_cannot_be_watched_is_refused_with_the_reason(workload, arms, message):
    with pytest.raises(WatchError, match=message):
        Request(registry.find_workload(workload), arms)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no_such_thing"], "unknown workload 'no_such_thing'"),
        ([WORKLOAD, "--arms", "torhc"], "did you mean 'torch'?"),
        ([WORKLOAD, "--precision", "fp8"], "unknown precision 'fp8'"),
        ([WORKLOAD, "--arms", "numpy", "--to", "."], "is there already"),
        (["early_stopping.patience", "--arms", "torch"], "stops early"),
    ],
)
def test_a_wrong_request_to_watch_ends_with_2(twinbench, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    ended = twinbench("watch", *arguments)
    assert ended.status == 2
    assert message in ended.err
    assert list(tmp_path.iterdir()) == []


def test_the_command_tells_where_it_wrote(twinbench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ended = twinbench("watch", WORKLOAD, "--arms", "numpy", "--epochs", "1", "--to", "here", "--json")
    assert ended.status == 0
    told = json.loads(ended.out)
    assert told["folder"] == "here"
    assert [(one["arm"], one["epochs"], one["reason"]) for one in told["arms"]] == [("numpy", 1, None)]
    assert told["arms"][0]["scalars"]["accuracy/test"] > 0.1
    assert "tensorboard --logdir here\n" in ended.err
    assert sorted(path.name for path in (tmp_path / "here").iterdir()) == ["numpy", "scalars.csv"]
