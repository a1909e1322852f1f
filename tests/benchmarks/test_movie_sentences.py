"""Film-review sentences: fetched once, held to their hash, and turned into ids that know only the training part."""

import hashlib
import sys

import numpy as np
import pytest
from scipy.sparse import coo_matrix
from sklearn.linear_model import LogisticRegression

from benchmarks.datasets import archive, movie_sentences, movie_sentences_pieces, words
from benchmarks.datasets.preparation import DatasetUnavailable
from harness.registry import find_workload

NAME = "vaderSentiment-3.3.2.tar.gz"
ARCHIVE = {"dataset": "movie_sentences", "distribution": "vaderSentiment", "version": "3.3.2"}


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """An empty cache, and pip without a network: it finds what lies in the folder that is returned."""
    index = tmp_path / "index"
    index.mkdir()
    for name, value in {"XDG_CACHE_HOME": tmp_path / "cache", "PIP_FIND_LINKS": index, "PIP_NO_INDEX": "1"}.items():
        monkeypatch.setenv(name, str(value))
    return index


@pytest.fixture(scope="module")
def fetched():
    """The archive, from the cache of whoever runs the tests or from the network."""
    return archive.fetch(**ARCHIVE, sha256=movie_sentences.SHA256)


def kept(tmp_path):
    return sorted(path.name for path in (tmp_path / "cache").rglob("*") if path.is_file())


def test_it_is_fetched_once_and_then_needs_no_network(offline, fetched, tmp_path):
    (offline / NAME).write_bytes(fetched)
    assert archive.fetch(**ARCHIVE, sha256=movie_sentences.SHA256) == fetched
    assert kept(tmp_path) == [NAME]
    (offline / NAME).unlink()
    assert archive.fetch(**ARCHIVE, sha256=movie_sentences.SHA256) == fetched


def test_a_damaged_copy_is_fetched_again(offline, fetched, tmp_path):
    (offline / NAME).write_bytes(fetched)
    (tmp_path / "cache" / "twinbench").mkdir(parents=True)
    (tmp_path / "cache" / "twinbench" / NAME).write_bytes(fetched[:-1])
    assert archive.fetch(**ARCHIVE, sha256=movie_sentences.SHA256) == fetched
    assert (tmp_path / "cache" / "twinbench" / NAME).read_bytes() == fetched


def test_without_network_and_cache_the_error_says_what_to_do(offline, tmp_path):
    with pytest.raises(DatasetUnavailable, match=r"'movie_sentences'.*No matching distribution.*put vaderSentiment"):
        movie_sentences.load()
    assert kept(tmp_path) == []


def test_another_archive_of_that_name_is_refused_before_any_of_it_runs(offline, fetched, tmp_path):
    (offline / NAME).write_bytes(fetched + b"more")
    with pytest.raises(DatasetUnavailable, match="DO NOT MATCH THE HASHES"):
        archive.fetch(**ARCHIVE, sha256=movie_sentences.SHA256)
    assert kept(tmp_path) == []


def test_the_hash_is_the_designs_and_the_archives(fetched):
    assert hashlib.sha256(fetched).hexdigest() == movie_sentences.SHA256


def test_all_sentences_and_ratings_are_read(fetched):
    sentences, ratings = movie_sentences.rated()
    assert len(sentences) == len(ratings) == 10_605
    assert sentences[2] == "Effective but too tepid biopic"
    assert ratings[2] == -0.6
    assert np.abs(ratings).max() <= 4


def test_shapes_types_and_classes(load):
    data = load("movie_sentences")
    assert (data.x_train.shape, data.x_test.shape, data.outputs) == ((8056, 48), (2014, 48), 2)
    for array in (data.x_train, data.y_train, data.x_test, data.y_test):
        assert array.dtype == np.int64
        assert array.flags.c_contiguous
    assert abs(data.y_test.mean() - data.y_train.mean()) < 1e-3
    assert movie_sentences.load().sha256 == data.sha256
    assert data.sha256.startswith("2750adef1530da33")


def test_no_sentence_is_in_both_parts_and_none_is_empty(load):
    data = load("movie_sentences")
    samples = np.concatenate([data.x_train, data.x_test])
    assert len(np.unique(samples, axis=0)) == len(samples)
    assert (samples[:, 0] != words.PADDING).all()


def test_padding_comes_last_and_ids_fit_the_workload(load):
    data = load("movie_sentences")
    samples = np.concatenate([data.x_train, data.x_test])
    assert (np.diff((samples == words.PADDING).astype(int), axis=1) >= 0).all()
    assert samples.max() < find_workload("transformer_movie_sentences").architecture.arguments["vocabulary"]
    assert len(set(data.x_test.ravel()) - set(data.x_train.ravel())) < 20  # only behind the 48th word


def test_pieces_are_of_the_same_sentences_and_classes_take_turns(load):
    data, whole = load("movie_sentences_pieces"), load("movie_sentences")
    assert (data.x_train.shape, data.x_test.shape, data.outputs) == ((8056, 32), (500, 32), 2)
    assert data.y_train[:400].tolist() == [0, 1] * 200
    assert np.array_equal(data.y_test, whole.y_test[:500])
    assert np.bincount(data.y_train).tolist() == np.bincount(whole.y_train).tolist()
    samples = np.concatenate([data.x_train, data.x_test])
    assert (samples[:, 0] == 101).all()
    assert (np.diff((samples == 0).astype(int), axis=1) >= 0).all()
    assert len(np.unique(data.x_train, axis=0)) == len(data.x_train)


def test_without_the_pretrained_extra_pieces_cannot_be_had(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(DatasetUnavailable, match=r"'movie_sentences_pieces'.*pip install 'twinbench\[pretrained\]'"):
        movie_sentences_pieces.load()


def test_words_numbers_and_marks_are_told_apart():
    text = "It's the 21st-Century's ''Conan'', naïve & café_noir; no!"
    assert words.split(text) == [
        "it's", "the", "21", "st", "-", "century's", "'", "'", "conan", "'", "'", ",", "naïve", "&", "café", "_",
        "noir", ";", "no", "!",
    ]  # fmt: skip


def test_the_vocabulary_is_of_words_that_occur_often_enough():
    ids = words.vocabulary(["b a a", "c b, a", "d"], at_least=2)
    assert ids == {"a": 2, "b": 3}
    encoded = words.encode(["A b x a", "", "b"], ids, length=3)
    assert encoded.tolist() == [[2, 3, words.UNKNOWN], [0, 0, 0], [3, 0, 0]]


def counts(ids, vocabulary):
    """How often each word stands in each sentence, (N, vocabulary)."""
    rows = np.repeat(np.arange(len(ids)), ids.shape[1])
    return coo_matrix((np.where(ids.ravel() > 0, 1.0, 0.0), (rows, ids.ravel())), (len(ids), vocabulary)).tocsr()


def test_counting_words_comes_to_what_the_workload_says(load):
    data, workload = load("movie_sentences"), find_workload("transformer_movie_sentences")
    x_train, x_test = (counts(x, workload.architecture.arguments["vocabulary"]) for x in (data.x_train, data.x_test))
    accuracy = LogisticRegression(max_iter=1000).fit(x_train, data.y_train).score(x_test, data.y_test)
    assert f"{accuracy:.3f}".removeprefix("0") in workload.pilot
