"""What the matched track hands to every arm alike: initial parameters, batch order, hashes of both.

All of it is drawn in NumPy from a seed and a name, so that two processes need not exchange arrays to agree.
"""

from __future__ import annotations

import fnmatch
import hashlib
import math
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.techniques import initializers
from benchmarks.techniques.augmentation import draw
from harness.contract import OF_INDICES, Augmentation, Dataset, Form, TensorSpec, Workload

if TYPE_CHECKING:
    from harness.contract import Array


HASHED_EPOCHS = 2


def initial_parameters(
    specs: Mapping[str, TensorSpec],
    seed: int,
    initial_std: Mapping[str, float] | None = None,
    initializer: str | None = None,
) -> dict[str, Array]:
    """Draw every tensor by name, by PyTorch's default rules: float64, independent of the order.

    Linear and convolution: U(−b, b) with b = 1/√fan_in of the layer's weight, for its bias too. Recurrent: b is
    1/√hidden for all tensors. Attention: Xavier for the packed projection, fan_in for the output, biases 0. Norms:
    scale and running variance 1, shift and running mean 0. Embedding: N(0, 1).

    Args:
        specs: What is to be drawn.
        seed: Of all tensors; each has a stream of its own.
        initial_std: See ``Architecture.initial_std``.
        initializer: See ``Architecture.initializer``.
    """
    chosen = dict(initial_std or {})
    return {
        name: _draw(name, specs, chosen, initializer, np.random.default_rng([seed, zlib.crc32(name.encode())]))
        for name in specs
    }


def _draw(
    name: str,
    specs: Mapping[str, TensorSpec],
    initial_std: Mapping[str, float],
    initializer: str | None,
    generator: np.random.Generator,
) -> Array:
    spec = specs[name]
    layer, _, own = name.rpartition(".")
    std = next((std for pattern, std in initial_std.items() if fnmatch.fnmatchcase(name, pattern)), None)
    if std is not None and spec.layer != "norm":
        return std * generator.standard_normal(spec.shape)
    if initializer and spec.layer in ("linear", "conv", "transposed_conv"):
        return initializers.draw(initializer, spec.shape, generator) if own == "weight" else np.zeros(spec.shape)
    match spec.layer:
        case "norm":
            return np.full(spec.shape, 1.0 if own in ("weight", "running_var") else 0.0)
        case "embedding":
            return generator.standard_normal(spec.shape)
        case "attention" if own in ("in_proj_bias", "bias"):
            return np.zeros(spec.shape)
        case "attention" if own == "in_proj_weight":
            bound = math.sqrt(6 / sum(spec.shape))
        case "recurrent":
            bound = 1 / math.sqrt(specs[f"{layer}.weight_hh_l0"].shape[1])
        case _:
            bound = 1 / math.sqrt(math.prod(specs[f"{layer}.weight"].shape[1:]))
    return generator.uniform(-bound, bound, spec.shape)


def batch_orders(samples: int, epochs: int, seed: int, shuffle: bool) -> Iterator[Array]:
    """Yield one order of the samples per epoch: a fresh permutation, or always 0, 1, 2 and so on."""
    for epoch in range(epochs):
        if shuffle:
            yield np.random.default_rng([seed, epoch]).permutation(samples)
        else:
            yield np.arange(samples)


def as_input(x: Array, form: Form) -> Array:
    """Bring samples in a dataset's natural shape into the canonical shape of a form.

    (N, L) becomes (N, 1, L) as a signal and (N, L, 1) as a sequence; images stay (N, C, H, W), sequences (N, T, F), ids
    (N, T); features are flat.

    Raises:
        ValueError: If the samples cannot take that form.
    """
    if form == "features":
        return x.reshape(len(x), math.prod(x.shape[1:]))  # there may be none
    if (form, x.ndim) in (("image", 4), ("sequence", 3)) or (form == "tokens" and x.ndim == 2 and x.dtype.kind == "i"):
        return x
    if form in ("signal", "sequence") and x.ndim == 2:
        return x[:, np.newaxis, :] if form == "signal" else x[:, :, np.newaxis]
    raise ValueError(f"samples of shape {x.shape[1:]} have no form {form!r}")


def as_target(y: Array, workload: Workload) -> Array:
    """Bring a dataset's targets into the shape of the workload's outputs, as its loss takes them.

    Class indices stay indices for cross-entropy and become vectors (N, classes) where the workload says so, or floats
    (N, 1) for the losses of one output; images are flattened where the network's outputs are.
    """
    if workload.loss in OF_INDICES:
        return y
    if workload.one_hot:
        return np.eye(workload.one_hot, dtype=np.float32)[y]
    if y.ndim == 1:
        return y[:, np.newaxis].astype(np.float32)
    return (
        y.reshape(len(y), math.prod(y.shape[1:]))
        if workload.form == "features" or workload.loss == "negative_elbo"
        else y
    )


def examples(dataset: Dataset, workload: Workload) -> Dataset:
    """Return the dataset with the training samples that a workload trains on."""
    chosen = dataset.first(workload.samples)
    return chosen.first(len(chosen.x_train) - workload.held_out)


