"""Optimizers: what becomes of a parameter."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from harness.contract import Clipping, Optimizer
from models_torch.exercises.differences.parts import Arrays, give, take
from models_torch.techniques.clipping import clip
from models_torch.techniques.optimizers import make_optimizer
from models_torch.techniques.precision import make_scaler

DROP = [0.1] * 5 + [0.01] * 5
"""Learning rates of ten steps."""

Make = Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]


def _train(make: Make, arrays: Arrays, scale: float = 1, rates: list[float] | None = None, kind: str = "") -> Tensor:
    """Apply the same gradients for ten steps; return how far the parameter came from where it began.

    Args:
        make: Makes the optimizer.
        arrays: Where the parameter starts, and the gradients.
        scale: Of the gradients.
        rates: Learning rate of each step; None leaves it alone.
        kind: What the names of the arrays begin with.
    """
    start, gradients = take(arrays, f"{kind}start", f"{kind}gradients")
    parameter = nn.Parameter(start.clone())
    optimizer = make([parameter])
    for step, gradient in enumerate(gradients):
        if rates:
            optimizer.param_groups[0]["lr"] = rates[step]
        parameter.grad = scale * gradient
        optimizer.step()
    return parameter.detach() - start


def _reconciled(spec: Optimizer, arrays: Arrays, scale: float = 1, **options: Any) -> Arrays:
    return give("", moved=_train(lambda own: make_optimizer(spec, own), arrays, scale, **options))


def _told(optimizer: type[torch.optim.Optimizer], *names: str) -> str:
    defaults = inspect.signature(optimizer).parameters
    return ", ".join(f"{name} {defaults[name].default}" for name in names)


def sgd_learning_rate(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("sgd", 1e-3), arrays)
    return give(_told(torch.optim.SGD, "lr"), moved=_train(torch.optim.SGD, arrays))


def momentum_under_a_drop(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("sgd", 0.1, momentum=0.9), arrays, rates=DROP)
    moved = _train(lambda own: torch.optim.SGD(own, lr=0.1, momentum=0.9), arrays, rates=DROP)
    return give("buffer of gradients", moved=moved)


def rmsprop_momentum_under_a_drop(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("rmsprop", 0.1, rho=0.9, momentum=0.9), arrays, rates=DROP)
    moved = _train(lambda own: torch.optim.RMSprop(own, lr=0.1, alpha=0.9, momentum=0.9), arrays, rates=DROP)
    return give("buffer of g / √v", moved=moved)


def adam_epsilon(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adam", 1e-3, epsilon=1e-8), arrays, 1e-6)
    says = _told(torch.optim.Adam, "eps") + ", beside the corrected root"
    return give(says, moved=_train(torch.optim.Adam, arrays, 1e-6))


def adamw_decay(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adamw", 1e-3, weight_decay=0.01), arrays)
    return give(_told(torch.optim.AdamW, "weight_decay"), moved=_train(torch.optim.AdamW, arrays))


def rmsprop_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("rmsprop", 0.01, rho=0.99), arrays)
    return give(_told(torch.optim.RMSprop, "lr", "alpha", "eps"), moved=_train(torch.optim.RMSprop, arrays))


def rmsprop_epsilon(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("rmsprop", 1e-3, rho=0.9, epsilon=1e-7), arrays, 1e-4)
    moved = _train(lambda own: torch.optim.RMSprop(own, lr=1e-3, alpha=0.9, eps=1e-7), arrays, 1e-4)
    return give("beside the root", moved=moved)


def adagrad_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adagrad", 0.01, epsilon=1e-10), arrays)
    says = _told(torch.optim.Adagrad, "lr", "initial_accumulator_value", "eps")
    return give(says, moved=_train(torch.optim.Adagrad, arrays))


def adagrad_epsilon(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adagrad", 0.01, epsilon=1e-10), arrays, 1e-6)
    return give("beside the root", moved=_train(torch.optim.Adagrad, arrays, 1e-6))


def adadelta_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adadelta", 1.0, rho=0.9, epsilon=1e-6), arrays)
    return give(_told(torch.optim.Adadelta, "lr", "rho", "eps"), moved=_train(torch.optim.Adadelta, arrays))


def adamax_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adamax", 2e-3), arrays)
    return give(_told(torch.optim.Adamax, "lr", "eps"), moved=_train(torch.optim.Adamax, arrays))


def adamax_epsilon(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adamax", 1e-3, epsilon=1e-7), arrays, 1e-6)
    moved = _train(lambda own: torch.optim.Adamax(own, lr=1e-3, eps=1e-7), arrays, 1e-6)
    return give("in the norm, with each gradient", moved=moved)


def nadam_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("nadam", 2e-3), arrays)
    return give(_told(torch.optim.NAdam, "lr", "eps"), moved=_train(torch.optim.NAdam, arrays))


def nadam_momentum(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("nadam", 1e-3, epsilon=1e-7), arrays)
    says = _told(torch.optim.NAdam, "momentum_decay")
    return give(says, moved=_train(lambda own: torch.optim.NAdam(own, lr=1e-3, eps=1e-7), arrays))


def weight_decay(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("sgd", 0.1, momentum=0.9, weight_decay=0.1), arrays)
    moved = _train(lambda own: torch.optim.SGD(own, lr=0.1, momentum=0.9, weight_decay=0.1), arrays)
    return give("coupled: added to the gradient", moved=moved)


def adam_weight_decay(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adam", 1e-3, weight_decay=0.1), arrays)
    moved = _train(lambda own: torch.optim.Adam(own, weight_decay=0.1), arrays)
    return give("coupled: added to the gradient", moved=moved)


def l2_factor(arrays: Arrays, form: str) -> Arrays:
    (start,) = take(arrays, "start")
    parameter = nn.Parameter(start.clone())
    parameter.grad = torch.zeros_like(start)
    torch.optim.SGD([parameter], lr=0.1, weight_decay=0.3).step()
    return give("`weight_decay=λ`: gradient λw", moved=parameter - start)


def muon_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        spec = Optimizer("muon", 1e-3, momentum=0.95, nesterov=True, weight_decay=0.1)
        return _reconciled(spec, arrays, kind="matrix_")
    says = _told(torch.optim.Muon, "lr", "weight_decay") + "; times √max(1, rows / columns), in bfloat16"
    return give(says, moved=_train(torch.optim.Muon, arrays, kind="matrix_"))


def muon_of_vectors(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("muon", 1e-3, momentum=0.95, nesterov=True, weight_decay=0.1), arrays)
    return give("takes it", moved=_train(torch.optim.Muon, arrays))


def averaged_parameters(arrays: Arrays, form: str) -> Arrays:
    start, gradients = take(arrays, "start", "gradients")
    model = nn.ParameterList([nn.Parameter(start.clone())])
    average = get_ema_multi_avg_fn() if form == "default" else get_ema_multi_avg_fn(0.99)
    averaged = AveragedModel(model, multi_avg_fn=average)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for gradient in gradients:
        model[0].grad = gradient
        optimizer.step()
        averaged.update_parameters(model)
    decay = inspect.signature(get_ema_multi_avg_fn).parameters["decay"].default
    return give(f"`get_ema_multi_avg_fn`: decay {decay}", moved=averaged.module[0] - start)


def repeated_words(arrays: Arrays, form: str) -> Arrays:
    weight, gradients = take(arrays, "dense.weight", "features")
    weight = nn.Parameter(weight.clone())
    (F.embedding(torch.tensor([1, 1, 1, 2]), weight) * gradients[:4]).sum().backward()
    optimizer = make_optimizer(Optimizer("adam", 1e-3), [weight])
    if form == "default":
        optimizer = torch.optim.Adam([weight])
    optimizer.step()
    return give("(Σg)²", moved=weight - torch.from_numpy(arrays["dense.weight"]))


def _clipped(arrays: Arrays, limit: float, scale: float, clips: Callable[..., object]) -> dict[str, Tensor]:
    """How far SGD moves parameters by two gradients that are clipped first."""
    parameters = [nn.Parameter(torch.zeros(size, dtype=torch.float64)) for size in (3, 5)]
    for parameter, gradient in zip(parameters, take(arrays, "long_gradient", "short_gradient"), strict=True):
        parameter.grad = scale * gradient
    clips(parameters, limit)
    torch.optim.SGD(parameters, lr=1.0).step()
    return {"long": parameters[0], "short": parameters[1]}


def _canonically(parameters: list[nn.Parameter], limit: float) -> None:
    clip(parameters, Clipping("global_norm", limit))


def clipping_by_norm(arrays: Arrays, form: str) -> Arrays:
    clips = nn.utils.clip_grad_norm_ if form == "default" else _canonically
    return give("`clip_grad_norm_`: of all gradients together", **_clipped(arrays, 1.0, 1.0, clips))


def clipping_stabiliser(arrays: Arrays, form: str) -> Arrays:
    clips = nn.utils.clip_grad_norm_ if form == "default" else _canonically
    return give("`clip_grad_norm_`: the norm + 1e-6", **_clipped(arrays, 1e-4, 1e-3, clips))


def accumulation(arrays: Arrays, form: str) -> Arrays:
    start, gradients = take(arrays, "start", "gradients")
    parameter = nn.Parameter(start.clone())
    for gradient in gradients[:4]:
        loss = (parameter * gradient).sum()
        (loss if form == "default" else loss / 4).backward()
    torch.optim.SGD([parameter], lr=0.1).step()
    return give("sum", moved=parameter - start)


def loss_scale(arrays: Arrays, form: str) -> Arrays:
    scaler = torch.amp.GradScaler("cpu") if form == "default" else make_scaler()
    return give(f"{scaler.get_scale():g}", scale=[scaler.get_scale()])
