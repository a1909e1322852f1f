"""The workloads: each file describes something that exists, fits and can be reached."""

import importlib
import math
import pkgutil
import subprocess
import sys

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import benchmarks.workloads
from harness import matched, metrics
from harness.contract import Workload

NAMES = [info.name for info in pkgutil.iter_modules(benchmarks.workloads.__path__)]


def workload(name):
    return importlib.import_module(f"benchmarks.workloads.{name}").WORKLOAD


def fits(architecture, form, sample, outputs):
    """Whether an architecture's arguments describe samples of this canonical shape in this form."""
    arguments = architecture.arguments
    if "vocabulary" in arguments and form != "tokens":
        return False
    if "num_classes" in arguments and arguments["num_classes"] != outputs:
        return False
    if form == "features":
        known = {"in_features": math.prod(sample)}
        return all(arguments.get(name, width) == width for name, width in known.items())
    if form == "image":
        return len(sample) == 3 and sample[0] == arguments["in_channels"]
    if form == "tokens":
        return arguments.get("length", *sample) >= sample[0]
    channels = arguments["in_channels"] if form == "signal" else arguments["input_size"]
    length = arguments.get("length", *sample)  # an architecture without it takes any
    return (channels, length) == (1, *sample)


METRICS_OF = {
    "classification": {"accuracy", None},
    "regression": {"r2"},
    "segmentation": {"iou"},
    "reconstruction": {"mse", "elbo"},
    "language": {"bits_per_character", None},
}


def guess(work, y):
    """What the best constant answer comes to: the commonest class, the mean of every target."""
    match work.metric:
        case "accuracy":
            return np.bincount(y.astype(int).ravel()).max() / y.size
        case "r2":
            return 0.0
        case "iou":
            return metrics.iou(np.ones_like(y), y)
        case "mse":
            return metrics.mse(np.broadcast_to(y.mean(0), y.shape), y)
        case "elbo":
            mean = np.clip(y.mean(0), 1e-3, 1 - 1e-3)
            return -np.sum(-(y.mean(0) * np.log(mean) + (1 - y.mean(0)) * np.log(1 - mean)))
        case "bits_per_character":
            shares = np.bincount(y.ravel()) / y.size
            return -np.sum(shares[shares > 0] * np.log2(shares[shares > 0]))


def test_the_workloads_that_the_suites_need():
    assert {
        "softmax_digits", "softmax_breast_cancer", "linear_diabetes", "mlp_digits", "lenet_mnist5k",
        "softmax_mnist1d", "mlp_mnist1d", "cnn_mnist1d", "gru_mnist1d",
    } <= set(NAMES)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_named_after_its_workload_and_says_what_it_shows(name):
    assert isinstance(workload(name), Workload)
    assert workload(name).name == name
    assert importlib.import_module(f"benchmarks.workloads.{name}").__doc__
    assert workload(name).title
    assert workload(name).pilot


def test_no_two_workloads_share_a_title():
    assert len({workload(name).title for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_the_dataset_fits_form_architecture_and_metric(load, name):
    work = workload(name)
    data = load(work.dataset)
    assert fits(work.architecture, work.form, data.x_train.shape[1:], data.outputs)
    assert work.metric in METRICS_OF[data.task]
    assert 0 < work.batch_size <= len(data.x_train)


@pytest.mark.parametrize("name", NAMES)
def test_the_target_says_more_than_a_guess_and_the_margin_is_small_beside_it(load, name):
    work = workload(name)
    if work.metric is None:
        assert work.target is None
        return
    y = matched.as_target(load(work.dataset).y_test, work)
    assert work.margin > 0
    assert not work.reached(guess(work, y))
    assert abs(work.target - guess(work, y)) > 5 * work.margin
    if work.metric in ("accuracy", "r2", "iou"):
        assert work.target < 1
        assert work.margin >= 0.01


def test_least_squares_reaches_the_target_of_linear_regression(load):
    data = load("diabetes")
    x_train, x_test = (np.column_stack([x, np.ones(len(x))]) for x in (data.x_train, data.x_test))
    weights, *_ = np.linalg.lstsq(x_train, data.y_train, rcond=None)
    residual = data.y_test - x_test @ weights
    assert 1 - residual.var() / data.y_test.var() > workload("linear_diabetes").target


@pytest.mark.parametrize("name", ["softmax_digits", "softmax_breast_cancer"])
def test_an_independent_logistic_regression_reaches_the_target(load, name):
    data = load(workload(name).dataset)
    x_train, x_test = (x.reshape(len(x), -1) for x in (data.x_train, data.x_test))
    model = LogisticRegression(max_iter=1000).fit(x_train, data.y_train)
    assert model.score(x_test, data.y_test) > workload(name).target


def test_a_linear_code_of_the_same_width_does_not_reach_the_target_of_an_autoencoder(load):
    for name in ("ae_mnist5k", "conv_ae_mnist5k"):
        work = workload(name)
        data = load(work.dataset)
        x_train, x_test = (x.reshape(len(x), -1) for x in (data.x_train, data.x_test))
        mean = x_train.mean(axis=0)
        _, _, components = np.linalg.svd(x_train - mean, full_matrices=False)
        code = components[: work.architecture.arguments["latent"]]
        assert not work.reached(metrics.mse((x_test - mean) @ code.T @ code + mean, x_test))


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith("_mnist1d")])
def test_mnist1d_follows_the_published_protocol(load, name):
    work = workload(name)
    rate = 1e-3 if name == "rnn_mnist1d" else 1e-2  # a simple RNN learns nothing at the protocol's
    assert (work.optimizer.name, work.optimizer.learning_rate, work.batch_size) == ("adam", rate, 100)
    assert not work.shuffle
    assert work.epochs * len(load("mnist1d").x_train) / work.batch_size == 6000


def test_reading_all_workloads_imports_nothing_but_the_standard_library():
    code = f"""
import importlib, sys
for name in {NAMES}:
    importlib.import_module(f"benchmarks.workloads.{{name}}")
print(*sorted({{name.partition(".")[0] for name in sys.modules}}))
"""
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "benchmarks" in loaded
    assert not {"numpy", "pydantic", "torch", "keras", "tensorflow", "jax"} & set(loaded)
