"""Where batches come from: tensors in memory, a ``DataLoader`` or Grain, in the order that is handed over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Sampler, TensorDataset

from harness.contract import Loading

if TYPE_CHECKING:
    from harness.contract import Array

Epoch = Callable[["Array"], Iterable[tuple[Tensor, Tensor]]]
"""The batches of an epoch, given the order of its samples; the last one may be smaller."""


class Given(Sampler[int]):
    """The order that is handed over; a ``DataLoader`` asks for it at the start of every epoch."""

    def __init__(self, samples: int):
        self.order: list[int] = list(range(samples))

    def __iter__(self) -> Iterator[int]:
        return iter(self.order)

    def __len__(self) -> int:
        return len(self.order)


def make_epoch(loading: Loading | None, x: Tensor, y: Tensor, batch_size: int) -> Epoch:
    """Return how an epoch of samples and their targets is gone through."""
    if loading is None:
        return lambda order: ((x[part], y[part]) for part in torch.from_numpy(order).split(batch_size))
    return {"dataloader": by_dataloader, "grain": by_grain}[loading.by](loading, x, y, batch_size)


def by_dataloader(loading: Loading, x: Tensor, y: Tensor, batch_size: int) -> Epoch:
    """Return batches that are put together sample by sample, here or in processes that live for an epoch.

    That is what ``DataLoader`` does unless it is told ``persistent_workers``.
    """
    given = Given(len(x))
    loader = make_loader(loading, x, y, batch_size, given)

    def epoch(order: Array) -> Iterable[Any]:
        given.order = order.tolist()
        return loader

    return epoch


def make_loader(loading: Loading, x: Tensor, y: Tensor, batch_size: int, order: Iterable[int]) -> DataLoader[Any]:
    """Return a ``DataLoader`` over samples and their targets, told what a user tells it, and their order."""
    return DataLoader(
        TensorDataset(x, y),
        batch_size=batch_size,
        sampler=order,
        num_workers=loading.workers,
        pin_memory=loading.pinned,
        generator=torch.Generator(),  # each epoch draws a seed for its workers: not from what dropout draws from
    )


def by_grain(_loading: Loading, x: Tensor, y: Tensor, batch_size: int) -> Epoch:
    """Return batches of a ``grain.MapDataset``, which knows NumPy arrays only, made tensors again."""
    import grain

    inputs, targets = x.numpy(), y.numpy()

    def epoch(order: Array) -> Iterator[tuple[Tensor, Tensor]]:
        samples = grain.MapDataset.source(order).map(lambda i: (inputs[i], targets[i]))
        for batch in samples.batch(batch_size).to_iter_dataset():
            yield torch.from_numpy(batch[0]), torch.from_numpy(batch[1])

    return epoch


def settings(loading: Loading) -> dict[str, Any]:
    """Return what is in force, read back from what was told of it."""
    if loading.by == "grain":
        import grain

        return {"loading": _name(grain.MapDataset.source([0]).batch(1).to_iter_dataset()), "grain": grain.__version__}
    loader = make_loader(loading, torch.zeros(1), torch.zeros(1), 1, [0])
    return {
        "loading": _name(loader),
        "loading_workers": loader.num_workers,
        "loading_persistent": loader.persistent_workers,
        "loading_pinned": loader.pin_memory,
    }


def _name(batches: object) -> str:
    return f"{type(batches).__module__}.{type(batches).__name__}"
