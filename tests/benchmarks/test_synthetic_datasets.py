"""Data that only speed is measured on: shapes that are true to the name, the same at every call, nothing to learn."""

import numpy as np


def test_images_have_imagenets_shape(load):
    data = load("synthetic_imagenet")
    assert data.x_train.shape == (128, 3, 224, 224)
    assert data.x_test.shape == (8, 3, 224, 224)
    assert data.outputs == 1000
    assert data.x_train.dtype == np.float32
    assert abs(data.x_train.mean()) < 1e-3
    assert abs(data.x_train.std() - 1) < 1e-3
    assert data.y_train.min() >= 0
    assert data.y_train.max() < data.outputs


def test_tokens_are_ids_and_targets_the_next_ones(load):
    data = load("synthetic_tokens")
    assert data.x_train.shape == data.y_train.shape == (512, 128)
    assert data.x_train.dtype == data.y_train.dtype == np.int64
    assert data.x_train.min() >= 1
    assert data.x_train.max() < data.outputs == 30_522
    assert (data.x_train[:, 1:] == data.y_train[:, :-1]).all()


def test_texts_have_a_class_each(load):
    data = load("synthetic_texts")
    assert data.x_train.shape == (512, 128)
    assert data.x_train.dtype == data.y_train.dtype == np.int64
    assert data.x_train.min() >= 1
    assert data.x_train.max() < 30_522
    assert set(data.y_train) == set(range(data.outputs)) == {0, 1}


def test_they_are_the_same_everywhere(load):
    assert load("synthetic_imagenet").sha256.startswith("8b7fd4b29febe32c")
    assert load("synthetic_texts").sha256.startswith("43768f6e4611c54e")
    assert load("synthetic_tokens").sha256.startswith("a850ccca06ca6b79")
