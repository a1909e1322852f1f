"""Python's documentation as characters: nothing of the test set is in the training set, and every target comes next."""

import hashlib
import pydoc_data.topics
import sys

import numpy as np
import pytest

from benchmarks.datasets import python_docs
from benchmarks.datasets.preparation import DatasetUnavailable, sha256
from benchmarks.datasets.python_docs import VOCABULARY, decode, encode, once_each

PARTS = ("x_train", "y_train", "x_test", "y_test")


@pytest.fixture
def data(load):
    return load("python_docs")


@pytest.fixture
def text():
    return once_each(pydoc_data.topics.topics.values())


def test_shapes_types_and_hash(data):
    windows = {part: getattr(data, part) for part in PARTS}
    assert data.task == "language"
    assert data.outputs == len(VOCABULARY) == 97
    assert all(array.shape[1] == 128 and array.dtype == np.int64 for array in windows.values())
    assert all(array.flags.c_contiguous for array in windows.values())
    assert min(array.min() for array in windows.values()) >= 0
    assert max(array.max() for array in windows.values()) == 96
    assert len(data.x_test) / (len(data.x_train) + len(data.x_test)) == pytest.approx(0.2, abs=0.02)
    assert data.sha256 == sha256(**windows) == python_docs.load().sha256


def test_the_source_names_the_python_and_the_text(data, text):
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}." in data.source
    assert data.source.endswith(hashlib.sha256(text.encode()).hexdigest())


@pytest.fixture
def places(monkeypatch):
    """Where each window of the parts begins, in a text of which no stretch occurs twice; and the text's ids."""
    ids = np.random.default_rng(0).integers(1, 96, 50_000)  # 0 is the newline
    monkeypatch.setattr(pydoc_data.topics, "topics", {"one": decode(ids)})
    starts = {ids[place : place + 128].tobytes(): place for place in range(len(ids) - 128)}
    data = python_docs.load()
    parts = {"train": (data.x_train, data.y_train), "test": (data.x_test, data.y_test)}
    return ids, {
        part: [(starts[window.tobytes()], y) for window, y in zip(*arrays, strict=True)]
        for part, arrays in parts.items()
    }


def test_every_target_is_the_character_that_comes_next(places):
    ids, parts = places
    for place, targets in [*parts["train"], *parts["test"]]:
        assert np.array_equal(targets, ids[place + 1 : place + 129])


def test_the_parts_share_no_character_of_the_text(places):
    ids, parts = places
    read = {part: {n for place, _ in windows for n in range(place, place + 129)} for part, windows in parts.items()}
    assert not read["train"] & read["test"]
    assert len(read["train"] | read["test"]) > 0.9 * len(ids)
    assert sum(len(windows) for windows in parts.values()) * 128 <= len(read["train"] | read["test"])  # no overlap


def test_no_paragraph_of_the_test_set_is_in_the_training_set(data):
    """What is repeated is left out, so long stretches of the test set are nowhere in the training set."""
    train = decode(data.x_train.ravel())
    test = decode(data.x_test.ravel())
    stretches = [test[place : place + 200] for place in range(0, len(test) - 200, 997)]
    assert sum(stretch in train for stretch in stretches) <= 0.01 * len(stretches)


def test_a_paragraph_is_kept_once_however_it_is_broken_into_lines():
    assert (
        once_each(["One two.\n\nThree.", "Four.\n\n  One\n  two.\n\nFive."]) == "One two.\n\nThree.\n\nFour.\n\nFive."
    )


def test_the_vocabulary_is_the_same_for_every_text():
    assert list(VOCABULARY) == sorted(set(VOCABULARY))
    assert decode(encode("if x:\n    pass")) == "if x:\n    pass"
    assert encode("“é\t").tolist() == [96, 96, 96]


def test_a_python_without_its_topics_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    with pytest.raises(DatasetUnavailable, match=r"'python_docs'.*'Python's standard library'.*complete Python"):
        python_docs.load()
