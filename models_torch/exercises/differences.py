"""What PyTorch does by default where Keras does otherwise: a function for each line of ``docs/differences.md``.

Each takes arrays and a form, ``default`` (the layer, loss or optimizer as a user writes it who gives only what both
frameworks ask for) or ``reconciled`` (as the pairs have it), and returns what it computes. The default form adds
``says``: the default in words, its numbers read from the framework. Where no form reconciles, it returns nothing.
"""

import functools
import inspect
from collections import OrderedDict
from collections.abc import Callable, Iterable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, TensorDataset

from harness.contract import Clipping, Optimizer
from models_torch.techniques.clipping import clip
from models_torch.techniques.optimizers import make_optimizer
from models_torch.techniques.recurrent import OneBiasLSTM
from models_torch.techniques.schedules import make_cosine

Arrays = dict[str, np.ndarray]


def _give(says: str, **found: Tensor | np.ndarray | list[float]) -> Arrays:
    arrays = {name: x.detach().numpy() if isinstance(x, Tensor) else np.asarray(x) for name, x in found.items()}
    return {"says": np.array(says), **arrays}


def _take(arrays: Arrays, *names: str) -> list[Tensor]:
    return [torch.from_numpy(arrays[name]) for name in names]


def _load(layer: nn.Module, arrays: Arrays) -> nn.Module:
    """Give a layer the tensors of that name; what is not given, a second bias, is zero."""
    layer = layer.double()
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            parameter.copy_(torch.from_numpy(arrays[name])) if name in arrays else parameter.zero_()
    return layer


# ------------------------------------------------------------------------------------------------ initialisation


def _spread(make: Callable[[], nn.Module], arrays: Arrays, form: str) -> Arrays:
    """Spread of the tensors that a layer starts with: of its own drawing, or drawn for both halves."""
    torch.manual_seed(0)
    layer = nn.Sequential(OrderedDict(layer=make().double()))
    if form == "reconciled":
        _load(layer, arrays)
    drawn = {name: tensor.detach() for name, tensor in layer.named_parameters() if name in arrays}
    spread = {name: [float(t.std(correction=0)), float(t.abs().max())] for name, t in drawn.items()}
    says = "; ".join(f"{name.removeprefix('layer.')} {std:.2g} (≤ {most:.2g})" for name, (std, most) in spread.items())
    return _give(says, **spread)


def dense_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: nn.Linear(700, 300), arrays, form)


def convolution_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: nn.Conv2d(32, 64, 3), arrays, form)


def depthwise_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: nn.Conv2d(128, 128, 3, groups=128), arrays, form)


def embedding_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: nn.Embedding(500, 64), arrays, form)


def lstm_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: nn.LSTM(32, 64), arrays, form)


def gru_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: nn.GRU(32, 64), arrays, form)


def attention_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: nn.MultiheadAttention(64, 4), arrays, form)


# ------------------------------------------------------------------------------------------------- normalisation


def batch_norm_epsilon(arrays: Arrays, form: str) -> Arrays:
    (images,) = _take(arrays, "images")
    layer = nn.BatchNorm2d(4).double()
    return _give(f"{layer.eps:g}", output=layer(0.02 * images))


def batch_norm_momentum(arrays: Arrays, form: str) -> Arrays:
    (images,) = _take(arrays, "images")
    layer = nn.BatchNorm2d(4).double()
    layer(images + 3)
    return _give(f"{layer.momentum:g} of the new batch", mean=layer.running_mean)


def batch_norm_variance(arrays: Arrays, form: str) -> Arrays:
    (features,) = _take(arrays, "features")
    layer = nn.BatchNorm1d(8, momentum=0.1).double()
    layer(features[:4])
    return _give("running variance ÷ (n − 1)", moved=layer.running_var - 0.9)


def layer_norm_epsilon(arrays: Arrays, form: str) -> Arrays:
    (sequence,) = _take(arrays, "sequence")
    layer = nn.LayerNorm(8).double()
    return _give(f"{layer.eps:g}", output=layer(0.02 * sequence))


def group_norm_epsilon(arrays: Arrays, form: str) -> Arrays:
    (images,) = _take(arrays, "images")
    layer = nn.GroupNorm(2, 4).double()
    return _give(f"{layer.eps:g}", output=layer(0.02 * images))


def rms_norm_epsilon(arrays: Arrays, form: str) -> Arrays:
    (sequence,) = _take(arrays, "sequence")
    layer = nn.RMSNorm(8, eps=None if form == "default" else 1e-6).double()
    return _give(f"the type's own: {torch.finfo(torch.float64).eps:.1e} in float64", output=layer(0.001 * sequence))


