"""What PyTorch does by default where Keras does otherwise: a function for each line of ``docs/differences.md``.

Each takes arrays and a form, ``default`` (the layer, loss or optimizer as a user writes it who gives only what both
frameworks ask for) or ``reconciled`` (as the pairs have it), and returns what it computes. The default form adds
``says``: the default in words, its numbers read from the framework. Where no form reconciles, it returns nothing.
"""

import functools
import inspect
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, TensorDataset, random_split

from harness.contract import Clipping, Optimizer
from models_torch.techniques import augmentation
from models_torch.techniques.clipping import clip
from models_torch.techniques.early_stopping import EarlyStopping
from models_torch.techniques.losses import make_loss
from models_torch.techniques.optimizers import make_optimizer
from models_torch.techniques.pooling import make_pool
from models_torch.techniques.precision import make_scaler
from models_torch.techniques.recurrent import OneBiasLSTM, OneBiasRNN
from models_torch.techniques.regularizers import make_penalty
from models_torch.techniques.schedules import make_cosine, make_plateau

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


def transposed_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: nn.ConvTranspose2d(64, 16, 4), arrays, form)


def embedding_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: nn.Embedding(500, 64), arrays, form)


def rnn_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: nn.RNN(32, 64), arrays, form)


def lstm_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: nn.LSTM(32, 64), arrays, form)


def gru_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: nn.GRU(32, 64), arrays, form)


def attention_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: nn.MultiheadAttention(64, 4), arrays, form)


def _filled(fill: Callable[[Tensor], Tensor]) -> nn.Module:
    layer = nn.Linear(1000, 500, bias=False)
    fill(layer.weight)
    return layer


def he_normal_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: _filled(nn.init.kaiming_normal_), arrays, form)


def truncated_initialisation(arrays: Arrays, form: str) -> Arrays:
    return _spread(lambda: _filled(functools.partial(nn.init.trunc_normal_, std=0.05)), arrays, form)


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


def batch_norm_mode(arrays: Arrays, form: str) -> Arrays:
    (images,) = _take(arrays, "images")
    return _give("trains: born in training", output=nn.BatchNorm2d(4).double()(images + 3))


def batch_norm_of_one(arrays: Arrays, form: str) -> Arrays:
    (features,) = _take(arrays, "features")
    try:
        nn.BatchNorm1d(8).double()(features[:1])
    except ValueError as error:
        return _give(type(error).__name__, refused=[1.0])
    return _give("", refused=[0.0])


def frozen_batch_norm(arrays: Arrays, form: str) -> Arrays:
    (images,) = _take(arrays, "images")
    layer = nn.BatchNorm2d(4).double().requires_grad_(False)
    layer.train(form == "default")
    layer(images + 3)
    return _give("`requires_grad_(False)`: moves on", mean=layer.running_mean)


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


def time_axis(arrays: Arrays, form: str) -> Arrays:
    (sequence,) = _take(arrays, "sequence")
    layer = _load(nn.GRU(8, 6, batch_first=form == "reconciled"), {name: arrays[f"gru.{name}"] for name in GRU})
    return _give("first", output=layer(sequence)[0])


def _biases(layer: nn.RNNBase, arrays: Arrays, tensors: Arrays) -> Arrays:
    """How far the sum of both biases moves in one step on the mean of the outputs."""
    (sequence,) = _take(arrays, "sequence")
    layer = _load(layer, tensors)
    layer(sequence)[0].mean().backward()
    torch.optim.SGD(layer.parameters(), lr=1.0).step()
    bias = layer.bias_ih_l0 + layer.bias_hh_l0
    return _give("two, both trained", moved=bias - torch.from_numpy(tensors["bias_ih_l0"]))


def rnn_biases(arrays: Arrays, form: str) -> Arrays:
    made = (nn.RNN if form == "default" else OneBiasRNN)(8, 6, batch_first=True)
    return _biases(made, arrays, {name: arrays[f"lstm.{name}"][:6] for name in GRU[:3]})


def lstm_biases(arrays: Arrays, form: str) -> Arrays:
    made = (nn.LSTM if form == "default" else OneBiasLSTM)(8, 6, batch_first=True)
    return _biases(made, arrays, {name: arrays[f"lstm.{name}"] for name in GRU[:3]})


