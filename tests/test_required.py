"""A machine that is said to have something optional fails where it has not: no test of it is skipped in silence."""

import pytest
from optional import OPTIONAL, required


@pytest.mark.parametrize("name", OPTIONAL)
def test_what_is_absent_is_skipped_or_fails_as_was_asked(absent, monkeypatch, name):
    monkeypatch.delenv("TWINBENCH_REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match=f"no {name} here: install it"):
        absent(name, "install it")
    monkeypatch.setenv("TWINBENCH_REQUIRE", ",".join({*OPTIONAL} - {name}))
    with pytest.raises(pytest.skip.Exception):
        absent(name, "install it")
    monkeypatch.setenv("TWINBENCH_REQUIRE", f"{name},")
    with pytest.raises(pytest.fail.Exception, match=f"that {name} is here, but it is not: install it"):
        absent(name, "install it")


def test_what_nobody_knows_cannot_be_required(monkeypatch):
    monkeypatch.setenv("TWINBENCH_REQUIRE", "chromium,netscape")
    with pytest.raises(pytest.UsageError, match="names netscape; it can name chromium, mlflow, postgresql"):
        required()
