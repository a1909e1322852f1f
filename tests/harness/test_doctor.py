import os
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path

import pytest

import harness
from harness import doctor


def findings():
    return {finding.subject: finding for finding in doctor.examine()}


def another(folder):
    """Return a ``find_spec`` that finds ``benchmarks`` in a folder."""
    return lambda name: PathFinder.find_spec(name, [str(folder)]) if name == "benchmarks" else find_spec(name)


def test_our_packages_are_ours():
    home = Path(harness.__file__).parents[1]
    for name in ("benchmarks", "harness", "models_keras", "models_numpy", "models_sklearn", "models_torch"):
        assert (findings()[name].grade, findings()[name].message) == ("ok", f"found in {home}")


@pytest.mark.parametrize("kind", ["package", "namespace"])
def test_another_projects_package_of_that_name_is_an_error(monkeypatch, tmp_path, kind):
    (tmp_path / "benchmarks").mkdir()
    if kind == "package":
        (tmp_path / "benchmarks" / "__init__.py").touch()
    monkeypatch.setattr("importlib.util.find_spec", another(tmp_path))
    found = findings()["benchmarks"]
    assert found.grade == "error"
    assert "rename or move the other one" in found.message


@pytest.mark.parametrize(("load", "grade"), [(0.1, "ok"), (3.0, "note")])
def test_a_busy_machine_is_noted(monkeypatch, load, grade):
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))
    assert findings()["load"].grade == grade


def test_what_cannot_run_is_a_note_not_an_error(chaos):
    assert findings()["arm needs-nonsense"].grade == "note"
    assert findings()["arm healthy-one"].grade == "ok"
    assert findings()["arm healthy-one"].message.startswith("numpy ")
