"""What a machine may be without, and what it is said to have."""

import os

import pytest

OPTIONAL = ("chromium", "mlflow", "postgresql")
"""What a machine may be without: the tests that need it are skipped, unless ``TWINBENCH_REQUIRE`` names it."""


def required() -> set[str]:
    """Return what this machine is said to have, so that no test of it may be skipped.

    Raises:
        pytest.UsageError: If something else is named.
    """
    named = {name for name in os.environ.get("TWINBENCH_REQUIRE", "").split(",") if name}
    if unknown := sorted(named - set(OPTIONAL)):
        raise pytest.UsageError(f"TWINBENCH_REQUIRE names {', '.join(unknown)}; it can name {', '.join(OPTIONAL)}")
    return named
