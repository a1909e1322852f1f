"""Carry tensors between Keras variables and canonical names and layouts, which are PyTorch's.

A layer's canonical name is the path of attributes that leads to it, as PyTorch names its modules, and the halves
of a pair use the same attributes; so this is a table of layer types and not of models. The halves differ in layout
(a Dense kernel is (in, out) here, (out, in) there), in the order of the gates of a GRU (z, r, n here; r, z, n
there), in what a flattened feature map looks like (channel last here, first there), in how many variables hold
the projections of attention (three pairs here, one packed pair there), and in who stacks recurrent layers (a layer
for each here, all in one module there).
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import keras
import numpy as np
from keras import layers

from harness.contract import Call, LayerKind, TensorSpec
from models_keras.techniques import recomputation
from models_keras.techniques.attention import ExactAttention
from models_keras.techniques.custom import Centred
from models_keras.techniques.embeddings import ClassToken, PositionEmbedding
from models_keras.techniques.normalization import UnbiasedBatchNormalization
from models_keras.techniques.recurrent import Stack

if TYPE_CHECKING:
    from harness.contract import Array

    Turn: TypeAlias = Callable[..., Sequence[Array]]


@dataclasses.dataclass(frozen=True)
class Carrier:
    """Some Keras variables and the canonical tensors that live in them; mostly one of each.

    Attributes:
        to_canonical: Takes the variables' arrays, returns the tensors in the order of ``names``.
        to_keras: The inverse.
    """

    variables: tuple[Any, ...]
    names: tuple[str, ...]
    layer: LayerKind
    to_canonical: Turn
    to_keras: Turn
    buffer: bool = False

    @property
    def trainable(self) -> bool:
        """Whether Keras trains all of its variables."""
        return all(variable.trainable for variable in self.variables)


_TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose)
_DEPTHWISE = (layers.DepthwiseConv1D, layers.DepthwiseConv2D)
_CONVOLUTIONS = (layers.Conv1D, layers.Conv2D, *_TRANSPOSED, *_DEPTHWISE)


@dataclasses.dataclass(frozen=True)
class Flattened:
    """Which Dense layers read a flattened feature map, and whose outputs become one: path -> (*space, channels)."""

    read: Mapping[str, tuple[int, ...]]
    written: Mapping[str, tuple[int, ...]]


def _channel_first(rows: Array, shape: Sequence[int]) -> Array:
    """Reorder rows that stand for a map of this shape, (*space, channels), into those of (channels, *space)."""
    return np.moveaxis(rows.reshape(*shape, *rows.shape[1:]), len(shape) - 1, 0).reshape(rows.shape)


def _channel_last(rows: Array, shape: Sequence[int]) -> Array:
    """Inverse of ``_channel_first``; the shape is (*space, channels) here too."""
    return np.moveaxis(rows.reshape(shape[-1], *shape[:-1], *rows.shape[1:]), 0, len(shape) - 1).reshape(rows.shape)


def _one(variable: Any, name: str, kind: LayerKind, there: Turn, here: Turn, *, buffer: bool = False) -> Carrier:
    return Carrier((variable,), (name,), kind, lambda a: [there(a)], lambda a: [here(a)], buffer)


def _same(array: Array) -> Array:
    return array


def _plain(layer: Any, path: str, kind: LayerKind, **names: str) -> Iterator[Carrier]:
    """Carry variables that are laid out alike on both sides: canonical name -> the layer's attribute."""
    for name, attribute in names.items():
        if (variable := getattr(layer, attribute, None)) is not None:
            yield _one(variable, f"{path}.{name}", kind, _same, _same, buffer=name.startswith("running_"))


def _dense(layer: Any, path: str, flattened: Flattened) -> Iterator[Carrier]:
    fan_in, fan_out = layer.kernel.shape
    read, written = flattened.read.get(path, (fan_in,)), flattened.written.get(path, (fan_out,))
    for does, count, shape in (("reads", fan_in, read), ("writes", fan_out, written)):
        if math.prod(shape) != count:
            raise ValueError(f"{path}.weight: {does} {count} numbers, which are no map of {shape}")

    def there(kernel: Array) -> Array:  # (in, out) -> (out, in), either side by channel first
        return _channel_first(_channel_first(kernel, read).T, written)

    def here(weight: Array) -> Array:
        return _channel_last(_channel_last(weight, written).T, read)

    yield _one(layer.kernel, f"{path}.weight", "linear", there, here)
    if layer.use_bias:
        there_too, here_too = (functools.partial(turn, shape=written) for turn in (_channel_first, _channel_last))
        yield _one(layer.bias, f"{path}.bias", "linear", there_too, here_too)


