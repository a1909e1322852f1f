"""Text from a language model, token by token."""

import numpy as np
import torch
from torch import Tensor, nn


@torch.no_grad()
def generate(
    model: nn.Module,
    prompt: Tensor,
    count: int,
    window: int,
    temperature: float = 0.0,
    top_k: int | None = None,
    seed: int = 0,
) -> Tensor:
    """Let a model continue sequences.

    At every step the model reads the last ``window`` tokens anew. Random numbers are NumPy's, not the framework's, so
    that equal weights and an equal seed give equal text in every framework.

    Args:
        model: From ids (N, T) to logits (N, T, vocabulary), of which those at a place depend on the ids up to it alone.
        prompt: Ids (N, P), P at least 1.
        count: How many tokens to add.
        window: Most tokens that the model reads.
        temperature: Divides the logits before softmax; 0 takes the likeliest token.
        top_k: Draw from that many of the likeliest tokens only; None for all.
        seed: Of the random numbers.

    Returns:
        Ids (N, P + count), the prompt included.

    Raises:
        ValueError: If the prompt is empty, or a number is out of its range.
    """
    if prompt.ndim != 2 or prompt.shape[1] < 1:
        raise ValueError(f"prompt: expected ids of shape (N, P), P at least 1, got {tuple(prompt.shape)}")
    if count < 0 or window < 1:
        raise ValueError(f"expected count of at least 0 and window of at least 1, got {count} and {window}")
    generator = np.random.default_rng(seed)
    training = model.training
    model.eval()
    ids = prompt
    for _ in range(count):
        logits = model(ids[:, -window:])[:, -1]
        uniform = torch.from_numpy(generator.random((len(ids), 1))).to(ids.device)
        ids = torch.cat([ids, choose(logits, uniform, temperature, top_k).to(ids.dtype)], dim=1)
    model.train(training)
    return ids


def choose(logits: Tensor, uniform: Tensor, temperature: float = 0.0, top_k: int | None = None) -> Tensor:
    """Return a token (N, 1) for each of (N, vocabulary) logits, drawn by numbers (N, 1) from [0, 1).

    A number takes the first token at which the probabilities, summed up in order of the ids, exceed it.

    Raises:
        ValueError: If ``temperature`` is negative, or ``top_k`` is no number of tokens.
    """
    if temperature < 0 or (top_k is not None and not 1 <= top_k <= logits.shape[-1]):
        raise ValueError(f"temperature {temperature} or top_k {top_k} is out of range for {logits.shape[-1]} tokens")
    if temperature == 0:
        return logits.argmax(dim=-1, keepdim=True)
    scaled = logits.double() / temperature
    if top_k is not None:
        least = scaled.topk(top_k).values[:, -1:]
        scaled = scaled.masked_fill(scaled < least, -torch.inf)
    summed = scaled.softmax(dim=-1).cumsum(dim=-1)
    return (summed <= uniform * summed[:, -1:]).sum(dim=-1, keepdim=True)
