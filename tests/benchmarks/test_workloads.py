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
from harness.contract import Workload

NAMES = [info.name for info in pkgutil.iter_modules(benchmarks.workloads.__path__)]


def workload(name):
    return importlib.import_module(f"benchmarks.workloads.{name}").WORKLOAD


def fits(architecture, form, sample, outputs):
    """Whether an architecture's arguments describe samples of this canonical shape in this form."""
    arguments = architecture.arguments
    if form == "features":
        return (arguments["in_features"], arguments["out_features"]) == (math.prod(sample), outputs)
    if arguments["num_classes"] != outputs:
        return False
    if form == "image":
        return len(sample) == 3 and sample[0] == arguments["in_channels"]
    channels = arguments["in_channels"] if form == "signal" else arguments["input_size"]
    length = arguments.get("length", *sample)  # an architecture without it takes any
    return (channels, length) == (1, *sample)


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
    assert work.metric == ("accuracy" if data.task == "classification" else "r2")
    assert 0 < work.batch_size <= len(data.x_train)


@pytest.mark.parametrize("name", NAMES)
def test_the_target_says_more_than_a_guess_and_the_margin_is_small_beside_it(load, name):
    work = workload(name)
    data = load(work.dataset)
    guess = np.bincount(data.y_test).max() / len(data.y_test) if work.metric == "accuracy" else 0.0
    assert guess + 5 * work.margin < work.target < 1
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
