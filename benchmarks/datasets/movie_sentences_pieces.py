"""The sentences of ``movie_sentences`` as ids of word pieces, as MiniLM-L6 was trained on: 8,056 + 500.

Classes take turns in the training samples, so that the first 2n of them are n liked and n disliked sentences: from
pretrained weights it takes few. Of the test set the first 500 are kept, for a large model takes its time for each.
"""

from __future__ import annotations

import numpy as np

from benchmarks.datasets import movie_sentences
from benchmarks.datasets.preparation import DatasetUnavailable, assemble
from benchmarks.pretrained import minilm
from harness.contract import Dataset

LENGTH = 32
"""Pieces of a sentence that are kept, with the mark at its start, which is 101, and most often that at its end."""

TESTS = 500

missing = minilm.missing


def load() -> Dataset:
    """Return ids (N, 32); 0 is padding.

    Raises:
        DatasetUnavailable: If the sentences are not in the cache and cannot be fetched, or what knows MiniLM's word
            pieces is not installed.
    """
    texts, liked, train, test = movie_sentences.split()
    classes = [train[liked[train] == each] for each in (0, 1)]
    turns = np.stack([one[: min(map(len, classes))] for one in classes], axis=1).ravel()
    train, test = np.concatenate([turns, np.setdiff1d(train, turns)]), test[:TESTS]
    try:
        ids = [minilm.ids(list(texts[part]))[:, :LENGTH] for part in (train, test)]
    except minilm.PretrainedUnavailable as error:
        raise DatasetUnavailable("movie_sentences_pieces", minilm.DISTRIBUTION, error.reason, minilm.REMEDY) from error
    return assemble(
        name="movie_sentences_pieces",
        task="classification",
        x=(ids[0], ids[1]),
        y=(liked[train], liked[test]),
        source=f"{movie_sentences.SOURCE}, cut to pieces by {minilm.DISTRIBUTION}",
        licence=movie_sentences.LICENCE,
    )