# ----------------------------------------------------------------------------------------------------- recurrent

GRU = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


def gru_gates(arrays: Arrays, form: str) -> Arrays:
    (sequence,) = _take(arrays, "sequence")
    layer = _load(nn.GRU(8, 6, batch_first=True), {name: arrays[f"gru.{name}"] for name in GRU})
    return _give("reset, update, new", output=layer(sequence)[0])


def lstm_biases(arrays: Arrays, form: str) -> Arrays:
    (sequence,) = _take(arrays, "sequence")
    made = (nn.LSTM if form == "default" else OneBiasLSTM)(8, 6, batch_first=True)
    layer = _load(made, {name: arrays[f"lstm.{name}"] for name in GRU[:3]})
    layer(sequence)[0].mean().backward()
    torch.optim.SGD(layer.parameters(), lr=1.0).step()
    bias = layer.bias_ih_l0 + layer.bias_hh_l0
    return _give("two, both trained", moved=bias - torch.from_numpy(arrays["lstm.bias_ih_l0"]))


def bidirectional_outputs(arrays: Arrays, form: str) -> Arrays:
    (sequence,) = _take(arrays, "sequence")
    both = {f"{n}{s}": arrays[f"gru.{n}"] for n in GRU for s in ("", "_reverse")}
    layer = _load(nn.GRU(8, 6, batch_first=True, bidirectional=True), both)
    output = layer(sequence)[0]
    return _give("`output[:, -1]` has one backward step", output=output[:, -1] if form == "default" else output)


# -------------------------------------------------------------------------------- convolution, pooling, resizing


def strided_same_padding(arrays: Arrays, form: str) -> Arrays:
    images, weight = _take(arrays, "images", "conv.weight")
    layer = _load(nn.Conv2d(4, 5, 3, stride=2, padding=1, bias=False), {"weight": weight.numpy()})
    return _give("`padding=1`: one on each side", output=layer(images))


def average_pool_padding(arrays: Arrays, form: str) -> Arrays:
    (images,) = _take(arrays, "odd_images")
    counts = {} if form == "default" else {"count_include_pad": False}
    return _give("counts the padding", output=nn.AvgPool2d(3, stride=2, padding=1, **counts)(images))


def flatten_order(arrays: Arrays, form: str) -> Arrays:
    images, weight = _take(arrays, "images", "flat.weight")
    return _give("channel, row, column", output=images.flatten(1) @ weight.T)


def nearest_resize(arrays: Arrays, form: str) -> Arrays:
    (images,) = _take(arrays, "images")
    mode = "nearest" if form == "default" else "nearest-exact"
    return _give("`nearest`: floor of the corner", output=F.interpolate(images, size=(5, 5), mode=mode))


def bicubic_resize(arrays: Arrays, form: str) -> Arrays:
    (images,) = _take(arrays, "images")
    output = F.interpolate(images, size=(5, 5), mode="bicubic", antialias=form == "reconciled")
    return _give("a = −0.75", output=output)


# --------------------------------------------------------------------------------------- activations, attention


def leaky_relu_slope(arrays: Arrays, form: str) -> Arrays:
    (features,) = _take(arrays, "features")
    layer = nn.LeakyReLU()
    return _give(f"{layer.negative_slope:g}", output=layer(features))


def gelu_form(arrays: Arrays, form: str) -> Arrays:
    (features,) = _take(arrays, "features")
    return _give("exact", output=F.gelu(features))


def standard_deviation(arrays: Arrays, form: str) -> Arrays:
    (features,) = _take(arrays, "features")
    correction = {} if form == "default" else {"correction": 0}
    return _give("`torch.std`: ÷ (n − 1)", output=torch.std(features, dim=0, **correction))


ATTENTION = ("in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias")


def attention_mask(arrays: Arrays, form: str) -> Arrays:
    sequence, mask = _take(arrays, "sequence", "mask")
    layer = _load(nn.MultiheadAttention(8, 2, batch_first=True), {n: arrays[f"attention.{n}"] for n in ATTENTION})
    blocked = mask if form == "default" else ~mask
    output, _ = layer(sequence, sequence, sequence, attn_mask=blocked, need_weights=False)
    return _give("True is blocked", output=output)


# -------------------------------------------------------------------------------------------------------- losses


def cross_entropy_input(arrays: Arrays, form: str) -> Arrays:
    logits, labels = _take(arrays, "logits", "labels")
    return _give("logits", loss=F.cross_entropy(logits, labels))


