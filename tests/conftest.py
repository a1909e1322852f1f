"""Which tests share a process where two run them: those that share the processes of all arms, which hold gigabytes."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
SHARING = ("harness/parity", "pairs")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        path = item.path.relative_to(HERE)
        group = next((folder for folder in SHARING if path.is_relative_to(folder)), str(path))
        item.add_marker(pytest.mark.xdist_group(group))
