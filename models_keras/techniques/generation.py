"""Text from a language model, token by token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np

if TYPE_CHECKING:
    from harness.contract import Array


def generate(
    model: keras.Model,
    prompt: Array,
    count: int,
    window: int,
    temperature: float = 0.0,
    top_k: int | None = None,
    seed: int = 0,
) -> Array:
    """Let a model continue sequences.

    At every step the model reads the last ``window`` tokens anew, filled up to ``window`` behind their end, where
    nothing looks: so there is one shape, for which Keras compiles its predict function once. Random numbers are
    NumPy's, not the framework's, so that equal weights and an equal seed give equal text in every framework.

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
    ids = prompt
    for _ in range(count):
        seen = ids[:, -window:]
        filled = np.pad(seen, ((0, 0), (0, window - seen.shape[1])))
        logits = model.predict_on_batch(filled)[:, seen.shape[1] - 1]
        uniform = generator.random((len(ids), 1))
        ids = np.concatenate([ids, choose(logits, uniform, temperature, top_k).astype(ids.dtype)], axis=1)
    return ids


def choose(logits: Array, uniform: Array, temperature: float = 0.0, top_k: int | None = None) -> Array:
    """Return a token (N, 1) for each of (N, vocabulary) logits, drawn by numbers (N, 1) from [0, 1).

    A number takes the first token at which the probabilities, summed up in order of the ids, exceed it.

    Raises:
        ValueError: If ``temperature`` is negative, or ``top_k`` is no number of tokens.
    """
    if temperature < 0 or (top_k is not None and not 1 <= top_k <= logits.shape[-1]):
        raise ValueError(f"temperature {temperature} or top_k {top_k} is out of range for {logits.shape[-1]} tokens")
    if temperature == 0:
        return logits.argmax(axis=-1, keepdims=True)
    scaled = logits.astype(np.float64) / temperature
    if top_k is not None:
        least = np.sort(scaled, axis=-1)[:, -top_k, None]
        scaled = np.where(scaled < least, -np.inf, scaled)
    likelihood = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    summed = likelihood.cumsum(axis=-1)
    return (summed <= uniform * summed[:, -1:]).sum(axis=-1, keepdims=True)
