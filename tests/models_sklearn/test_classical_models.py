"""The classical models by themselves: what they are told, what they tell, and that they learn."""

import importlib
import inspect
import subprocess
import sys

import numpy as np
import pytest

from harness import registry
from harness.contract import Estimator, Setup
from models_sklearn import ARM, BASELINES
from models_sklearn.arm import SklearnArm

EVERY = [(baseline.name, task) for baseline in BASELINES for task in ("classification", "regression")]


def estimator(name, task):
    return registry.find_baseline(name).estimators[task]


def opened(name, task, *, outputs=3, seed=0, threads=1):
    return SklearnArm(Setup("fp64", threads)).open(estimator(name, task), outputs, seed)


def blobs(seed=0, samples=150):
    """Three classes in five dimensions, well apart."""
    rng = np.random.default_rng(seed)
    classes = rng.integers(0, 3, samples)
    return 4.0 * np.eye(3, 5)[classes] + rng.normal(size=(samples, 5)), classes


def slope(seed=0, samples=150):
    x = np.random.default_rng(seed).normal(size=(samples, 5))
    return x, (2 * x[:, :1] - x[:, 1:2]).astype(np.float32)


def test_they_are_declared_without_importing_the_library():
    code = "import models_sklearn, sys; print({'sklearn', 'numpy'} & sys.modules.keys())"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"


def test_the_registry_finds_them_and_keeps_them_out_of_the_arms():
    assert registry.classical() is ARM
    assert list(registry.baselines()) == [baseline.name for baseline in BASELINES]
    assert ARM.name not in registry.arms()
    module, factory = ARM.entry.split(":")
    assert getattr(importlib.import_module(module), factory) is SklearnArm
    with pytest.raises(registry.UnknownName, match=r"unknown baseline 'random_forrest'; did you mean 'random_for"):
        registry.find_baseline("random_forrest")


@pytest.mark.parametrize(("name", "task"), EVERY)
def test_what_was_asked_is_in_force(name, task):
    model = opened(name, task, seed=7, threads=2)
    asked, told = estimator(name, task), model.settings()
    assert asked.entry.endswith(f":{told['model']}")
    assert asked.settings.items() <= told["arguments"].items()
    assert told["arguments"].get("random_state") == (7 if asked.seeded else None)
    assert told["arguments"].get("n_jobs") == (2 if asked.parallel else None)


@pytest.mark.parametrize(("name", "task"), EVERY)
def test_every_class_that_has_something_random_or_parallel_is_told(name, task):
    asked = estimator(name, task)
    module, _, made = asked.entry.partition(":")
    takes = inspect.signature(getattr(importlib.import_module(module), made)).parameters
    unused = {"LogisticRegression": {"random_state", "n_jobs"}, "Ridge": {"random_state"}, "SVC": {"random_state"}}
    told = ({"random_state"} if asked.seeded else set()) | ({"n_jobs"} if asked.parallel else set())
    assert told == ({"random_state", "n_jobs"} & takes.keys()) - unused.get(made, set())


@pytest.mark.parametrize("name", [baseline.name for baseline in BASELINES])
def test_each_learns_classes(name):
    model = opened(name, "classification")
    model.fit(*blobs())
    x, classes = blobs(seed=1)
    predicted = model.predict(x)
    assert predicted.shape == (150, 3)
    assert set(np.unique(predicted)) == {0.0, 1.0}
    assert (predicted.sum(axis=1) == 1).all()
    assert (predicted.argmax(axis=1) == classes).mean() > 0.9
    assert "warnings" not in model.settings()


@pytest.mark.parametrize("name", [baseline.name for baseline in BASELINES])
def test_each_learns_numbers(name):
    model = opened(name, "regression", outputs=1)
    model.fit(*slope())
    x, y = slope(seed=1)
    predicted = model.predict(x)
    assert predicted.shape == y.shape
    assert np.corrcoef(predicted[:, 0], y[:, 0])[0, 1] > 0.8
    assert "warnings" not in model.settings()


@pytest.mark.parametrize(("task", "data"), [("classification", blobs), ("regression", slope)])
def test_a_forest_grows_from_its_seed(task, data):
    (x, y), (tests, _) = data(), data(seed=1)
    noisy = tests + np.random.default_rng(2).normal(size=tests.shape)
    grown = []
    for seed in (0, 0, 1):
        model = opened("random_forest", task, seed=seed, outputs=3 if task == "classification" else 1)
        model.fit(x + 2 * np.random.default_rng(3).normal(size=x.shape), y)
        grown.append(model.predict(noisy))
    assert np.array_equal(grown[0], grown[1])
    assert not np.array_equal(grown[0], grown[2])


def test_what_a_model_warns_of_is_told():
    hasty = Estimator("sklearn.linear_model:LogisticRegression", {"max_iter": 1})
    model = SklearnArm(Setup("fp64", 1)).open(hasty, 3, 0)
    model.fit(*blobs())
    told = model.settings()
    assert told["iterations"] == 1
    assert any("failed to converge" in warning for warning in told["warnings"])
