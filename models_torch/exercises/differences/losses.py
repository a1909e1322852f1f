"""Losses."""

import inspect

import torch
import torch.nn.functional as F
from torch import nn

from models_torch.exercises.differences.parts import Arrays, give, take
from models_torch.techniques.losses import make_loss
from models_torch.techniques.regularizers import make_penalty


def cross_entropy_input(arrays: Arrays, form: str) -> Arrays:
    logits, labels = take(arrays, "logits", "labels")
    return give("logits", loss=F.cross_entropy(logits, labels))


def cross_entropy_of_probabilities(arrays: Arrays, form: str) -> Arrays:
    logits, labels = take(arrays, "far_logits", "labels")
    return give("`nll_loss` of the logarithm, as it is", loss=F.nll_loss(torch.log_softmax(logits, -1), labels))


def binary_cross_entropy(arrays: Arrays, form: str) -> Arrays:
    logits, targets = take(arrays, "far_logits", "targets")
    if form == "reconciled":
        return give("", loss=F.binary_cross_entropy_with_logits(logits, targets))
    return give("the logarithm at −100", loss=F.binary_cross_entropy(logits.sigmoid(), targets))


def class_weights(arrays: Arrays, form: str) -> Arrays:
    logits, labels, weights = take(arrays, "logits", "labels", "class_weights")
    if form == "default":
        loss = F.cross_entropy(logits, labels, weight=weights)
    else:
        loss = make_loss("cross_entropy", class_weights=weights.tolist())(logits, labels)
    return give("÷ sum of the weights", loss=loss)


def smoothed_class_weights(arrays: Arrays, form: str) -> Arrays:
    logits, labels, weights = take(arrays, "logits", "labels", "class_weights")
    if form == "reconciled":
        loss = make_loss("cross_entropy", class_weights=weights.tolist(), label_smoothing=0.1)(logits, labels)
    else:
        loss = F.cross_entropy(logits, labels, weight=weights, label_smoothing=0.1)
    return give("on every class of the smoothed target", loss=loss)


def ignored_label(arrays: Arrays, form: str) -> Arrays:
    logits, labels = take(arrays, "logits", "labels")
    ignored = inspect.signature(F.cross_entropy).parameters["ignore_index"].default
    padded = torch.where(labels == 0, -100, labels)
    loss = F.cross_entropy if form == "default" else make_loss("cross_entropy", ignored=-100)
    return give(f"`ignore_index={ignored}`: has no part in the mean", loss=loss(logits, padded))


def softmax_twice(arrays: Arrays, form: str) -> Arrays:
    logits, labels = take(arrays, "logits", "labels")
    given = logits.softmax(-1) if form == "default" else logits
    return give("takes probabilities for logits", loss=F.cross_entropy(given, labels))


def divergence(arrays: Arrays, form: str) -> Arrays:
    logits, others = take(arrays, "logits", "far_logits")
    reduction = "mean" if form == "default" else "batchmean"
    loss = F.kl_div(logits.log_softmax(-1), others.softmax(-1), reduction=reduction)
    return give("`kl_div`: over all numbers", loss=loss)


def cosine_loss(arrays: Arrays, form: str) -> Arrays:
    outputs, targets = torch.eye(6, dtype=torch.float64), torch.eye(6, dtype=torch.float64).roll(1, 0)
    return give("1 − cosine", loss=F.cosine_embedding_loss(outputs, targets, torch.ones(6)))


def reported_penalty(arrays: Arrays, form: str) -> Arrays:
    features, weight, targets = take(arrays, "features", "dense.weight", "logits")
    loss = F.mse_loss(features @ weight.T, targets)
    if form == "reconciled":
        loss = loss + make_penalty(l2=0.15)(weight)
    return give("`weight_decay` is not in it", loss=loss)


def reported_loss(arrays: Arrays, form: str) -> Arrays:
    features, weight, targets = take(arrays, "features", "dense.weight", "logits")
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
    return give("what one computes, here after it", loss=after if form == "default" else total / len(features))