def cross_entropy_of_probabilities(arrays: Arrays, form: str) -> Arrays:
    logits, labels = _take(arrays, "far_logits", "labels")
    return _give("`nll_loss` of the logarithm, as it is", loss=F.nll_loss(torch.log_softmax(logits, -1), labels))


def binary_cross_entropy(arrays: Arrays, form: str) -> Arrays:
    logits, targets = _take(arrays, "far_logits", "targets")
    if form == "reconciled":
        return _give("", loss=F.binary_cross_entropy_with_logits(logits, targets))
    return _give("the logarithm at −100", loss=F.binary_cross_entropy(logits.sigmoid(), targets))


def class_weights(arrays: Arrays, form: str) -> Arrays:
    logits, labels, weights = _take(arrays, "logits", "labels", "class_weights")
    return _give("÷ sum of the weights", loss=F.cross_entropy(logits, labels, weight=weights))


def softmax_twice(arrays: Arrays, form: str) -> Arrays:
    logits, labels = _take(arrays, "logits", "labels")
    given = logits.softmax(-1) if form == "default" else logits
    return _give("takes probabilities for logits", loss=F.cross_entropy(given, labels))


def divergence(arrays: Arrays, form: str) -> Arrays:
    logits, others = _take(arrays, "logits", "far_logits")
    reduction = "mean" if form == "default" else "batchmean"
    loss = F.kl_div(logits.log_softmax(-1), others.softmax(-1), reduction=reduction)
    return _give("`kl_div`: over all numbers", loss=loss)


def cosine_loss(arrays: Arrays, form: str) -> Arrays:
    outputs, targets = torch.eye(6, dtype=torch.float64), torch.eye(6, dtype=torch.float64).roll(1, 0)
    return _give("1 − cosine", loss=F.cosine_embedding_loss(outputs, targets, torch.ones(6)))


# ---------------------------------------------------------------------------------------------------- optimizers

STEPS = 10


def _train(make: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer], arrays: Arrays, scale: float = 1) -> Tensor:
    """Apply the same gradients for ten steps; return how far the parameter came from where it began."""
    start, gradients = _take(arrays, "start", "gradients")
    parameter = nn.Parameter(start.clone())
    optimizer = make([parameter])
    for gradient in gradients:
        parameter.grad = scale * gradient
        optimizer.step()
    return parameter.detach() - start


def _reconciled(spec: Optimizer, arrays: Arrays, scale: float = 1) -> Arrays:
    return _give("", moved=_train(lambda own: make_optimizer(spec, own), arrays, scale))


def _told(optimizer: type[torch.optim.Optimizer], *names: str) -> str:
    defaults = inspect.signature(optimizer).parameters
    return ", ".join(f"{name} {defaults[name].default}" for name in names)


def sgd_learning_rate(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("sgd", 1e-3), arrays)
    return _give(_told(torch.optim.SGD, "lr"), moved=_train(torch.optim.SGD, arrays))


def momentum_under_a_drop(arrays: Arrays, form: str) -> Arrays:
    start, gradients = _take(arrays, "start", "gradients")
    parameter = nn.Parameter(start.clone())
    optimizer = torch.optim.SGD([parameter], lr=0.1, momentum=0.9)
    if form == "reconciled":
        optimizer = make_optimizer(Optimizer("sgd", 0.1, momentum=0.9), [parameter])
    for step, gradient in enumerate(gradients):
        optimizer.param_groups[0]["lr"] = 0.1 if step < STEPS // 2 else 0.01
        parameter.grad = gradient
        optimizer.step()
    return _give("buffer of gradients", moved=parameter - start)


