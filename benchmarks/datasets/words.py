"""Text as ids of words: a vocabulary of the training texts, and sequences of one length."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from harness.contract import Array

PADDING, UNKNOWN = 0, 1
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+|[^\w\s]|_")


def split(text: str) -> list[str]:
    """Return words (``don't`` is one), numbers and punctuation marks, one by one, in lower case."""
    return _WORD.findall(text.lower())


def vocabulary(texts: Iterable[str], at_least: int) -> dict[str, int]:
    """Return the ids, from 2, of words that occur ``at_least`` so often: the commonest first, equals by alphabet."""
    counts = Counter(word for text in texts for word in split(text))
    words = sorted((word for word, count in counts.items() if count >= at_least), key=lambda w: (-counts[w], w))
    return {word: number for number, word in enumerate(words, start=2)}


def encode(texts: Sequence[str], ids: Mapping[str, int], length: int) -> Array:
    """Return int64 ids (N, length): the first ``length`` words of each text, unknown ones as 1, then 0 to the end."""
    encoded = np.full((len(texts), length), PADDING, dtype=np.int64)
    for row, text in zip(encoded, texts, strict=True):
        known = [ids.get(word, UNKNOWN) for word in split(text)[:length]]
        row[: len(known)] = known
    return encoded