def _conv(layer: Any, path: str, _: Flattened) -> Iterator[Carrier]:
    def there(kernel: Array) -> Array:  # (*window, in, out) -> (out, in, *window); transposed: out and in swapped
        return np.moveaxis(kernel, (-1, -2), (0, 1))

    def here(weight: Array) -> Array:
        return np.moveaxis(weight, (0, 1), (-1, -2))

    kind: LayerKind = "transposed_conv" if isinstance(layer, _TRANSPOSED) else "conv"
    yield _one(layer.kernel, f"{path}.weight", kind, there, here)
    yield from _plain(layer, path, kind, bias="bias")


def _depthwise(layer: Any, path: str, _: Flattened) -> Iterator[Carrier]:
    channels, multiplier = layer.kernel.shape[-2:]

    def there(kernel: Array) -> Array:  # (*window, in, multiplier) -> (in × multiplier, 1, *window)
        return np.moveaxis(kernel, (-2, -1), (0, 1)).reshape(-1, 1, *kernel.shape[:-2])

    def here(weight: Array) -> Array:
        return np.moveaxis(weight.reshape(channels, multiplier, *weight.shape[2:]), (0, 1), (-2, -1))

    yield _one(layer.kernel, f"{path}.weight", "conv", there, here)
    yield from _plain(layer, path, "conv", bias="bias")


def _norm(layer: Any, path: str, _: Flattened) -> Iterator[Carrier]:
    yield from _plain(
        layer, path, "norm", weight="gamma", bias="beta", running_mean="moving_mean", running_var="moving_variance"
    )


def _rms_norm(layer: Any, path: str, _: Flattened) -> Iterator[Carrier]:
    yield from _plain(layer, path, "norm", weight="scale")


def _centred(layer: Any, path: str, _: Flattened) -> Iterator[Carrier]:
    yield from _plain(layer, path, "norm", running_mean="running_mean")


def _embedding(layer: Any, path: str, _: Flattened) -> Iterator[Carrier]:
    yield from _plain(layer, path, "embedding", weight="embeddings")


def _recurrent(layer: Any, path: str, _: Flattened, suffix: str = "_l0") -> Iterator[Carrier]:
    """Carry a simple RNN or an LSTM, whose gates come in the same order (i, f, g, o) on both sides.

    PyTorch adds two biases where Keras has one: the canonical form has ``bias_ih`` alone, and the PyTorch half keeps
    ``bias_hh`` at zero and out of training (trained, it would double the bias' learning rate).
    """
    for name, variable in (("weight_ih", layer.cell.kernel), ("weight_hh", layer.cell.recurrent_kernel)):
        yield _one(variable, f"{path}.{name}{suffix}", "recurrent", np.transpose, np.transpose)
    if layer.cell.use_bias:
        yield _one(layer.cell.bias, f"{path}.bias_ih{suffix}", "recurrent", _same, _same)


def _swap_gates(weight: Array) -> Array:
    """Exchange the first two of a GRU's three gates, along axis 0; its own inverse."""
    reset, update, new = np.split(weight, 3)
    return np.concatenate([update, reset, new])


def _gru(layer: Any, path: str, _: Flattened, suffix: str = "_l0") -> Iterator[Carrier]:
    if not layer.reset_after:
        raise ValueError(f"{path}: GRU(reset_after=False) is another function than PyTorch's GRU")

    def there(kernel: Array) -> Array:  # (in, 3 × units), z r n -> (3 × units, in), r z n
        return _swap_gates(kernel.T)

    def here(weight: Array) -> Array:
        return _swap_gates(weight).T

    for name, variable in (("weight_ih", layer.cell.kernel), ("weight_hh", layer.cell.recurrent_kernel)):
        yield _one(variable, f"{path}.{name}{suffix}", "recurrent", there, here)
    if layer.cell.use_bias:
        yield Carrier(  # one variable (2, 3 × units): the input's bias, then the state's
            (layer.cell.bias,),
            (f"{path}.bias_ih{suffix}", f"{path}.bias_hh{suffix}"),
            "recurrent",
            lambda both: [_swap_gates(bias) for bias in both],
            lambda *both: [np.stack([_swap_gates(bias) for bias in both])],
        )


def _bidirectional(layer: Any, path: str, flattened: Flattened, suffix: str = "_l0") -> Iterator[Carrier]:
    carry = _TABLE[type(layer.forward_layer)]
    yield from carry(layer.forward_layer, path, flattened, suffix=suffix)
    yield from carry(layer.backward_layer, path, flattened, suffix=f"{suffix}_reverse")


