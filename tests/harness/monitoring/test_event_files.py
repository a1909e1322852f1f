"""Event files: read back frame by frame, checksums and all, they hold what was written."""

import io

import matplotlib.image
import numpy as np
import pytest
from event_files import read
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from harness.contract import Call
from harness.monitoring.events import EventFile
from harness.monitoring.log import mosaic


@pytest.fixture
def write(tmp_path):
    """``write(lambda file: …)``: the events that it makes."""

    def write(act):
        with EventFile(tmp_path) as file:
            act(file)
        return read(tmp_path)

    return write


def test_scalars_keep_tag_step_and_value(write):
    (event,) = write(lambda file: file.scalars(3, {"loss/test": 0.25, "odd": float("inf")}))
    assert event.step == 3
    assert [(value.tag, value.simple_value) for value in event.summary.value] == [("loss/test", 0.25), ("odd", np.inf)]


def test_a_histogram_counts_every_element(write):
    tensor = np.concatenate([np.zeros(7), np.linspace(-2, 4, 300)]).astype(np.float32)
    broken = np.array([1.0, np.nan])
    (event,) = write(lambda file: file.histograms(1, {"w": tensor, "broken": broken, "none": np.zeros(0)}))
    (value,) = event.summary.value  # what is no number, or nothing, has no distribution
    found = value.histo
    assert (value.tag, found.min, found.max, found.num) == ("w", -2.0, 4.0, 307)
    assert found.sum == pytest.approx(tensor.sum(dtype=np.float64))
    assert found.sum_squares == pytest.approx(np.square(tensor, dtype=np.float64).sum())
    assert sum(found.bucket) == 307
    assert len(found.bucket) == len(found.bucket_limit)
    assert found.bucket_limit[-1] == 4.0
    zero = next(number for number, limit in enumerate(found.bucket_limit) if limit > 0)
    assert found.bucket[zero] >= 7


def test_a_picture_is_bright_where_the_values_are_large(write):
    (event,) = write(lambda file: file.image(2, "confusion", np.array([[0, 1, 5], [2, 3, 4]])))
    (value,) = event.summary.value
    assert (value.tag, value.image.height, value.image.width) == ("confusion", 2, 3)
    pixels = matplotlib.image.imread(io.BytesIO(value.image.encoded_image_string), format="png")
    brightness = pixels[..., :3].sum(axis=-1)
    assert pixels.shape[:2] == (2, 3)
    assert np.argsort(brightness.ravel()).tolist() == [0, 1, 3, 4, 5, 2]


def test_a_graph_has_the_layers_in_order_and_their_shapes(write):
    calls = [
        Call("", "Net", None, 0, (4,), (2,)),
        Call("block.0", "Linear", "linear", 1, (4,), (3,)),
        Call("act", "ReLU", None, 1, (3,), (3,)),
        Call("block.0", "Linear", "linear", 1, (4,), (3,)),
        Call("head", "Dense", "linear", 1, (3,), (2,)),
    ]
    (event,) = write(lambda file: file.graph(calls))
    nodes = GraphDef.FromString(event.graph_def).node
    assert [(node.name, node.op, list(node.input)) for node in nodes] == [
        ("input", "Placeholder", []),
        ("block/0", "linear", ["input"]),
        ("block/0_again", "linear", ["block/0"]),
        ("head", "linear", ["block/0_again"]),
    ]
    shapes = [[dim.size for dim in node.attr["_output_shapes"].list.shape[0].dim] for node in nodes]
    assert shapes == [[-1, 4], [-1, 3], [-1, 3], [-1, 2]]


def test_hyperparameters_say_what_was_asked_and_how_it_ended(write):
    def act(file):
        file.hyperparameters({"optimizer": "adam", "learning_rate": 0.1}, ["loss/test"], group="torch")
        file.ended(well=False)

    asked, ended = write(act)
    told = {
        value.tag: HParamsPluginData.FromString(value.metadata.plugin_data.content) for value in asked.summary.value
    }
    start = told["_hparams_/session_start_info"].session_start_info
    assert start.group_name == "torch"
    assert start.hparams["optimizer"].string_value == "adam"
    assert start.hparams["learning_rate"].number_value == 0.1
    known = told["_hparams_/experiment"].experiment
    assert [info.name for info in known.hparam_infos] == ["optimizer", "learning_rate"]
    assert [info.name.tag for info in known.metric_infos] == ["loss/test"]
    (value,) = ended.summary.value
    assert HParamsPluginData.FromString(value.metadata.plugin_data.content).session_end_info.status == 2  # failure


def test_pictures_lie_side_by_side_and_below_each_other():
    pictures = np.arange(3)[:, np.newaxis, np.newaxis] + np.ones((3, 2, 2))
    expected = [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 1, 1], [3, 3, 1, 1]]  # the place left over is as dark as can be
    assert mosaic(pictures).tolist() == expected
