"""An n-gram model of characters: what a language model has to be better than."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from harness.contract import Array


class Counts:
    """How often each of some numbers occurs."""

    def __init__(self, numbers: Array):
        self.numbers, self.counts = np.unique(numbers, return_counts=True)

    def of(self, numbers: Array) -> Array:
        """Return the count of each number of an array; 0 of one that did not occur."""
        places = np.searchsorted(self.numbers, numbers).clip(max=len(self.numbers) - 1)
        return np.where(self.numbers[places] == numbers, self.counts[places], 0)


class NGram:
    """The next character from the ``order − 1`` before it, smoothed by interpolation (Witten and Bell, 1991).

    What followed a context h in training is mixed with what followed the context h′ that lacks the first character of
    h, and so on down to the uniform distribution:

        P(c | h) = (count(h c) + kinds(h) · P(c | h′)) / (count(h) + kinds(h)),

    where kinds(h) is how many different characters followed h. There is nothing to tune. A context does not reach
    beyond its window: the model sees what a network sees.

    Args:
        order: Characters in an n-gram, the foretold one included.
        vocabulary: Number of characters.
    """

    def __init__(self, order: int, vocabulary: int):
        self.order = order
        self.vocabulary = vocabulary

    def fit(self, x: Array, y: Array) -> NGram:
        """Count in windows (N, T) of ids ``x`` and their next characters ``y``, for every length of context."""
        self.followed, self.kinds, self.grams = [], [], []
        for length in range(self.order):
            contexts, targets = self._contexts(x, length), y[:, max(length - 1, 0) :]
            grams = Counts(contexts * self.vocabulary + targets)
            self.followed.append(Counts(contexts))
            self.kinds.append(Counts(grams.numbers // self.vocabulary))
            self.grams.append(grams)
        return self

    def probability(self, x: Array, y: Array) -> Array:
        """Return the probability of each next character ``y`` (N, T) of windows ``x`` (N, T), float64."""
        probability = np.full(y.shape, 1 / self.vocabulary)
        for length in range(self.order):
            contexts, reached = self._contexts(x, length), np.s_[:, max(length - 1, 0) :]
            kinds, followed = self.kinds[length].of(contexts), self.followed[length].of(contexts)
            found = self.grams[length].of(contexts * self.vocabulary + y[reached])
            shorter = probability[reached]
            known = followed > 0
            shorter[known] = ((found + kinds * shorter) / np.maximum(followed + kinds, 1))[known]
        return probability

    def bits_per_character(self, x: Array, y: Array) -> float:
        """Return the mean of −log₂ of the probability of the next characters."""
        return float(-np.log2(self.probability(x, y)).mean())

    def _contexts(self, x: Array, length: int) -> Array:
        """Return each ``length`` characters in a row as one number; (N, T) zeros for a length of 0."""
        numbers = np.zeros((len(x), x.shape[1] - max(length - 1, 0)), np.int64)
        for begin in range(length):
            numbers = numbers * self.vocabulary + x[:, begin : begin + numbers.shape[1]]
        return numbers
