"""Where batches come from: arrays in memory, a ``PyDataset`` or Grain, in the order that is handed over.

A ``tf.data.Dataset`` and a ``DataLoader`` are for Keras on TensorFlow and on torch: ``models_keras.backends`` has them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import keras

from harness.contract import Loading, LoadingName

if TYPE_CHECKING:
    from harness.contract import Array

Own = Mapping[LoadingName, Callable[..., Any]]
"""What only this backend has, called with what ``make_batches`` is, but for the last of it."""


TOLD = {
    "workers": "loading_workers",
    "num_workers": "loading_workers",
    "use_multiprocessing": "loading_multiprocessing",
    "persistent_workers": "loading_persistent",
    "pin_memory": "loading_pinned",
}
"""What a ``PyDataset`` or a ``DataLoader`` has -> what it is called among the settings."""


class Batches(keras.utils.PyDataset):
    """The batches of one epoch.

    Args:
        x: Samples, channel last.
        y: Their targets.
        order: Of the samples.
        batch_size: Samples to a batch; the last one may be smaller.
        workers: Threads that prepare batches beside the one that trains; 0 for none.
    """

    def __init__(self, x: Array, y: Array, order: Array, batch_size: int, workers: int = 0):
        super().__init__(workers=workers)
        self.x, self.y = x, y
        self.order, self.batch_size = order, batch_size

    def __len__(self) -> int:
        return math.ceil(len(self.order) / self.batch_size)

    def __getitem__(self, number: int) -> tuple[Any, Any]:
        chosen = self.order[number * self.batch_size : (number + 1) * self.batch_size]
        return self.x[chosen], self.y[chosen]


def make_batches(loading: Loading, x: Array, y: Array, order: Array, batch_size: int, own: Own) -> Any:
    """Return the batches of an epoch in a form that ``Model.fit`` takes in place of arrays; the last may be smaller."""
    makers: Own = {"pydataset": by_pydataset, "grain": by_grain, **own}
    return makers[loading.by](loading, x, y, order, batch_size)


def by_pydataset(loading: Loading, x: Array, y: Array, order: Array, batch_size: int) -> Batches:
    """Return batches that are cut out of arrays one by one, here or by threads; processes would be forked."""
    return Batches(x, y, order, batch_size, loading.workers)


def by_grain(_loading: Loading, x: Array, y: Array, order: Array, batch_size: int) -> Any:
    """Return a ``grain.IterDataset``, which reads samples by threads of its own and puts batches of them together."""
    import grain

    samples = grain.MapDataset.source(order).map(lambda i: (x[i], y[i]))
    return samples.batch(batch_size).to_iter_dataset()


def settings(loading: Loading, batches: Any) -> dict[str, Any]:
    """Return what is in force, read back from what ``make_batches`` returned; by PyTorch's half's names."""
    told = {"loading": f"{type(batches).__module__}.{type(batches).__name__}"}
    if loading.by == "grain":
        import grain

        told["grain"] = grain.__version__
    return told | {name: getattr(batches, own) for own, name in TOLD.items() if hasattr(batches, own)}