def recurrent_dropout(arrays: Arrays, form: str) -> Arrays:
    (sequence,) = _take(arrays, "sequence")
    layer = OneBiasLSTM(8, 6, batch_first=True, dropout=0.5)
    layer = _load(layer, {name: arrays[f"lstm.{name}"] for name in GRU[:3]})
    return _give("between layers on top of each other", output=layer(sequence)[0])


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


def average_pool_side(arrays: Arrays, form: str) -> Arrays:
    (images,) = _take(arrays, "images")
    pool = nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)
    if form == "reconciled":
        pool = make_pool("average", 3, 2, padding=1)
    return _give("`padding=1`: one on each side", output=pool(images))


def max_pool_padding(arrays: Arrays, form: str) -> Arrays:
    (images,) = _take(arrays, "images")
    pool = nn.MaxPool2d(3, stride=2, padding=1) if form == "default" else make_pool("max", 3, 2, padding=1)
    return _give("`padding=1`: one on each side", output=pool(images))


def transposed_padding(arrays: Arrays, form: str) -> Arrays:
    (images,) = _take(arrays, "images")
    size, further = (3, 1) if form == "default" else (4, 0)
    layer = nn.ConvTranspose2d(4, 5, size, stride=2, padding=1, output_padding=further, bias=False)
    layer = _load(layer, {"weight": arrays["deconv.weight"][..., :size, :size]})
    return _give("`padding=1, output_padding=1`: cut at the beginning", output=layer(images))


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


def prelu_slope(arrays: Arrays, form: str) -> Arrays:
    (features,) = _take(arrays, "features")
    layer = nn.PReLU()
    return _give(f"{layer.weight.item():g}, one for all", output=layer(features))


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


def attention_size(arrays: Arrays, form: str) -> Arrays:
    layer = nn.MultiheadAttention(64, 4)
    count = sum(parameter.numel() for parameter in layer.parameters())
    return _give(f"of all heads: {count:,}", count=[float(count)])


# --------------------------------------------------------------------------------------- dropout and augmentation


def dropout_mode(arrays: Arrays, form: str) -> Arrays:
    (features,) = _take(arrays, "features")
    torch.manual_seed(0)
    return _give("drops: born in training", output=nn.Dropout(0.5).train(form == "default")(features))


def filling(arrays: Arrays, form: str) -> Arrays:
    (images,) = _take(arrays, "images")
    down = 2  # of 8 rows, a quarter: a half of what lies between −1 and 1
    if form == "reconciled":
        output = augmentation.shift(images, torch.tensor([[down, 0]]).expand(len(images), 2))
    else:
        map_back = images.new_tensor([[1, 0, 0], [0, 1, -0.5]]).expand(len(images), 2, 3)
        output = F.grid_sample(images, F.affine_grid(map_back, list(images.shape), align_corners=False))
    return _give("`grid_sample`: zeros", output=output)


def flipping(arrays: Arrays, form: str) -> Arrays:
    rows = torch.arange(8.0).reshape(1, 1, 8, 1).expand(64, 4, 8, 8)
    output = augmentation.flip(rows, torch.arange(64) % 2 == 0)
    return _give("none; the pair's `flip`: left to right", upright=(output[:, 0, 0, 0] == 0).double().mean())


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


def smoothed_class_weights(arrays: Arrays, form: str) -> Arrays:
    logits, labels, weights = _take(arrays, "logits", "labels", "class_weights")
    if form == "reconciled":
        loss = make_loss("cross_entropy", class_weights=weights.tolist(), label_smoothing=0.1)(logits, labels)
    else:
        loss = F.cross_entropy(logits, labels, weight=weights, label_smoothing=0.1)
    return _give("on every class of the smoothed target", loss=loss)


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


def reported_penalty(arrays: Arrays, form: str) -> Arrays:
    features, weight, targets = _take(arrays, "features", "dense.weight", "logits")
    loss = F.mse_loss(features @ weight.T, targets)
    if form == "reconciled":
        loss = loss + make_penalty(l2=0.15)(weight)
    return _give("`weight_decay` is not in it", loss=loss)


