"""Optimizers fed with given gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.contract import Optimizer
from models_numpy.optimizers import clip, make_optimizer

if TYPE_CHECKING:
    from harness.contract import Array


def run(
    arrays: Mapping[str, Array], optimizer: Mapping[str, Any], rates: Mapping[str, Sequence[float]], at: Sequence[int]
) -> dict[str, Array]:
    """Run an optimizer over sequences of gradients, afresh for each; see ``models_torch.exercises.optimizers.run``."""
    rule = Optimizer.from_dict(optimizer)
    found = {}
    for name, learning_rates in rates.items():
        start, fed = f"{name}/parameters/", f"{name}/gradients/"
        parameters = {key.removeprefix(start): array.copy() for key, array in arrays.items() if key.startswith(start)}
        method = make_optimizer(rule)
        for step, learning_rate in enumerate(learning_rates, 1):
            method.learning_rate = learning_rate
            gradients = {key: arrays[fed + key][step - 1] for key in parameters}
            method.step(parameters, clip(gradients, rule.clipping, parameters))
            if step in at:
                for kind, held in {"parameters": parameters, **method.slots()}.items():
                    found |= {f"{name}/{step}/{kind}/{key}": array.copy() for key, array in held.items()}
    return found
