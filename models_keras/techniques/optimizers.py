"""Optimizers, reconciled with PyTorch's definitions where Keras' own differ.

Each reconciliation tells how far Keras' own optimizer, given the same numbers, ends up from PyTorch's: the largest
error of the parameters' movement over 100 steps, relative to its root mean square, measured in float64 on torch by
``harness.parity.optimizers.differences``.
"""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import keras
import numpy as np
from keras import ops

from harness.contract import Optimizer
from models_keras.techniques.clipping import CanonicalClipping

backend = importlib.import_module(f"models_keras.backends.{keras.config.backend()}")


class SummedGradients:
    """Makes Keras' Adadelta add up the rows of a sparse gradient before it squares it, as every ``Rule`` does.

    On TensorFlow an embedding's gradient has a row for every token of a batch, many for a common word. Keras squares
    row by row and adds the squares: Σg² where (Σg)² belongs, so that the step of a common word is of another size.
    """

    def _backend_update_step(self, gradients: list[Any], variables: list[Any], learning_rate: Any) -> None:
        super()._backend_update_step(backend.tensors(gradients), variables, learning_rate)


class ScheduledBySteps:
    """Makes a Keras optimizer that accumulates gradients ask its schedule for the rate of a step, not of a batch.

    Keras asks with the number of batches so far, so that over two batches a cosine ends after half its steps.
    """

    def _get_current_learning_rate(self) -> Any:
        return self._learning_rate(self.iterations)


