"""What the tests of datasets and workloads share."""

import functools
import importlib

import pytest


@pytest.fixture(scope="session")
def load():
    """``load(name)`` returns a dataset, loaded once: MNIST-1D takes seconds to generate."""
    return functools.cache(lambda name: importlib.import_module(f"benchmarks.datasets.{name}").load())
