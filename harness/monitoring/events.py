"""Event files for TensorBoard, written without TensorFlow: what PyTorch's and Keras' own writers make, by one of ours.

An event file is a sequence of records, each framed by its length and two checksums; TensorBoard's package has the
framing and the messages. All values of one event share its step.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import matplotlib.image
import numpy as np
from tensorboard.compat.proto.attr_value_pb2 import AttrValue
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.node_def_pb2 import NodeDef
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_FLOAT
from tensorboard.plugins.hparams.api_pb2 import Experiment as ExperimentInfo
from tensorboard.plugins.hparams.api_pb2 import HParamInfo, MetricInfo, MetricName, Status
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo, SessionStartInfo
from tensorboard.summary.writer.record_writer import RecordWriter

if TYPE_CHECKING:
    from harness.contract import Array, Call

VERSION = "brain.Event:2"
"""What every event file begins with."""

BINS = 30
INPUT = "input"


class EventFile:
    """One run as TensorBoard knows it: a folder with one event file. Use as a context manager."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"events.out.tfevents.{int(time.time()):010d}.twinbench"
        self.records = RecordWriter(self.path.open("xb"))
        self._write(file_version=VERSION)

    def __enter__(self) -> EventFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.records.close()

    def graph(self, calls: Iterable[Call]) -> None:
        """Write the layers that hold tensors, in the order in which they are called, each reading the one before.

        That order is all that an arm tells: a connection past a layer is not shown.
        """
        nodes = [NodeDef(name=INPUT, op="Placeholder")]
        for call in calls:
            if call.layer is None:
                continue
            if len(nodes) == 1:
                nodes[0].attr["_output_shapes"].CopyFrom(_shapes(call.input))
            names = {node.name for node in nodes}
            name = call.path.replace(".", "/")
            while name in names:  # the same layer once more
                name += "_again"
            nodes.append(
                NodeDef(name=name, op=call.layer, input=[nodes[-1].name], attr={"_output_shapes": _shapes(call.output)})
            )
        self._write(graph_def=GraphDef(node=nodes).SerializeToString())

    def hyperparameters(self, values: Mapping[str, str | float], metrics: Iterable[str], group: str) -> None:
        """Write what a training was asked for, and by which scalars it is to be judged.

        Args:
            values: By name: words or numbers.
            metrics: Tags of scalars.
            group: Name of the training among others.
        """
        start = SessionStartInfo(group_name=group, start_time_secs=time.time())
        for name, value in values.items():
            if isinstance(value, str):
                start.hparams[name].string_value = value
            else:
                start.hparams[name].number_value = value
        asked = ExperimentInfo(
            hparam_infos=[
                HParamInfo(name=name, type="DATA_TYPE_STRING" if isinstance(value, str) else "DATA_TYPE_FLOAT64")
                for name, value in values.items()
            ],
            metric_infos=[MetricInfo(name=MetricName(tag=tag)) for tag in metrics],
        )
        self._values(
            0,
            _of_plugin("experiment", HParamsPluginData(version=0, experiment=asked)),
            _of_plugin("session_start_info", HParamsPluginData(version=0, session_start_info=start)),
        )

    def ended(self, *, well: bool) -> None:
        """Write that the training whose hyperparameters were written is over."""
        status = Status.STATUS_SUCCESS if well else Status.STATUS_FAILURE
        end = SessionEndInfo(status=status, end_time_secs=time.time())
        self._values(0, _of_plugin("session_end_info", HParamsPluginData(version=0, session_end_info=end)))

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Write numbers by tag."""
        self._values(step, *(Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()))

    def histograms(self, step: int, tensors: Mapping[str, Array]) -> None:
        """Write the distribution of each tensor's elements by tag; those that hold what is no number are left out."""
        finite = {tag: tensor for tag, tensor in tensors.items() if tensor.size and np.isfinite(tensor).all()}
        self._values(step, *(Summary.Value(tag=tag, histo=_histogram(tensor)) for tag, tensor in finite.items()))

    def image(self, step: int, tag: str, values: Array) -> None:
        """Write a picture (H, W) of any numbers, the least of them dark and the largest bright."""
        file = io.BytesIO()
        matplotlib.image.imsave(file, values, format="png", cmap="viridis")
        height, width = values.shape
        picture = Summary.Image(height=height, width=width, colorspace=4, encoded_image_string=file.getvalue())
        self._values(step, Summary.Value(tag=tag, image=picture))

    def _values(self, step: int, *values: Any) -> None:
        self._write(step=step, summary=Summary(value=values))

    def _write(self, **content: Any) -> None:
        self.records.write(Event(wall_time=time.time(), **content).SerializeToString())
        self.records.flush()


def _shapes(shape: tuple[int, ...]) -> AttrValue:
    """Return the shape of an output, its batch axis unknown."""
    sizes = [TensorShapeProto.Dim(size=size) for size in (-1, *shape)]
    return AttrValue(list=AttrValue.ListValue(shape=[TensorShapeProto(dim=sizes)]))


def _of_plugin(what: str, data: HParamsPluginData) -> Any:
    """Return a value whose content is its metadata; the tensor is empty, but a reader wants one."""
    kept = SummaryMetadata.PluginData(plugin_name="hparams", content=data.SerializeToString())
    nothing = TensorProto(dtype=DT_FLOAT, tensor_shape=TensorShapeProto(dim=[TensorShapeProto.Dim(size=0)]))
    return Summary.Value(tag=f"_hparams_/{what}", metadata=SummaryMetadata(plugin_data=kept), tensor=nothing)


def _histogram(tensor: Array) -> HistogramProto:
    values = tensor.astype(np.float64).ravel()
    counts, edges = np.histogram(values, bins=BINS)
    return HistogramProto(
        min=values.min(),
        max=values.max(),
        num=values.size,
        sum=values.sum(),
        sum_squares=np.square(values).sum(),
        bucket_limit=edges[1:],
        bucket=counts,
    )