def _stack(stack: Stack, path: str, flattened: Flattened) -> Iterator[Carrier]:
    for number, layer in enumerate(stack.stacked):
        yield from _TABLE[type(layer)](layer, path, flattened, suffix=f"_l{number}")


def _attention(layer: Any, path: str, _: Flattened) -> Iterator[Carrier]:
    """Carry multi-head attention: query, key and value, (in, heads, size) each, are packed in that order."""
    inputs = (layer.query_dense, layer.key_dense, layer.value_dense)
    heads_and_size = tuple(layer.query_dense.kernel.shape[1:])
    if layer.value_dense.kernel.shape != layer.query_dense.kernel.shape:
        raise ValueError(f"{path}: PyTorch packs projections of one shape; query and value differ here")

    yield Carrier(
        tuple(dense.kernel for dense in inputs),
        (f"{path}.in_proj_weight",),
        "attention",
        lambda *kernels: [np.concatenate([kernel.reshape(len(kernel), -1).T for kernel in kernels])],
        lambda packed: [part.T.reshape(-1, *heads_and_size) for part in np.split(packed, 3)],
    )
    output = layer.output_dense  # kernel (heads, size, out)
    yield _one(
        output.kernel,
        f"{path}.out_proj.weight",
        "attention",
        lambda kernel: kernel.reshape(-1, kernel.shape[-1]).T,
        lambda weight: weight.T.reshape(*heads_and_size, -1),
    )
    if output.bias is not None:
        yield Carrier(
            tuple(dense.bias for dense in inputs),
            (f"{path}.in_proj_bias",),
            "attention",
            lambda *biases: [np.concatenate([bias.reshape(-1) for bias in biases])],
            lambda packed: [part.reshape(heads_and_size) for part in np.split(packed, 3)],
        )
        yield from _plain(output, f"{path}.out_proj", "attention", bias="bias")


_TABLE: dict[type, Callable[..., Iterator[Carrier]]] = {
    layers.Dense: _dense,
    layers.Conv1D: _conv,
    layers.Conv2D: _conv,
    layers.Conv1DTranspose: _conv,
    layers.Conv2DTranspose: _conv,
    layers.DepthwiseConv1D: _depthwise,
    layers.DepthwiseConv2D: _depthwise,
    layers.BatchNormalization: _norm,
    UnbiasedBatchNormalization: _norm,
    layers.LayerNormalization: _norm,
    layers.GroupNormalization: _norm,
    layers.RMSNormalization: _rms_norm,
    Centred: _centred,
    layers.Embedding: _embedding,
    ClassToken: _embedding,
    PositionEmbedding: _embedding,
    layers.MultiHeadAttention: _attention,
    ExactAttention: _attention,
    layers.SimpleRNN: _recurrent,
    layers.LSTM: _recurrent,
    layers.GRU: _gru,
    layers.Bidirectional: _bidirectional,
    Stack: _stack,
}
_CHANNEL_LAST = (
    *_CONVOLUTIONS,
    layers.BatchNormalization,
    layers.GroupNormalization,
)
"""Layers whose output PyTorch lays out with the channel first."""


