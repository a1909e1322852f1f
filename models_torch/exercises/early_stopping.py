"""Early stopping by itself, on given curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from models_torch.techniques.early_stopping import EarlyStopping

if TYPE_CHECKING:
    from harness.contract import Array


def stop(arrays: Mapping[str, Array], **options: Any) -> dict[str, Array]:
    """Return for each curve of losses the epochs until it stops, and which epoch's number the model is left with.

    The model holds one number, that of the epoch.
    """
    found = {}
    for name, losses in arrays.items():
        model = nn.Linear(1, 1, bias=False)
        stopping = EarlyStopping(model, **options)
        for epoch, loss in enumerate(losses, 1):
            with torch.no_grad():
                model.weight.fill_(epoch)
            if stopping.step(float(loss)):
                break
        stopping.end()
        found[name] = np.array([epoch, model.weight.item()])
    return found