class CoupledDecay:
    """Makes a Keras optimizer add λp to the gradient, after clipping (L2 regularisation), as PyTorch's do.

    Keras' ``weight_decay`` is decoupled in every optimizer: it shrinks p itself by ηλ, whatever the slots are.
    Difference with λ = 0.1: 5.2 with momentum, 0.66 for Adam, 1.6 for RMSprop; none for plain SGD.
    """

    def __init__(self, *args: Any, coupled_decay: float, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.coupled_decay = coupled_decay

    def _backend_update_step(self, gradients: list[Any], variables: list[Any], learning_rate: Any) -> None:
        pairs = zip(*(backend.together(backend.tensors(group)) for group in (gradients, variables)), strict=True)
        coupled = backend.apart([g + self.coupled_decay * p for g, p in pairs])
        super()._backend_update_step(coupled, variables, learning_rate)


class Rule:
    """An update written out, in place of the one of the Keras optimizer that it is mixed into.

    ``rule`` reads like the paper. It takes tensors and returns what becomes of them; on torch it is called once
    for all variables (``models_keras.backends.torch.Tensors``), elsewhere for each variable in turn.

    Attributes:
        slots: The optimizer's lists of slots, in the order in which ``rule`` takes and returns them.
    """

    slots: ClassVar[tuple[str, ...]]

    def rule(self, learning_rate: Any, g: Any, p: Any, *slots: Any) -> tuple[Any, ...]:
        """Return the parameters and slots after a step with the gradients ``g``."""
        raise NotImplementedError

    @property
    def step(self) -> Any:
        """The number of this step, from 1."""
        return backend.number(self.iterations) + 1

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update one variable: how Keras does it on TensorFlow and JAX."""
        held = [group[0] for group in self._held([variable])]
        values = self.rule(backend.number(learning_rate), *backend.tensors([gradient, *held]))
        for target, value in zip(held, values, strict=True):
            self.assign(target, value)

    def _parallel_update_step(self, gradients: list[Any], variables: list[Any], learning_rate: Any) -> None:
        """Update all variables at once: how Keras does it on torch."""
        g, *held = (backend.together(backend.tensors(group))[0] for group in [gradients, *self._held(variables)])
        for target, value in zip(held, self.rule(backend.number(learning_rate), g, *held), strict=True):
            backend.store(target, value)

    def _held(self, variables: list[Any]) -> list[list[Any]]:
        """Return the variables, then their slots, of each kind that this optimizer has."""
        indices = [self._get_variable_index(variable) for variable in variables]
        kinds = filter(None, (getattr(self, name) for name in self.slots))
        return [variables, *([kind[index] for index in indices] for kind in kinds)]


class UnscaledMomentum(Rule):
    """Makes Keras' SGD keep momentum of gradients, as PyTorch does.

    Keras keeps the momentum of *updates*, −η·buffer: after a drop of the learning rate it goes on at the old rate
    for about 1/(1 − μ) steps. With a constant learning rate the two agree. Difference with a drop to a tenth before
    steps 6 and 51: 3.1, for Nesterov 2.5.
    """

    slots = ("momentums",)

    def rule(self, learning_rate: Any, g: Any, p: Any, buffer: Any) -> tuple[Any, ...]:
        """Set b ← μb + g; p ← p − ηb, or p − η(g + μb) for Nesterov."""
        buffer *= self.momentum
        buffer += g
        p -= learning_rate * (g + self.momentum * buffer if self.nesterov else buffer)
        return p, buffer


class RMSpropEpsilonOutside(Rule):
    """Makes Keras' RMSprop add epsilon to the root (Keras: under it), and keep η out of its momentum.

    Difference: 2.1 with gradients of 1e-6, 1.1e-4 with gradients near 1; with momentum and a falling η 2.9.
    """

    slots = ("_velocities", "_momentums")

    def rule(self, learning_rate: Any, g: Any, p: Any, square: Any, *momentum: Any) -> tuple[Any, ...]:
        """Set v ← ρv + (1 − ρ)g²; u = g / (√v + ε); p ← p − ηu, with momentum b ← μb + u; p ← p − ηb."""
        square *= self.rho
        square += (1 - self.rho) * (g * g)
        update = g / (backend.sqrt(square) + self.epsilon)
        if momentum:
            (buffer,) = momentum
            buffer *= self.momentum
            buffer += update
            p -= learning_rate * buffer
            return p, square, buffer
        p -= learning_rate * update
        return p, square


class AdagradEpsilonOutside(Rule):
    """Makes Keras' Adagrad add epsilon to the root; Keras adds it under the root, where 1e-10 acts like 1e-5.

    Difference: 1.7 with gradients of 1e-6, 1e-8 with gradients near 1.
    """

    slots = ("_accumulators",)

    def rule(self, learning_rate: Any, g: Any, p: Any, total: Any) -> tuple[Any, ...]:
        """Set s ← s + g²; p ← p − ηg / (√s + ε)."""
        total += g * g
        p -= learning_rate * g / (backend.sqrt(total) + self.epsilon)
        return p, total


class CorrectedMoments(Rule):
    """Makes Keras' Adam correct both moments before it divides (Kingma and Ba, 2015, algorithm 1), to all digits.

    Keras adds epsilon to the uncorrected root (the paper's "epsilon hat"), which at step t acts like an epsilon
    1/√(1 − β₂ᵗ) times as large: 31.6 times at the first step. With gradients near 1e-6 that alone shortens the
    first step to 40 %, and no constant epsilon makes the two equal. And it takes 1 − βᵗ by a subtraction in float32,
    which of 1 − .999 leaves four digits and lengthens the first step by up to 6e-5 of itself.
    Difference: 0.28 with gradients of 1e-6, 9e-7 with gradients near 1.
    """

    slots = ("_momentums", "_velocities")

    def rule(self, learning_rate: Any, g: Any, p: Any, mean: Any, square: Any) -> tuple[Any, ...]:
        """Set m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; p ← p − η m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε)."""
        mean *= self.beta_1
        mean += (1 - self.beta_1) * g
        square *= self.beta_2
        square += (1 - self.beta_2) * (g * g)
        step = self.step
        root = backend.sqrt(square) / backend.one_minus_power(self.beta_2, step) ** 0.5 + self.epsilon
        p -= learning_rate / backend.one_minus_power(self.beta_1, step) * mean / root
        return p, mean, square


class AdamaxEpsilonInNorm(Rule):
    """Makes Keras' Adamax add epsilon to each |g| that enters the norm; Keras adds it to the norm as it divides.

    Difference: 4e-4 with gradients of 1e-6, 4e-10 with gradients near 1.
    """

    slots = ("_m", "_u")

    def rule(self, learning_rate: Any, g: Any, p: Any, mean: Any, norm: Any) -> tuple[Any, ...]:
        """Set m ← β₁m + (1 − β₁)g; u ← max(β₂u, |g| + ε); p ← p − η/(1 − β₁ᵗ) · m/u."""
        mean *= self.beta_1
        mean += (1 - self.beta_1) * g
        norm = backend.maximum(self.beta_2 * norm, abs(g) + self.epsilon)
        p -= learning_rate / backend.one_minus_power(self.beta_1, self.step) * mean / norm
        return p, mean, norm


class SignOfMomentum(Rule):
    """Makes Keras' Lion take 1 − β₂ as it is: in float32 .99 from 1 keeps six digits, and the momentum is 1e-6 off."""

    slots = ("_momentums",)

    def rule(self, learning_rate: Any, g: Any, p: Any, mean: Any) -> tuple[Any, ...]:
        """Set u = sign(β₁m + (1 − β₁)g); p ← p − ηu; m ← β₂m + (1 − β₂)g."""
        p -= learning_rate * backend.sign(self.beta_1 * mean + (1 - self.beta_1) * g)
        mean *= self.beta_2
        mean += (1 - self.beta_2) * g
        return p, mean


class TypedMuon:
    """Makes Keras' Muon compute its factors in the type of the parameters, and its Adam as the others' are reconciled.

    Keras takes 0.2 √max(rows, columns) through float32, and adds Adam's epsilon to the uncorrected root.
    """

    def _muon_update_step(self, gradient: Any, variable: Any, learning_rate: Any, slot: Any) -> None:
        (buffer,) = backend.tensors([slot])
        buffer = self.momentum * buffer + gradient
        ahead = gradient + self.momentum * buffer if self.nesterov else buffer
        factor = self.rms_rate * math.sqrt(max(variable.shape))
        update = factor * self.zeropower_via_newtonschulz5(ahead, self.ns_steps)
        self.assign(slot, buffer)
        self.assign_sub(variable, backend.number(learning_rate) * update)

    def _adamw_update_step(
        self, gradient: Any, variable: Any, learning_rate: Any, mean_slot: Any, square_slot: Any
    ) -> None:
        mean, square = backend.tensors([mean_slot, square_slot])
        mean = self.adam_beta_1 * mean + (1 - self.adam_beta_1) * gradient
        square = self.adam_beta_2 * square + (1 - self.adam_beta_2) * (gradient * gradient)
        step = backend.number(self.iterations) + 1
        root = ops.sqrt(square / backend.one_minus_power(self.adam_beta_2, step)) + self.epsilon
        rate = backend.number(learning_rate) / backend.one_minus_power(self.adam_beta_1, step)
        self.assign(mean_slot, mean)
        self.assign(square_slot, square)
        self.assign_sub(variable, rate * mean / root)


class NesterovSchedule(Rule):
    """Makes NAdam of Keras' Adam, with the momentum schedule of PyTorch's: μₜ = β₁(1 − ½·0.96^(ψt)), ψ = 0.004.

    Keras' Nadam has ψ = 1 built in (Dozat 2016 has 0.004), and multiplies the product of all μ by it before any
    method that a subclass could change; its Adam has the same two slots. Difference: 0.20.
    """

    slots = ("_momentums", "_velocities")

    def __init__(self, *args: Any, momentum_decay: float, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.momentum_decay = momentum_decay

    def build(self, variables: list[Any]) -> None:
        """Create the slots, and the product of all μ so far."""
        if not self.built:
            super().build(variables)
            self.mu_product = self.add_variable((), initializer="ones", dtype=variables[0].dtype, name="mu_product")

    def mu(self, step: Any) -> Any:
        """The momentum of a step."""
        return self.beta_1 * (1 - 0.5 * 0.96 ** (step * self.momentum_decay))

    def _backend_update_step(self, gradients: list[Any], variables: list[Any], learning_rate: Any) -> None:
        self.assign(self.mu_product, self.mu_product * self.mu(self.step))
        super()._backend_update_step(gradients, variables, learning_rate)

    def rule(self, learning_rate: Any, g: Any, p: Any, mean: Any, square: Any) -> tuple[Any, ...]:
        """As Adam, with m̂ = μₜ₊₁m / (1 − Πᵢ₌₁..ₜ₊₁ μᵢ) + (1 − μₜ)g / (1 − Πᵢ₌₁..ₜ μᵢ)."""
        step, product = self.step, backend.number(self.mu_product)
        mean *= self.beta_1
        mean += (1 - self.beta_1) * g
        square *= self.beta_2
        square += (1 - self.beta_2) * (g * g)
        now, ahead = self.mu(step), self.mu(step + 1)
        of_mean, of_g = ahead / (1 - product * ahead), (1 - now) / (1 - product)
        root = backend.sqrt(square / backend.one_minus_power(self.beta_2, step)) + self.epsilon
        p -= learning_rate * (of_mean * mean + of_g * g) / root
        return p, mean, square


class DiscriminativeRates:
    """Trains each variable with a share of the learning rate (Howard and Ruder, 2018), also where it decays by ηλ.

    PyTorch has groups of parameters for that; a Keras optimizer has one learning rate.
    """

    def __init__(self, *args: Any, shares: Sequence[float], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.shares = shares

    def _backend_update_step(self, gradients: list[Any], variables: list[Any], learning_rate: Any) -> None:
        for share in dict.fromkeys(self.shares):
            chosen = [
                (gradient, variable)
                for gradient, variable in zip(gradients, variables, strict=True)
                if self.shares[self._get_variable_index(variable)] == share
            ]
            if chosen:
                super()._backend_update_step(*map(list, zip(*chosen, strict=True)), learning_rate * share)

    def _apply_weight_decay(self, variables: list[Any]) -> None:
        if self.weight_decay is None:
            return
        for variable in variables:
            share = float(self.shares[self._get_variable_index(variable)])
            rate, decay = (ops.cast(number, variable.dtype) for number in (self.learning_rate, self.weight_decay))
            variable.assign(variable - variable * (share * rate * decay))


def make_optimizer(
    spec: Optimizer, learning_rate: Any = None, accumulation: int = 1, shares: Sequence[float] | None = None
) -> keras.Optimizer:
    """Return the optimizer that ``spec`` names: Keras' own, with as few reconciliations as ``spec`` needs.

    Args:
        spec: What it is, with all its numbers.
        learning_rate: A schedule in place of a constant learning rate.
        accumulation: Batches that gradients are averaged over before a step.
        shares: Of the learning rate, one for each variable that the optimizer is built with; None for all of it.
    """
    recipe = RECIPES[spec.name](spec)
    mixins, arguments = recipe.mixins, recipe.arguments | recipe.further
    if spec.weight_decay and spec.name not in DECOUPLED:  # Keras decouples it in every optimizer
        mixins, arguments = (CoupledDecay, *mixins), arguments | {"coupled_decay": spec.weight_decay}
    if spec.clipping:
        mixins, arguments = (CanonicalClipping, *mixins), arguments | {"clipping": spec.clipping}
    if shares:  # last, so that others meet all variables at once
        mixins, arguments = (*mixins, DiscriminativeRates), arguments | {"shares": shares}
    if accumulation > 1:
        arguments |= {"gradient_accumulation_steps": accumulation}
        mixins = (ScheduledBySteps, *mixins) if learning_rate else mixins
    return _reconciled(recipe.base or recipe.stock, mixins)(learning_rate or spec.learning_rate, **arguments)


def make_stock_optimizer(spec: Optimizer, learning_rate: Any = None, accumulation: int = 1) -> keras.Optimizer:
    """Return Keras' own optimizer with its own numbers, given only what ``Optimizer.typed`` tells, and clipping.

    Args:
        spec: What it is.
        learning_rate: As for ``make_optimizer``.
        accumulation: As for ``make_optimizer``.
    """
    arguments = spec.typed | ({"gradient_accumulation_steps": accumulation} if accumulation > 1 else {})
    return _keras_own(spec, learning_rate or spec.learning_rate, arguments)


def make_unreconciled_optimizer(spec: Optimizer) -> keras.Optimizer:
    """Return Keras' own optimizer, given the numbers of ``spec`` as its arguments: what there is to reconcile."""
    arguments = RECIPES[spec.name](spec).arguments | ({"weight_decay": spec.weight_decay} if spec.weight_decay else {})
    return _keras_own(spec, spec.learning_rate, arguments)


def _keras_own(spec: Optimizer, learning_rate: Any, arguments: dict[str, Any]) -> keras.Optimizer:
    stock, clipping = RECIPES[spec.name](spec).stock, spec.clipping
    if clipping and clipping.by not in STOCK_CLIPPINGS:  # Keras has no adaptive clipping
        return _reconciled(stock, (CanonicalClipping,))(learning_rate, **arguments, clipping=clipping)
    clipped = {STOCK_CLIPPINGS[clipping.by]: clipping.limit} if clipping else {}
    return getattr(keras.optimizers, stock)(learning_rate, **arguments, **clipped)


def slots(optimizer: keras.Optimizer, spec: Optimizer) -> dict[str, list[Any]]:
    """Return the optimizer's slots by their names in ``torch.optim``, each a list in the order of the variables.

    They hold what PyTorch's hold; only NAdam's ``mu_product`` is one for all variables, where PyTorch has one each.
    None stands for a variable that has no such slot.
    """
    if spec.name == "muon":  # one list of momenta for matrices and for all else
        of_matrix = [square is None for square in optimizer.adam_velocities]
        pairs = list(zip(optimizer.momentums, of_matrix, strict=True))
        return {
            "momentum_buffer": [momentum if matrix else None for momentum, matrix in pairs],
            "exp_avg": [None if matrix else momentum for momentum, matrix in pairs],
            "exp_avg_sq": optimizer.adam_velocities,
        }
    count = len(optimizer._trainable_variables)
    found = {name: getattr(optimizer, attribute) for name, attribute in SLOTS[spec.name].items()}
    each = {name: held if isinstance(held, list) else [held] * count for name, held in found.items()}
    return {name: held for name, held in each.items() if held}


@functools.cache
def _reconciled(stock: str, mixins: tuple[type, ...]) -> type[keras.Optimizer]:
    # On the torch backend Keras replaces its optimizers by subclasses that update all variables at once; deriving
    # from whichever class it puts in use keeps that speed. Looked up late, because an optimizer starts the backend.
    used = type(getattr(keras.optimizers, stock)())
    return type(stock, (*mixins, used), {"__module__": __name__}) if mixins else used


def _number() -> type[float]:
    """Return the type of a coefficient for Keras' own updates.

    In float64 coefficients are NumPy scalars, because TensorFlow takes a Python float for a float32 before Keras casts
    it: .9 would be .89999998. In float32 they must be Python floats, or TensorFlow computes the update in float64.
    A ``Rule`` needs no such care: in TensorFlow's own arithmetic a Python float takes the tensor's type.
    """
    return np.float64 if keras.config.floatx() == "float64" else float


class Recipe(NamedTuple):
    """How an optimizer is made.

    Attributes:
        stock: The name of Keras' own.
        mixins: What reconciles it.
        arguments: Those that Keras' own takes too.
        further: Those that only the mixins take.
        base: What the mixins are mixed into, if not ``stock``.
    """

    stock: str
    mixins: tuple[type, ...]
    arguments: dict[str, Any]
    further: Mapping[str, Any] = {}
    base: str | None = None


def _sgd(spec: Optimizer) -> Recipe:
    mixins = (UnscaledMomentum,) if spec.momentum else ()
    return Recipe("SGD", mixins, {"momentum": spec.momentum, "nesterov": spec.nesterov})


def _rmsprop(spec: Optimizer) -> Recipe:
    arguments = {"rho": spec.rho, "momentum": spec.momentum, "epsilon": spec.epsilon}
    return Recipe("RMSprop", (RMSpropEpsilonOutside,), arguments)


def _adagrad(spec: Optimizer) -> Recipe:
    arguments = {"initial_accumulator_value": spec.initial_accumulator, "epsilon": spec.epsilon}
    return Recipe("Adagrad", (AdagradEpsilonOutside,), arguments)


def _adadelta(spec: Optimizer) -> Recipe:
    return Recipe("Adadelta", (SummedGradients,), {"rho": spec.rho, "epsilon": spec.epsilon})


def _adam(spec: Optimizer) -> Recipe:
    arguments = {"beta_1": spec.beta_1, "beta_2": spec.beta_2, "epsilon": spec.epsilon}
    return Recipe("Adam", (CorrectedMoments,), arguments)


def _adamw(spec: Optimizer) -> Recipe:
    arguments = _adam(spec).arguments | {"weight_decay": _number()(spec.weight_decay)}
    return Recipe("AdamW", (CorrectedMoments,), arguments)


def _nadam(spec: Optimizer) -> Recipe:
    arguments = {"beta_1": spec.beta_1, "beta_2": spec.beta_2, "epsilon": spec.epsilon}
    return Recipe("Nadam", (NesterovSchedule,), arguments, {"momentum_decay": spec.momentum_decay}, base="Adam")


def _adamax(spec: Optimizer) -> Recipe:
    arguments = {"beta_1": spec.beta_1, "beta_2": spec.beta_2, "epsilon": spec.epsilon}
    return Recipe("Adamax", (AdamaxEpsilonInNorm,), arguments)


def _lion(spec: Optimizer) -> Recipe:
    decay = {"weight_decay": _number()(spec.weight_decay)} if spec.weight_decay else {}
    return Recipe("Lion", (SignOfMomentum,), {"beta_1": spec.beta_1, "beta_2": spec.beta_2} | decay)


def _muon(spec: Optimizer) -> Recipe:
    decay = _number()(spec.weight_decay) if spec.weight_decay else None
    arguments = {
        "momentum": spec.momentum,
        "nesterov": spec.nesterov,
        "adam_beta_1": spec.beta_1,
        "adam_beta_2": spec.beta_2,
        "epsilon": spec.epsilon,
        "weight_decay": decay,
        "adam_weight_decay": decay,
        "exclude_embeddings": False,
    }
    return Recipe("Muon", (TypedMuon,), arguments)


RECIPES: Mapping[str, Callable[[Optimizer], Recipe]] = {
    "sgd": _sgd,
    "rmsprop": _rmsprop,
    "adagrad": _adagrad,
    "adadelta": _adadelta,
    "adam": _adam,
    "adamw": _adamw,
    "nadam": _nadam,
    "adamax": _adamax,
    "lion": _lion,
    "muon": _muon,
}
DECOUPLED = ("adamw", "lion", "muon")
"""Optimizers whose weight decay is decoupled in PyTorch's half too."""

STOCK_CLIPPINGS = {"global_norm": "global_clipnorm", "norm": "clipnorm", "value": "clipvalue"}

_MOMENTS = {"exp_avg": "_momentums", "exp_avg_sq": "_velocities"}
SLOTS: Mapping[str, Mapping[str, str]] = {
    "sgd": {"momentum_buffer": "momentums"},
    "rmsprop": {"square_avg": "_velocities", "momentum_buffer": "_momentums"},
    "adagrad": {"sum": "_accumulators"},
    "adadelta": {"square_avg": "_accumulated_grads", "acc_delta": "_accumulated_delta_vars"},
    "adam": _MOMENTS,
    "adamw": _MOMENTS,
    "nadam": _MOMENTS | {"mu_product": "mu_product"},
    "adamax": {"exp_avg": "_m", "exp_inf": "_u"},
    "lion": {"exp_avg": "_momentums"},
}