class Bridge:
    """The carriers of a built model; every variable and every canonical name is carried exactly once.

    A model whose Dense layer reads a flattened feature map says so in an attribute
    ``flattened = {path of the layer: (*space, channels)}``, one whose Dense layer's output becomes a map in
    ``unflattened``, of the same form.

    Raises:
        ValueError: If a variable belongs to a layer type that the table lacks, a variable or a name is met twice, or
            ``flattened`` or ``unflattened`` names no Dense layer.
    """

    def __init__(self, model: keras.Model):
        flattened = Flattened(getattr(model, "flattened", {}), getattr(model, "unflattened", {}))
        self.written = flattened.written
        self.leaves = dict(_leaves(model, ""))
        dense = {path for path, layer in self.leaves.items() if type(layer) is layers.Dense}
        for attribute, maps in (("flattened", flattened.read), ("unflattened", flattened.written)):
            if strangers := sorted(maps.keys() - dense):
                raise ValueError(f"{attribute} names no Dense layer: {', '.join(strangers)}")
        self.carriers = [
            carrier for path, layer in self.leaves.items() for carrier in _TABLE[type(layer)](layer, path, flattened)
        ]
        _refuse_repeats("canonical name", [name for carrier in self.carriers for name in carrier.names])
        carried = [variable.path for carrier in self.carriers for variable in carrier.variables]
        identities = {id(variable) for carrier in self.carriers for variable in carrier.variables}
        if len(identities) < len(carried):
            _refuse_repeats("variable", carried)
        if lost := [variable.path for variable in model.weights if id(variable) not in identities]:
            raise ValueError(f"variables without a canonical name: {', '.join(lost)}")

    def describe(self) -> dict[str, TensorSpec]:
        """Return shape and kind of layer by canonical name, in order of definition."""
        return {
            name: TensorSpec(tensor.shape, carrier.layer, carrier.trainable, carrier.buffer)
            for carrier in self.carriers
            for name, tensor in self._turned(carrier, [np.zeros(variable.shape) for variable in carrier.variables])
        }

    @functools.cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Canonical shapes, found once: of a large model that takes as much memory as its tensors."""
        return {name: spec.shape for name, spec in self.describe().items()}

    def dump(self) -> dict[str, Array]:
        """Return contiguous copies of all variables under canonical names."""
        return self.to_canonical({id(v): keras.ops.convert_to_numpy(v) for c in self.carriers for v in c.variables})

    def to_canonical(self, arrays: Mapping[int, Array]) -> dict[str, Array]:
        """Return arrays that are shaped like the variables, gradients say, under canonical names.

        Args:
            arrays: By the ``id`` of the variable; carriers of which one is missing are left out.
        """
        return {
            name: np.array(tensor, order="C")
            for carrier in self.carriers
            if all(id(variable) in arrays for variable in carrier.variables)
            for name, tensor in self._turned(carrier, [arrays[id(variable)] for variable in carrier.variables])
        }

    def load(self, tensors: Mapping[str, Array]) -> None:
        """Assign canonical tensors to the variables. Inverse of ``dump``, bit for bit.

        Raises:
            ValueError: If a name is missing or unknown, or a shape differs; nothing is assigned then.
        """
        if missing := [name for name in self.shapes if name not in tensors]:
            raise ValueError(f"tensors missing: {', '.join(missing)}")
        self.change(tensors)

    def change(self, tensors: Mapping[str, Array]) -> None:
        """Assign some of the canonical tensors; the others keep what they are.

        Raises:
            ValueError: If a name is unknown, or a shape differs; nothing is assigned then.
        """
        if unknown := [name for name in tensors if name not in self.shapes]:
            raise ValueError(f"tensors unknown: {', '.join(unknown)}")
        for name, tensor in tensors.items():
            if tensor.shape != self.shapes[name]:
                raise ValueError(f"{name}: shape {tensor.shape}, expected {self.shapes[name]}")
        for carrier in self.carriers:
            if not any(name in tensors for name in carrier.names):
                continue
            kept = {} if all(name in tensors for name in carrier.names) else self._held(carrier)
            arrays = carrier.to_keras(*(tensors[name] if name in tensors else kept[name] for name in carrier.names))
            for variable, array in zip(carrier.variables, arrays, strict=True):
                variable.assign(array)

    def _held(self, carrier: Carrier) -> dict[str, Array]:
        """Return what a carrier's variables hold, by canonical name."""
        return dict(self._turned(carrier, [keras.ops.convert_to_numpy(variable) for variable in carrier.variables]))

    @property
    def kinds(self) -> dict[str, LayerKind]:
        """The kind of every layer that holds variables, by canonical path."""
        owners = {name: carrier.layer for carrier in self.carriers for name in carrier.names}
        return {path: kind for path in self.leaves for name, kind in owners.items() if name.startswith(f"{path}.")}

    def layers_in(self, path: str) -> list[Any]:
        """Return the layer of a path, or those that are in it.

        Raises:
            ValueError: If there is none.
        """
        found = [layer for own, layer in self.leaves.items() if f"{own}.".startswith(f"{path}.")]
        if not found:
            raise ValueError(f"transfer: the model has no layer {path}")
        return found

    def by_layer(self, numbers: Mapping[str, float]) -> dict[int, float]:
        """Return the number of each path, by the ``id`` of each variable of the layers in it."""
        return {
            id(variable): number
            for path, number in numbers.items()
            for layer in self.layers_in(path)
            for variable in layer.variables
        }

    def packed(self, *, matrices: bool) -> list[str]:
        """Return the trained tensors that are not one variable each: a norm of either is of other numbers.

        Args:
            matrices: Those too of which either form is a matrix and the other is not.
        """
        shapes = {name: spec.shape for name, spec in self.describe().items()}
        return [
            name
            for carrier in self.carriers
            if carrier.trainable
            for name in carrier.names
            if len(carrier.variables) != len(carrier.names)
            or (matrices and (len(shapes[name]) == 2) != (len(carrier.variables[0].shape) == 2))
        ]

    def kernels(self) -> list[tuple[Any, int]]:
        """Return the kernels of dense layers and convolutions, each with the axis that PyTorch has first."""
        return [(layer.kernel, -2 if isinstance(layer, _DEPTHWISE) else -1) for layer in self.with_kernels()]

    def with_kernels(self) -> list[layers.Layer]:
        """Return the dense layers and convolutions."""
        return [layer for layer in self.leaves.values() if isinstance(layer, (layers.Dense, *_CONVOLUTIONS))]

    @contextlib.contextmanager
    def tapped(self, caught: dict[str, Any]) -> Iterator[None]:
        """Keep each layer's output in ``caught``, as it is, while the model is called; see ``as_arrays``."""

        def tap(path: str, layer: Any, call: Callable[..., Any]) -> Callable[..., Any]:
            def wrapped(*args: Any, **kwargs: Any) -> Any:
                output = call(*args, **kwargs)
                caught[path] = output[0] if isinstance(output, tuple) else output
                return output

            return wrapped

        # What is traced to be computed twice cannot be taken out of the trace.
        with recomputation.kept(), _around(self.leaves, tap):
            yield

    def as_arrays(self, caught: Mapping[str, Any]) -> dict[str, Array]:
        """Return layers' outputs in canonical layout."""
        arrays = {}
        for path, output in caught.items():
            array = keras.ops.convert_to_numpy(output)
            if path in self.written:
                array = _channel_first(array.T, self.written[path]).T
            arrays[path] = np.moveaxis(array, -1, 1) if isinstance(self.leaves[path], _CHANNEL_LAST) else array
        return arrays

    @contextlib.contextmanager
    def watched(self, model: keras.Model, made: list[Call]) -> Iterator[None]:
        """Note every call of a layer in ``made``, in order, while the model is called eagerly.

        Shapes are Keras' own, without the batch axis.
        """
        kinds = self.kinds
        open_calls: list[int] = []

        def watch(path: str, layer: Any, call: Callable[..., Any]) -> Callable[..., Any]:
            def wrapped(*args: Any, **kwargs: Any) -> Any:
                given = next(value for value in (*args, *kwargs.values()) if hasattr(value, "shape"))
                number, shape = len(made), tuple(given.shape[1:])
                made.append(Call(path, type(layer).__name__, kinds.get(path), len(open_calls), shape, shape))
                open_calls.append(number)
                output = call(*args, **kwargs)
                open_calls.pop()
                first = output[0] if isinstance(output, tuple) else output
                made[number] = dataclasses.replace(made[number], output=tuple(first.shape[1:]))
                return output

            return wrapped

        with _around({"": model, **dict(_modules(model, ""))}, watch):
            yield

    @staticmethod
    def _turned(carrier: Carrier, arrays: Sequence[Array]) -> Iterator[tuple[str, Array]]:
        return zip(carrier.names, carrier.to_canonical(*arrays), strict=True)


