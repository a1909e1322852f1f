"""Early stopping by itself, on given curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from models_keras.techniques.early_stopping import make_early_stopping

if TYPE_CHECKING:
    from harness.contract import Array


def stop(arrays: Mapping[str, Array], **options: Any) -> dict[str, Array]:
    """Return for each curve of losses the epochs until it stops, and which epoch's number the model is left with.

    The model holds one number, that of the epoch.
    """
    found = {}
    for name, losses in arrays.items():
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
        model.stop_training = False
        stopping = make_early_stopping(**options)
        stopping.set_model(model)
        stopping.on_train_begin()
        for epoch, loss in enumerate(losses):
            model.set_weights([np.full((1, 1), epoch + 1.0)])
            stopping.on_epoch_end(epoch, {"val_loss": float(loss)})
            if model.stop_training:
                break
        stopping.on_train_end()
        found[name] = np.array([epoch + 1, model.get_weights()[0].item()])
    return found
