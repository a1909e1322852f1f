"""Weights files as Keras' users have them: ``.weights.h5``, which ``model.load_weights`` reads on every backend."""

import h5py
import ml_dtypes
import numpy as np

from harness.contract import WeightsError, WeightsFile

OPTIMIZER = "optimizer"
"""Group of the optimizer's state, which ``save_weights`` of a compiled model adds."""


def read(path: str) -> WeightsFile:
    """Return what a file holds, by the HDF5 path that Keras gives each variable: ``fc1/vars/0``.

    Raises:
        WeightsError: If it is cut short, or no HDF5 file, or holds something other than numbers.
    """
    stored = {}

    def visit(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset):
            stored[name] = _array(name, item)

    try:
        with h5py.File(path) as file:
            file.visititems(visit)
    except OSError as error:
        raise WeightsError(f"cut short, or no HDF5 file: {error}") from None
    others = tuple(name for name in stored if name.partition("/")[0] == OPTIMIZER)
    own = {name: array for name, array in stored.items() if name not in others}
    return WeightsFile(
        {name: array.astype(np.float32) if array.dtype == ml_dtypes.bfloat16 else array for name, array in own.items()},
        {name: str(array.dtype) for name, array in own.items()},
        others,
    )


def _array(name: str, dataset: h5py.Dataset) -> np.ndarray:
    if dataset.attrs.get("dtype") == "bfloat16":
        return np.array(dataset, dtype=ml_dtypes.bfloat16)
    if dataset.dtype.kind not in "fiub":
        raise WeightsError(f"{name}: holds {dataset.dtype}, not numbers")
    return np.array(dataset)