def _refuse_repeats(what: str, names: Sequence[str]) -> None:
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{what} met twice: {', '.join(repeated)}")


@contextlib.contextmanager
def _around(wanted: Mapping[str, Any], wrap: Callable[[str, Any, Callable[..., Any]], Any]) -> Iterator[None]:
    """Put ``wrap(path, layer, call)`` in the place of every layer's ``call``."""
    for path, layer in wanted.items():
        layer.call = wrap(path, layer, layer.call)
    try:
        yield
    finally:
        for layer in wanted.values():
            del layer.call


def _leaves(model: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield every layer that the table knows, under its canonical path."""
    yield from ((path, layer) for path, layer in _modules(model, prefix) if type(layer) in _TABLE)


def _modules(layer: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Yield every layer under its canonical path, the attributes that lead to it, but none within a known layer."""
    for name, child in _children(layer):
        yield f"{prefix}{name}", child
        if type(child) not in _TABLE:
            yield from _modules(child, f"{prefix}{name}.")


def _children(layer: Any) -> Iterator[tuple[str, Any]]:
    # On the torch backend a layer is also a torch module, which keeps its children in a dictionary of its own.
    attributes = {**vars(layer), **vars(layer).get("_modules", {})}
    for name, value in attributes.items():
        if name.startswith("_"):
            continue
        if isinstance(value, keras.Layer):
            yield name, value
        elif isinstance(value, list | tuple):
            yield from ((f"{name}.{i}", item) for i, item in enumerate(value) if isinstance(item, keras.Layer))