def held_out(dataset: Dataset, workload: Workload) -> tuple[Array, Array]:
    """Return the samples that a workload holds out of training, and their targets, canonical."""
    chosen, kept = dataset.first(workload.samples), len(examples(dataset, workload).x_train)
    return as_input(chosen.x_train[kept:], workload.form), as_target(chosen.y_train[kept:], workload)


def draws(workload: Workload, seed: int) -> dict[str, Any]:
    """Return the argument ``draws`` of ``Session.fit``, which every arm gets the same; none without augmentation."""
    if not workload.augmentation:
        return {}

    def drawn(shape: tuple[int, ...], epoch: int, number: int) -> list[tuple[Augmentation, dict[str, Array]]]:
        return [
            (step, draw(step.name, shape, (seed, epoch, number, place), **step.drawn))
            for place, step in enumerate(workload.augmentation)
        ]

    return {"draws": drawn}


MOST_STAGED = 16
"""Batches that steps and passes go through, again and again."""


def stage_batches(dataset: Dataset, workload: Workload, batch_size: int) -> list[tuple[Array, Array]]:
    """Return the full batches (at most 16) that open the first epoch of seed 0, for the step scope.

    Raises:
        ValueError: If the training set is smaller than one batch.
    """
    order = next(batch_orders(len(dataset.x_train), 1, 0, workload.shuffle))
    x, y = as_input(dataset.x_train, workload.form), as_target(dataset.y_train, workload)
    count = min(len(order) // batch_size, MOST_STAGED)
    if count == 0:
        raise ValueError(f"{dataset.name} has {len(order)} training samples, fewer than a batch of {batch_size}")
    return [(x[i], y[i]) for i in np.split(order[: count * batch_size], count)]


def stage_inputs(dataset: Dataset, workload: Workload, batch_size: int) -> list[Array]:
    """Return inputs of the full batches (at most 16) that open the first epoch of seed 0, for forward passes.

    Where the training set is smaller than one batch, it is one batch that repeats the samples as often as it takes.
    """
    order = next(batch_orders(len(dataset.x_train), 1, 0, workload.shuffle))
    x = as_input(dataset.x_train, workload.form)
    count = min(max(1, len(order) // batch_size), MOST_STAGED)
    return [x[i] for i in np.split(np.resize(order, count * batch_size), count)]


def hash_tensors(tensors: Mapping[str, Array]) -> str:
    """Return a sha256 over names, shapes, types and bytes, in order of name."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = np.ascontiguousarray(tensors[name])
        digest.update(f"{name} {tensor.shape} {tensor.dtype.str}\n".encode())
        digest.update(tensor.data)
    return digest.hexdigest()


def hash_orders(orders: Iterable[Array]) -> str:
    """Return a sha256 over a sequence of batch orders."""
    return hash_tensors({f"{epoch:06d}": order.astype(np.int64) for epoch, order in enumerate(orders)})


def hash_data(
    dataset: Dataset,
    workload: Workload,
    held: Sequence[tuple[Array, Array]] | None = None,
    fed: Sequence[tuple[Array, Array]] | None = None,
) -> dict[str, str]:
    """Return a sha256 of the arrays, of the batches that open the first epoch, and of the first orders of seed 0.

    Where the workload says what batches come from, also of all batches of these orders.

    Args:
        dataset: With the arrays.
        workload: Which says what of them a batch is.
        held: The batches as a session gives them back, in whatever type it has; None for those that it was given.
        fed: All batches of the orders, likewise.
    """
    arrays = {name: getattr(dataset, name) for name in ("x_train", "y_train", "x_test", "y_test")}
    chosen = examples(dataset, workload)
    given = stage_batches(chosen, workload, workload.batch_size)
    hashes = {
        "arrays": hash_tensors(arrays),
        "batches": _hash_batches(given if held is None else held, given),
        "order": hash_orders(first_orders(chosen, workload)),
    }
    if workload.loading:
        x, y = as_input(chosen.x_train, workload.form), as_target(chosen.y_train, workload)
        size = workload.batch_size
        asked = [
            (x[order[first : first + size]], y[order[first : first + size]])
            for order in first_orders(chosen, workload)
            for first in range(0, len(order), size)
        ]
        hashes["fed"] = _hash_batches(asked if fed is None else fed, given)
    return hashes


def first_orders(examples: Dataset, workload: Workload) -> Iterator[Array]:
    """Yield the orders of seed 0 that ``hash_data`` looks at."""
    return batch_orders(len(examples.x_train), HASHED_EPOCHS, 0, workload.shuffle)


def _hash_batches(batches: Sequence[tuple[Array, Array]], like: Sequence[tuple[Array, Array]]) -> str:
    """Return a sha256 over batches, in the types of others."""
    types = [array.dtype for array in like[0]]
    return hash_tensors(
        {
            f"{part}{i:02d}": array.astype(dtype)
            for i, batch in enumerate(batches)
            for part, array, dtype in zip("xy", batch, types, strict=True)
        }
    )