def adam_epsilon(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adam", 1e-3, epsilon=1e-8), arrays, 1e-6)
    says = _told(torch.optim.Adam, "eps") + ", beside the corrected root"
    return _give(says, moved=_train(torch.optim.Adam, arrays, 1e-6))


def adamw_decay(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adamw", 1e-3, weight_decay=0.01), arrays)
    return _give(_told(torch.optim.AdamW, "weight_decay"), moved=_train(torch.optim.AdamW, arrays))


def rmsprop_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("rmsprop", 0.01, rho=0.99), arrays)
    return _give(_told(torch.optim.RMSprop, "lr", "alpha", "eps"), moved=_train(torch.optim.RMSprop, arrays))


def rmsprop_epsilon(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("rmsprop", 1e-3, rho=0.9, epsilon=1e-7), arrays, 1e-4)
    moved = _train(lambda own: torch.optim.RMSprop(own, lr=1e-3, alpha=0.9, eps=1e-7), arrays, 1e-4)
    return _give("beside the root", moved=moved)


def adagrad_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adagrad", 0.01, epsilon=1e-10), arrays)
    says = _told(torch.optim.Adagrad, "lr", "initial_accumulator_value", "eps")
    return _give(says, moved=_train(torch.optim.Adagrad, arrays))


def adadelta_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adadelta", 1.0, rho=0.9, epsilon=1e-6), arrays)
    return _give(_told(torch.optim.Adadelta, "lr", "rho", "eps"), moved=_train(torch.optim.Adadelta, arrays))


def nadam_momentum(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("nadam", 1e-3, epsilon=1e-7), arrays)
    says = _told(torch.optim.NAdam, "momentum_decay")
    return _give(says, moved=_train(lambda own: torch.optim.NAdam(own, lr=1e-3, eps=1e-7), arrays))


def weight_decay(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("sgd", 0.1, momentum=0.9, weight_decay=0.1), arrays)
    moved = _train(lambda own: torch.optim.SGD(own, lr=0.1, momentum=0.9, weight_decay=0.1), arrays)
    return _give("coupled: added to the gradient", moved=moved)


def l2_factor(arrays: Arrays, form: str) -> Arrays:
    (start,) = _take(arrays, "start")
    parameter = nn.Parameter(start.clone())
    parameter.grad = torch.zeros_like(start)
    torch.optim.SGD([parameter], lr=0.1, weight_decay=0.3).step()
    return _give("`weight_decay=λ`: gradient λw", moved=parameter - start)


def clipping_by_norm(arrays: Arrays, form: str) -> Arrays:
    parameters = [nn.Parameter(torch.zeros(size, dtype=torch.float64)) for size in (3, 5)]
    for parameter, gradient in zip(parameters, _take(arrays, "long_gradient", "short_gradient"), strict=True):
        parameter.grad = gradient
    if form == "reconciled":
        clip(parameters, Clipping("global_norm", 1.0))
    else:
        nn.utils.clip_grad_norm_(parameters, 1.0)
    torch.optim.SGD(parameters, lr=1.0).step()
    return _give("`clip_grad_norm_`: of all gradients together", long=parameters[0], short=parameters[1])


def accumulation(arrays: Arrays, form: str) -> Arrays:
    start, gradients = _take(arrays, "start", "gradients")
    parameter = nn.Parameter(start.clone())
    for gradient in gradients[:4]:
        loss = (parameter * gradient).sum()
        (loss if form == "default" else loss / 4).backward()
    torch.optim.SGD([parameter], lr=0.1).step()
    return _give("sum", moved=parameter - start)


# --------------------------------------------------------------------------------------------- schedules, fitting


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
    return _give("rises again", rates=rates)


def cosine_restarts(arrays: Arrays, form: str) -> Arrays:
    make = functools.partial(lr_scheduler.CosineAnnealingWarmRestarts, T_0=41)
    return _give("at the peak", rates=_rates(make, 82))


def scheduled_steps(arrays: Arrays, form: str) -> Arrays:
    return _give("counts calls of `step()`", rates=_rates(functools.partial(make_cosine, steps=10), 10))


def exponential_decay(arrays: Arrays, form: str) -> Arrays:
    epochs = _rates(lambda optimizer: lr_scheduler.ExponentialLR(optimizer, gamma=0.5), 4)
    return _give("once an epoch", rates=np.repeat(epochs, 5))


def milestones(arrays: Arrays, form: str) -> Arrays:
    rates = _rates(lambda optimizer: lr_scheduler.MultiStepLR(optimizer, milestones=[5], gamma=0.1), 10)
    return _give("in force at the milestone", rates=rates)


def plateau_patience(arrays: Arrays, form: str) -> Arrays:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, patience=2)
    rates = []
    for _ in range(9):
        scheduler.step(1.0)
        rates.append(optimizer.param_groups[0]["lr"])
    return _give("reduces after more than `patience` epochs", rates=rates)


def _seen(samples: int, batch_size: int | None) -> list[list[float]]:
    data = TensorDataset(torch.arange(samples, dtype=torch.float64))
    loader = DataLoader(data) if batch_size is None else DataLoader(data, batch_size=batch_size)
    torch.manual_seed(0)
    return [batch.tolist() for (batch,) in loader]


def shuffling(arrays: Arrays, form: str) -> Arrays:
    return _give("`DataLoader`: off", order=_seen(64, 64)[0])


def batch_size(arrays: Arrays, form: str) -> Arrays:
    batches = _seen(64, None if form == "default" else 16)
    return _give(f"`DataLoader`: {len(batches[0])}", steps=[float(len(batches))])