def reported_loss(arrays: Arrays, form: str) -> Arrays:
    features, weight, targets = _take(arrays, "features", "dense.weight", "logits")
    weight = nn.Parameter(weight.clone())
    optimizer = torch.optim.SGD([weight], lr=0.1)
    total = torch.zeros(())
    for x, y in zip(features.split(4), targets.split(4), strict=True):
        optimizer.zero_grad()
        loss = F.mse_loss(x @ weight.T, y)
        loss.backward()
        optimizer.step()
        total += loss.detach() * len(x)
    after = F.mse_loss(features @ weight.T, targets)
    return _give("what one computes, here after it", loss=after if form == "default" else total / len(features))


# ---------------------------------------------------------------------------------------------------- optimizers

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
    start, gradients = _take(arrays, f"{kind}start", f"{kind}gradients")
    parameter = nn.Parameter(start.clone())
    optimizer = make([parameter])
    for step, gradient in enumerate(gradients):
        if rates:
            optimizer.param_groups[0]["lr"] = rates[step]
        parameter.grad = scale * gradient
        optimizer.step()
    return parameter.detach() - start


def _reconciled(spec: Optimizer, arrays: Arrays, scale: float = 1, **options: Any) -> Arrays:
    return _give("", moved=_train(lambda own: make_optimizer(spec, own), arrays, scale, **options))


def _told(optimizer: type[torch.optim.Optimizer], *names: str) -> str:
    defaults = inspect.signature(optimizer).parameters
    return ", ".join(f"{name} {defaults[name].default}" for name in names)


def sgd_learning_rate(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("sgd", 1e-3), arrays)
    return _give(_told(torch.optim.SGD, "lr"), moved=_train(torch.optim.SGD, arrays))


def momentum_under_a_drop(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("sgd", 0.1, momentum=0.9), arrays, rates=DROP)
    moved = _train(lambda own: torch.optim.SGD(own, lr=0.1, momentum=0.9), arrays, rates=DROP)
    return _give("buffer of gradients", moved=moved)


def rmsprop_momentum_under_a_drop(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("rmsprop", 0.1, rho=0.9, momentum=0.9), arrays, rates=DROP)
    moved = _train(lambda own: torch.optim.RMSprop(own, lr=0.1, alpha=0.9, momentum=0.9), arrays, rates=DROP)
    return _give("buffer of g / √v", moved=moved)


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


