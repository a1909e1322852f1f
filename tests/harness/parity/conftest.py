"""Worker processes that the gates of techniques share: one per arm for the whole session."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from harness.parity.pair import Workers

ARMS = ("torch", "keras-tensorflow", "keras-jax", "keras-torch", "numpy")


@pytest.fixture(scope="session")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    scratch = tmp_path_factory.mktemp("gates")
    (scratch / "keras").mkdir()
    with contextlib.ExitStack() as stack:
        shared = Workers(stack, scratch, threads=1)
        for arm in ARMS:
            shared.get(arm, "fp64")
        yield shared


@pytest.fixture
def fresh(tmp_path):
    """Workers that start when they are asked, for source that a test has changed."""
    (tmp_path / "keras").mkdir()
    with contextlib.ExitStack() as stack:
        yield Workers(stack, tmp_path, threads=1)
