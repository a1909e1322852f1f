"""Carry parameters between Keras variables and canonical names and layouts, which are PyTorch's.

A layer's canonical name is the path of attributes that leads to it, as PyTorch names its modules, and the halves
of a pair use the same attributes; so this is a table of layer types and not of models. The halves differ in layout
(a Dense kernel is (in, out) here, (out, in) there), in the order of the gates of a GRU (z, r, n here; r, z, n there),
and in what a flattened feature map looks like (channel last here, first there).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import layers

from harness.contract import LayerKind, TensorSpec

if TYPE_CHECKING:
    from harness.contract import Array


@dataclasses.dataclass(frozen=True)
class Carrier:
    """One Keras variable and the canonical tensors that live in it.

    Attributes:
        names: Canonical names, in the order that ``split`` returns and ``join`` takes their tensors.
    """

    variable: Any
    names: tuple[str, ...]
    layer: LayerKind
    split: Callable[[Array], Sequence[Array]]
    join: Callable[..., Array]


def _dense(layer: Any, path: str, flattened: Mapping[str, tuple[int, ...]]) -> Iterator[Carrier]:
    *space, channels = flattened.get(path, (layer.kernel.shape[0],))
    here = (*space, channels)  # how the flattened axis is laid out here; PyTorch has the channel first
    there = (channels, *space)

    def split(kernel: Array) -> list[Array]:  # (space × channels, out) -> (out, channels × space)
        return [np.moveaxis(kernel.reshape(*here, -1), -2, 0).reshape(len(kernel), -1).T]

    def join(weight: Array) -> Array:
        return np.moveaxis(weight.T.reshape(*there, -1), 0, -2).reshape(weight.shape[1], -1)

    yield Carrier(layer.kernel, (f"{path}.weight",), "linear", split, join)
    yield from _bias(layer, path, "linear")


def _conv(layer: Any, path: str, _: Mapping[str, tuple[int, ...]]) -> Iterator[Carrier]:
    def split(kernel: Array) -> list[Array]:  # (*window, in, out) -> (out, in, *window)
        return [np.moveaxis(kernel, (-1, -2), (0, 1))]

    def join(weight: Array) -> Array:
        return np.moveaxis(weight, (0, 1), (-1, -2))

    yield Carrier(layer.kernel, (f"{path}.weight",), "conv", split, join)
    yield from _bias(layer, path, "conv")


def _bias(layer: Any, path: str, kind: LayerKind) -> Iterator[Carrier]:
    if layer.use_bias:
        yield Carrier(layer.bias, (f"{path}.bias",), kind, lambda bias: [bias], lambda bias: bias)


def _swap_gates(weight: Array) -> Array:
    """Exchange the first two of a GRU's three gates, along axis 0; its own inverse."""
    reset, update, new = np.split(weight, 3)
    return np.concatenate([update, reset, new])


def _gru(layer: Any, path: str, _: Mapping[str, tuple[int, ...]], suffix: str = "_l0") -> Iterator[Carrier]:
    if not layer.reset_after:
        raise ValueError(f"{path}: GRU(reset_after=False) is another function than PyTorch's GRU")

    def turn(kernel: Array) -> list[Array]:  # (in, 3 × units), z r n -> (3 × units, in), r z n
        return [_swap_gates(kernel.T)]

    def turn_back(weight: Array) -> Array:
        return _swap_gates(weight).T

    cell = layer.cell
    yield Carrier(cell.kernel, (f"{path}.weight_ih{suffix}",), "recurrent", turn, turn_back)
    yield Carrier(cell.recurrent_kernel, (f"{path}.weight_hh{suffix}",), "recurrent", turn, turn_back)
    yield Carrier(  # one variable (2, 3 × units): the input's bias, then the state's
        cell.bias,
        (f"{path}.bias_ih{suffix}", f"{path}.bias_hh{suffix}"),
        "recurrent",
        lambda both: [_swap_gates(bias) for bias in both],
        lambda *both: np.stack([_swap_gates(bias) for bias in both]),
    )


def _bidirectional(layer: Any, path: str, flattened: Mapping[str, tuple[int, ...]]) -> Iterator[Carrier]:
    carry = _RECURRENT[type(layer.forward_layer)]
    yield from carry(layer.forward_layer, path, flattened)
    yield from carry(layer.backward_layer, path, flattened, suffix="_l0_reverse")


_RECURRENT: dict[type, Callable[..., Iterator[Carrier]]] = {layers.GRU: _gru}
_TABLE: dict[type, Callable[..., Iterator[Carrier]]] = {
    layers.Dense: _dense,
    layers.Conv1D: _conv,
    layers.Conv2D: _conv,
    layers.Bidirectional: _bidirectional,
    **_RECURRENT,
}


class Bridge:
    """The carriers of a built model; every variable is carried exactly once.

    A model whose Dense layer reads a flattened feature map says so in an attribute
    ``flattened = {path of the layer: (*space, channels)}``.

    Raises:
        ValueError: If a variable belongs to a layer type that the table lacks, or a name is met twice.
    """

    def __init__(self, model: keras.Model):
        flattened = getattr(model, "flattened", {})
        self.carriers = [
            carrier for layer, path in _leaves(model, "") for carrier in _TABLE[type(layer)](layer, path, flattened)
        ]
        names = [name for carrier in self.carriers for name in carrier.names]
        if len(names) != len(set(names)):
            raise ValueError(f"canonical names met twice: {sorted({n for n in names if names.count(n) > 1})}")
        carried = {id(carrier.variable) for carrier in self.carriers}
        if lost := [variable.path for variable in model.weights if id(variable) not in carried]:
            raise ValueError(f"variables without a canonical name: {', '.join(lost)}")

    def describe(self) -> dict[str, TensorSpec]:
        """Return shape and kind of layer by canonical name, in order of definition."""
        return {
            name: TensorSpec(tensor.shape, carrier.layer)
            for carrier in self.carriers
            for name, tensor in zip(carrier.names, carrier.split(np.zeros(carrier.variable.shape)), strict=True)
        }

    def dump(self) -> dict[str, Array]:
        """Return contiguous copies of all variables under canonical names."""
        return {
            name: np.array(tensor, order="C")
            for carrier in self.carriers
            for name, tensor in zip(
                carrier.names, carrier.split(keras.ops.convert_to_numpy(carrier.variable)), strict=True
            )
        }

    def load(self, tensors: Mapping[str, Array]) -> None:
        """Assign canonical tensors to the variables. Inverse of ``dump``, bit for bit.

        Raises:
            ValueError: If a name is missing or unknown, or a shape differs; nothing is assigned then.
        """
        specs = self.describe()
        if odd := sorted(specs.keys() ^ tensors.keys()):
            raise ValueError(f"tensors missing or unknown: {', '.join(odd)}")
        for name, spec in specs.items():
            if tensors[name].shape != spec.shape:
                raise ValueError(f"{name}: shape {tensors[name].shape}, expected {spec.shape}")
        for carrier in self.carriers:
            carrier.variable.assign(carrier.join(*(tensors[name] for name in carrier.names)))


def _leaves(layer: Any, prefix: str) -> Iterator[tuple[Any, str]]:
    """Yield every layer that the table knows, with its canonical path: the attributes that lead to it."""
    for name, child in _children(layer):
        if type(child) in _TABLE:
            yield child, f"{prefix}{name}"
        else:
            yield from _leaves(child, f"{prefix}{name}.")


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