def adagrad_epsilon(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adagrad", 0.01, epsilon=1e-10), arrays, 1e-6)
    return _give("beside the root", moved=_train(torch.optim.Adagrad, arrays, 1e-6))


def adadelta_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adadelta", 1.0, rho=0.9, epsilon=1e-6), arrays)
    return _give(_told(torch.optim.Adadelta, "lr", "rho", "eps"), moved=_train(torch.optim.Adadelta, arrays))


def adamax_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adamax", 2e-3), arrays)
    return _give(_told(torch.optim.Adamax, "lr", "eps"), moved=_train(torch.optim.Adamax, arrays))


def adamax_epsilon(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adamax", 1e-3, epsilon=1e-7), arrays, 1e-6)
    moved = _train(lambda own: torch.optim.Adamax(own, lr=1e-3, eps=1e-7), arrays, 1e-6)
    return _give("in the norm, with each gradient", moved=moved)


def nadam_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("nadam", 2e-3), arrays)
    return _give(_told(torch.optim.NAdam, "lr", "eps"), moved=_train(torch.optim.NAdam, arrays))


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


def adam_weight_decay(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        return _reconciled(Optimizer("adam", 1e-3, weight_decay=0.1), arrays)
    moved = _train(lambda own: torch.optim.Adam(own, weight_decay=0.1), arrays)
    return _give("coupled: added to the gradient", moved=moved)


def l2_factor(arrays: Arrays, form: str) -> Arrays:
    (start,) = _take(arrays, "start")
    parameter = nn.Parameter(start.clone())
    parameter.grad = torch.zeros_like(start)
    torch.optim.SGD([parameter], lr=0.1, weight_decay=0.3).step()
    return _give("`weight_decay=λ`: gradient λw", moved=parameter - start)


def muon_defaults(arrays: Arrays, form: str) -> Arrays:
    if form == "reconciled":
        spec = Optimizer("muon", 1e-3, momentum=0.95, nesterov=True, weight_decay=0.1)
        return _reconciled(spec, arrays, kind="matrix_")
    says = _told(torch.optim.Muon, "lr", "weight_decay") + "; times √max(1, rows / columns), in bfloat16"
    return _give(says, moved=_train(torch.optim.Muon, arrays, kind="matrix_"))


def repeated_words(arrays: Arrays, form: str) -> Arrays:
    weight, gradients = _take(arrays, "dense.weight", "features")
    weight = nn.Parameter(weight.clone())
    (F.embedding(torch.tensor([1, 1, 1, 2]), weight) * gradients[:4]).sum().backward()
    optimizer = make_optimizer(Optimizer("adam", 1e-3), [weight])
    if form == "default":
        optimizer = torch.optim.Adam([weight])
    optimizer.step()
    return _give("(Σg)²", moved=weight - torch.from_numpy(arrays["dense.weight"]))


def _clipped(arrays: Arrays, limit: float, scale: float, clips: Callable[..., object]) -> dict[str, Tensor]:
    """How far SGD moves parameters by two gradients that are clipped first."""
    parameters = [nn.Parameter(torch.zeros(size, dtype=torch.float64)) for size in (3, 5)]
    for parameter, gradient in zip(parameters, _take(arrays, "long_gradient", "short_gradient"), strict=True):
        parameter.grad = scale * gradient
    clips(parameters, limit)
    torch.optim.SGD(parameters, lr=1.0).step()
    return {"long": parameters[0], "short": parameters[1]}


def _canonically(parameters: list[nn.Parameter], limit: float) -> None:
    clip(parameters, Clipping("global_norm", limit))


def clipping_by_norm(arrays: Arrays, form: str) -> Arrays:
    clips = nn.utils.clip_grad_norm_ if form == "default" else _canonically
    return _give("`clip_grad_norm_`: of all gradients together", **_clipped(arrays, 1.0, 1.0, clips))


def clipping_stabiliser(arrays: Arrays, form: str) -> Arrays:
    clips = nn.utils.clip_grad_norm_ if form == "default" else _canonically
    return _give("`clip_grad_norm_`: the norm + 1e-6", **_clipped(arrays, 1e-4, 1e-3, clips))


def accumulation(arrays: Arrays, form: str) -> Arrays:
    start, gradients = _take(arrays, "start", "gradients")
    parameter = nn.Parameter(start.clone())
    for gradient in gradients[:4]:
        loss = (parameter * gradient).sum()
        (loss if form == "default" else loss / 4).backward()
    torch.optim.SGD([parameter], lr=0.1).step()
    return _give("sum", moved=parameter - start)


def loss_scale(arrays: Arrays, form: str) -> Arrays:
    scaler = torch.amp.GradScaler("cpu") if form == "default" else make_scaler()
    return _give(f"{scaler.get_scale():g}", scale=[scaler.get_scale()])


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
    return _give("reduces after more than `patience` epochs", rates=_reduced([1.0] * 9, form))


def plateau_threshold(arrays: Arrays, form: str) -> Arrays:
    return _give("a share of the best: 1e-4 of it", rates=_reduced(arrays["slow_losses"].tolist(), form))


def plateau_cooldown(arrays: Arrays, form: str) -> Arrays:
    return _give("waits from its end on", rates=_reduced([1.0] * 20, form, cooldown=3))


def early_stopping(arrays: Arrays, form: str) -> Arrays:
    losses = arrays["held_out_losses"].tolist()
    if form == "default":
        return _give("none", epochs=[float(len(losses))])
    stopping = EarlyStopping(nn.Linear(1, 1), patience=2)
    return _give("", epochs=[float(1 + [stopping.step(loss) for loss in losses].index(True))])


def held_out_samples(arrays: Arrays, form: str) -> Arrays:
    torch.manual_seed(0)
    _, chosen = random_split(range(64), [48, 16])
    held_out = sorted(chosen) if form == "default" else range(48, 64)
    return _give("`random_split`: any", held_out=[float(number) for number in held_out])


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
