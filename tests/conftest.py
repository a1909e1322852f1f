"""What tests may lack, and which of them share a process where two run them: those that share processes of frameworks,
which hold gigabytes.

By a scheduler of our own, for pytest-xdist 3.8 does not see the marks of its ``loadgroup`` under pytest 9.2
(https://github.com/pytest-dev/pytest-xdist/issues/1386).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from optional import required
from xdist.scheduler import LoadScopeScheduling

SHARING = ("tests/pairs/", "tests/harness/parity/", "tests/models_keras/")
"""Longest first: files by themselves fill the rest of the time."""


def pytest_configure() -> None:
    """Refuse a wrong name before any test is run."""
    required()


@pytest.fixture(scope="session")
def absent() -> Callable[[str, str], NoReturn]:
    """``absent(name, remedy)``: end a test for want of something optional, as a failure where that is required."""

    def absent(name: str, remedy: str) -> NoReturn:
        if name in required():
            pytest.fail(f"TWINBENCH_REQUIRE says that {name} is here, but it is not: {remedy}", pytrace=False)
        pytest.skip(f"no {name} here: {remedy}")

    return absent


class ByFolder(LoadScopeScheduling):
    """Hands out one of these folders, or any other file, as a whole."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in SHARING if nodeid.startswith(folder)), nodeid.partition("::")[0])


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Return who hands out the tests."""
    return ByFolder(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first."""
    items.sort(key=lambda item: [not item.nodeid.startswith(folder) for folder in SHARING])
