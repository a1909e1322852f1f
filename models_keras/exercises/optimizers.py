"""Optimizers fed with given gradients, in the form that training uses: ``tf.function``, ``jax.jit``, eager torch."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import keras

from harness.contract import Optimizer
from models_keras.techniques.optimizers import make_optimizer, make_unreconciled_optimizer, slots

if TYPE_CHECKING:
    from harness.contract import Array

backend = importlib.import_module(f"models_keras.backends.{keras.config.backend()}")


def run(
    arrays: Mapping[str, Array],
    optimizer: Mapping[str, Any],
    rates: Mapping[str, Sequence[float]],
    at: Sequence[int],
    shares: Sequence[float] | None = None,
    parts: int = 1,
    stock: bool = False,
) -> dict[str, Array]:
    """Run an optimizer over sequences of gradients, afresh for each; compiled once.

    Args:
        arrays: ``<run>/parameters/<name>``, and ``<run>/gradients/<name>`` with a leading axis of steps.
        optimizer: The fields of a ``harness.contract.Optimizer``.
        rates: By run, the learning rate of each step.
        at: After which steps to look.
        shares: Of the learning rate, one for each parameter; None for all of it.
        parts: How often a step is given its gradient, of which it takes the mean.
        stock: Run Keras' own optimizer, unreconciled, and return parameters only: its slots may mean something else.

    Returns:
        ``<run>/<step>/parameters/<name>`` and ``<run>/<step>/<slot>/<name>``, slots by their names in ``torch.optim``.
    """
    start = f"{next(iter(rates))}/parameters/"
    names = [key.removeprefix(start) for key in arrays if key.startswith(start)]
    parameters = [keras.Variable(arrays[start + name], name=name.replace("/", "_")) for name in names]
    spec = Optimizer.from_dict(optimizer)
    method = make_unreconciled_optimizer(spec) if stock else make_optimizer(spec, accumulation=parts, shares=shares)
    method.build(parameters)
    fresh = [variable.numpy() for variable in method.variables]
    update = backend.updater(method, parameters)
    found = {}
    for run_name, learning_rates in rates.items():
        initial = [arrays[f"{run_name}/parameters/{name}"] for name in names]
        for variable, value in zip([*method.variables, *parameters], [*fresh, *initial], strict=True):
            variable.assign(value)
        for step, learning_rate in enumerate(learning_rates, 1):
            method.learning_rate = learning_rate
            gradients = [arrays[f"{run_name}/gradients/{name}"][step - 1] for name in names]
            for _ in range(parts):
                update([keras.ops.convert_to_tensor(gradient) for gradient in gradients])
            if step in at:
                for kind, held in {"parameters": parameters, **({} if stock else slots(method, spec))}.items():
                    for name, variable in zip(names, held, strict=True):
                        if variable is None:
                            continue
                        found[f"{run_name}/{step}/{kind}/{name}"] = variable.numpy()
    return found
