"""Schedules and fitting."""

import functools
from collections.abc import Callable, Iterable

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, TensorDataset, random_split

from models_torch.exercises.differences.parts import Arrays, give, load, take
from models_torch.techniques.early_stopping import EarlyStopping
from models_torch.techniques.schedules import make_cosine, make_plateau


def _rates(make: Callable[[torch.optim.Optimizer], lr_scheduler.LRScheduler], count: int) -> list[float]:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler = make(optimizer)
    rates = []
    for _ in range(count):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def cosine_past_its_end(arrays: Arrays, form: str) -> Arrays:
    make = functools.partial(lr_scheduler.CosineAnnealingLR, T_max=10)
    rates = _rates(make if form == "default" else functools.partial(make_cosine, steps=10), 16)
    return give("rises again", rates=rates)


def cosine_restarts(arrays: Arrays, form: str) -> Arrays:
    make = functools.partial(lr_scheduler.CosineAnnealingWarmRestarts, T_0=41)
    return give("at the peak", rates=_rates(make, 82))


def scheduled_steps(arrays: Arrays, form: str) -> Arrays:
    return give("counts calls of `step()`", rates=_rates(functools.partial(make_cosine, steps=10), 10))


def exponential_decay(arrays: Arrays, form: str) -> Arrays:
    epochs = _rates(lambda optimizer: lr_scheduler.ExponentialLR(optimizer, gamma=0.5), 4)
    return give("once an epoch", rates=np.repeat(epochs, 5))


def milestones(arrays: Arrays, form: str) -> Arrays:
    rates = _rates(lambda optimizer: lr_scheduler.MultiStepLR(optimizer, milestones=[5], gamma=0.1), 10)
    return give("in force at the milestone", rates=rates)


def _reduced(metrics: Iterable[float], form: str, **given: int) -> list[float]:
    """Rates after each epoch, as a plateau's scheduler changes them."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    make = lr_scheduler.ReduceLROnPlateau if form == "default" else make_plateau
    scheduler = make(optimizer, patience=2, **given)
    rates = []
    for metric in metrics:
        scheduler.step(metric)
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


def plateau_patience(arrays: Arrays, form: str) -> Arrays:
    return give("reduces after more than `patience` epochs", rates=_reduced([1.0] * 9, form))


def plateau_threshold(arrays: Arrays, form: str) -> Arrays:
    return give("a share of the best: 1e-4 of it", rates=_reduced(arrays["slow_losses"].tolist(), form))


def plateau_cooldown(arrays: Arrays, form: str) -> Arrays:
    return give("waits from its end on", rates=_reduced([1.0] * 20, form, cooldown=3))


def early_stopping(arrays: Arrays, form: str) -> Arrays:
    model = nn.Linear(1, 1, bias=False)
    stopping = EarlyStopping(model, patience=2, restore_best=True)
    for epoch, loss in enumerate(arrays["held_out_losses"].tolist(), 1):
        nn.init.constant_(model.weight, epoch)
        if form == "reconciled" and stopping.step(loss):
            break
    stopping.end()
    return give("none", epochs=[float(epoch)], kept=model.weight)


def held_out_samples(arrays: Arrays, form: str) -> Arrays:
    torch.manual_seed(0)
    _, chosen = random_split(range(64), [48, 16])
    held_out = sorted(chosen) if form == "default" else range(48, 64)
    return give("`random_split`: any", held_out=[float(number) for number in held_out])


def _seen(samples: int, batch_size: int | None) -> list[list[float]]:
    data = TensorDataset(torch.arange(samples, dtype=torch.float64))
    loader = DataLoader(data) if batch_size is None else DataLoader(data, batch_size=batch_size)
    torch.manual_seed(0)
    return [batch.tolist() for (batch,) in loader]


def shuffling(arrays: Arrays, form: str) -> Arrays:
    return give("`DataLoader`: off", order=_seen(64, 64)[0])


def batch_size(arrays: Arrays, form: str) -> Arrays:
    batches = _seen(64, None if form == "default" else 16)
    return give(f"`DataLoader`: {len(batches[0])}", steps=[float(len(batches))])


def averaged_at_the_end(arrays: Arrays, form: str) -> Arrays:
    features, targets = take(arrays, "features", "logits")
    model = load(nn.Linear(8, 5, bias=False), {"weight": arrays["dense.weight"]})
    averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.99))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in zip(features.split(1), targets.split(1), strict=True):
        optimizer.zero_grad()
        F.mse_loss(model(x), y).backward()
        optimizer.step()
        averaged.update_parameters(model)
    kept = model if form == "default" else averaged.module
    return give(
        "its last; the average is another model's", moved=kept.weight - torch.from_numpy(arrays["dense.weight"])
    )


def unnamed_optimizer(arrays: Arrays, form: str) -> Arrays:
    features, targets = take(arrays, "features", "logits")
    model = load(nn.Linear(8, 5, bias=False), {"weight": arrays["dense.weight"]})
    F.mse_loss(model(features), targets).backward()
    if form == "reconciled":
        torch.optim.SGD(model.parameters(), lr=0.1).step()
        return give("", weight=model.weight)
    return give("there is none", unmoved=[float(np.array_equal(model.weight.detach(), arrays["dense.weight"]))])
