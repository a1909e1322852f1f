"""Sentences from film reviews, liked (1) or disliked (0): 8,056 + 2,014, as ids of words.

Hutto & Gilbert 2014, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text": 10,605
sentences of the reviews of Pang & Lee 2004, each rated by about 15 people from −4 to 4. The class is the sign of their
mean. The 533 sentences whose mean lies within ±.5, on which they did not agree or to which they were indifferent, are
left out.
"""

from __future__ import annotations

import io
import tarfile
from typing import IO, TYPE_CHECKING, cast

import numpy as np

from benchmarks.datasets import words
from benchmarks.datasets.archive import fetch
from benchmarks.datasets.preparation import assemble, stratified_split
from harness.contract import Dataset

if TYPE_CHECKING:
    from harness.contract import Array

DISTRIBUTION, VERSION = "vaderSentiment", "3.3.2"
SHA256 = "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9"
INNER = f"{DISTRIBUTION}-{VERSION}/additional_resources/hutto_ICWSM_2014.tar.gz"
TABLE = "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt"

LENGTH = 48
"""Words of a sentence that are kept: one sentence in 220 has more."""

AT_LEAST = 2
"""How often the training sentences must hold a word for it to have an id."""

NEUTRAL = 0.5


SOURCE = f"source distribution of {DISTRIBUTION} {VERSION}: sentences rated by people"
LICENCE = "MIT"


def load() -> Dataset:
    """Return ids (N, 48): 0 is padding, 1 a word that the training sentences hold less than twice.

    Raises:
        DatasetUnavailable: If the archive is not in the cache and cannot be fetched.
    """
    texts, liked, train, test = split()
    ids = words.vocabulary(texts[train], AT_LEAST)
    return assemble(
        name="movie_sentences",
        task="classification",
        x=(words.encode(list(texts[train]), ids, LENGTH), words.encode(list(texts[test]), ids, LENGTH)),
        y=(liked[train], liked[test]),
        source=SOURCE,
        licence=LICENCE,
    )


def split() -> tuple[Array, Array, Array, Array]:
    """Return the sentences (N,), their classes (N,), and the indices of those to train on and to test with.

    Raises:
        DatasetUnavailable: If the archive is not in the cache and cannot be fetched.
    """
    sentences, ratings = rated()
    clear = np.abs(ratings) >= NEUTRAL
    _, first = np.unique([text.lower() for text in sentences], return_index=True)  # two stand there twice
    clear &= np.isin(np.arange(len(sentences)), first)
    texts, liked = sentences[clear], (ratings[clear] > 0).astype(np.int64)
    return texts, liked, *stratified_split(liked)


def rated() -> tuple[Array, Array]:
    """Return all 10,605 sentences (N,) and the mean of their ratings (N,), from −4 to 4, in the order of the file.

    Raises:
        DatasetUnavailable: If the archive is not in the cache and cannot be fetched.
    """
    archive = fetch(dataset="movie_sentences", distribution=DISTRIBUTION, version=VERSION, sha256=SHA256)
    table = _member(_member(archive, INNER), TABLE).decode("utf-8")
    _, ratings, sentences = zip(*(line.split("\t") for line in table.split("\r\n")), strict=True)
    return np.array(sentences, dtype=object), np.array(ratings, dtype=np.float64)


def _member(archive: bytes, name: str) -> bytes:
    """Return a file of a ``.tar.gz`` in memory; nothing is unpacked to a disk."""
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as members:
        return cast(IO[bytes], members.extractfile(name)).read()
