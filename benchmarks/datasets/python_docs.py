"""Python's reference prose, character by character: windows of 128, each character to be foretold by those before it.

The topics that ``help()`` shows, ``pydoc_data.topics`` of the running Python: 460,000 characters, of which a fifth
stands there twice, since a topic repeats the sections that it has in common with others. Every paragraph is kept once;
otherwise the test set would be full of what the training set holds.

The text is that of the running Python, so it differs between versions (and figures with it), and ``source`` and
``sha256`` tell which it was. The vocabulary is the same for all: the newline, what ASCII can print, and one class for
the rest (a few hundred typographic quotes and dashes).
"""

from __future__ import annotations

import hashlib
import importlib
import platform
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.datasets.preparation import TEST_ONE_IN, DatasetUnavailable, sha256
from harness.contract import Dataset

if TYPE_CHECKING:
    from harness.contract import Array

VOCABULARY = "\n" + "".join(map(chr, range(ord(" "), ord("~") + 1))) + "\N{REPLACEMENT CHARACTER}"
"""Every character under its id, in their own order; the last one stands for all others."""
LENGTH = 128
"""Characters in a window."""
BLOCK = 32
"""Windows in a block: the text is cut into blocks, and of five in a row the last is for testing."""


def load() -> Dataset:
    """Return windows (N, 128) of ids, and for each character the id of the next one.

    Blocks share no character, and windows do not overlap: the last target of a window is the first input of the next,
    except at the end of a block.

    Raises:
        DatasetUnavailable: If this Python comes without ``pydoc_data``.
    """
    try:
        topics = importlib.import_module("pydoc_data.topics").topics
    except ImportError as error:
        remedy = "Use a complete Python: some systems give parts of it in packages of their own"
        raise DatasetUnavailable("python_docs", "Python's standard library", str(error), remedy) from error
    text = once_each(topics.values())
    ids = encode(text)
    size = BLOCK * LENGTH + 1
    blocks = ids[: len(ids) // size * size].reshape(-1, size)
    in_test = np.arange(len(blocks)) % TEST_ONE_IN == TEST_ONE_IN - 1
    arrays = {
        f"{name}_{part}": np.ascontiguousarray(shifted.reshape(-1, LENGTH))
        for part, chosen in (("train", blocks[~in_test]), ("test", blocks[in_test]))
        for name, shifted in (("x", chosen[:, :-1]), ("y", chosen[:, 1:]))
    }
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Dataset(
        name="python_docs",
        task="language",
        **arrays,
        outputs=len(VOCABULARY),
        source=f"pydoc_data.topics of Python {platform.python_version()}, every paragraph once: sha256 {digest}",
        licence="PSF-2.0",
        sha256=sha256(**arrays),
    )


def once_each(texts: Iterable[str]) -> str:
    """Join texts, and leave out each paragraph that stood before, however it is indented or broken into lines."""
    paragraphs: dict[str, str] = {}
    for text in texts:
        for paragraph in text.split("\n\n"):
            paragraphs.setdefault(" ".join(paragraph.split()), paragraph)
    return "\n\n".join(paragraphs.values())


def encode(text: str) -> Array:
    """Return the id of each character, int64."""
    ids = {character: number for number, character in enumerate(VOCABULARY)}
    return np.array([ids.get(character, len(VOCABULARY) - 1) for character in text], np.int64)


def decode(ids: Array) -> str:
    """Return the text of (T,) ids. Inverse of ``encode``, except for characters that have no id of their own."""
    return "".join(VOCABULARY[number] for number in ids)
