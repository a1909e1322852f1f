"""Ceilings and breakdowns on file: told again on such a machine, with so many threads and these versions only."""

import pytest
from report_factories import breakdown, ceiling, ceilings

from harness import registry
from harness.limits import breakdown as measuring
from harness.limits import filed

MACHINE = {"cpu": "a processor", "cores_used": 2}


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    """All arms are of version 1.0 here, and the code is that of the breakdowns."""
    monkeypatch.setattr(registry, "versions", lambda spec: {spec.name: "1.0"})
    monkeypatch.setattr(measuring, "sources", lambda: breakdown("torch", {}).source_sha256)


def test_the_last_ceilings_are_told(tmp_path):
    old = ceilings(ceiling("torch", "product", 1e9, dtype="float32"))
    new = ceilings(ceiling("torch", "product", 2e9, dtype="float32"), created="2026-02-01T00:00:00Z")
    for one in (old, new):
        filed.write_ceilings(tmp_path, one)
    assert len(list(tmp_path.glob("ceilings/*.json"))) == 1, "the same arms on the same machine share a file"
    assert filed.ceilings(tmp_path, MACHINE, 2) == new


@pytest.mark.parametrize("turned", [False, True])
def test_who_measures_one_arm_anew_keeps_the_others(tmp_path, turned):
    whole = ceilings()
    part = ceilings(ceiling("torch", "product", 3e9, dtype="float32"), created="2026-02-01T00:00:00Z")
    for one in (part, whole) if turned else (whole, part):
        filed.write_ceilings(tmp_path, one)
    told = filed.ceilings(tmp_path, MACHINE, 2)
    held = {(one.arm, one.kind, one.dtype): one.best for one in told.found}
    assert held == {(one.arm, one.kind, one.dtype): one.best for one in whole.found} | {
        ("torch", "product", "float32"): 3e9
    }
    assert (told.since, told.created) == (whole.created, part.created)
    assert told.versions == whole.versions


def test_a_breakdown_of_other_code_is_left_out(tmp_path, monkeypatch):
    filed.write_breakdown(tmp_path, breakdown("torch", {"step": 1.0}))
    monkeypatch.setattr(measuring, "sources", lambda: "6" * 64)
    assert filed.breakdowns(tmp_path, ["torch"], MACHINE, 2) == []


@pytest.mark.parametrize(
    ("machine", "threads"), [(MACHINE, 1), ({**MACHINE, "cores_used": 4}, 2), ({**MACHINE, "cpu": "another"}, 2)]
)
def test_those_of_another_machine_or_of_other_threads_are_not(tmp_path, machine, threads):
    filed.write_ceilings(tmp_path, ceilings())
    filed.write_breakdown(tmp_path, breakdown("torch", {"step": 1.0}))
    assert filed.ceilings(tmp_path, machine, threads) is None
    assert filed.breakdowns(tmp_path, ["torch"], machine, threads) == []


def test_what_was_reached_with_another_version_is_left_out(tmp_path, monkeypatch):
    filed.write_ceilings(tmp_path, ceilings())
    filed.write_breakdown(tmp_path, breakdown("keras-jax", {"step": 1.0}))
    monkeypatch.setattr(registry, "versions", lambda spec: {spec.name: "1.0" if spec.name == "torch" else "2.0"})
    assert {one.arm for one in filed.ceilings(tmp_path, MACHINE, 2).found} == {"torch"}
    assert filed.breakdowns(tmp_path, ["keras-jax"], MACHINE, 2) == []


def test_breakdowns_come_in_the_order_of_the_arms(tmp_path):
    for arm in ("torch", "keras-jax", "keras-torch"):
        filed.write_breakdown(tmp_path, breakdown(arm, {"step": 1.0}))
    filed.write_breakdown(tmp_path, last := breakdown("torch", {"step": 2.0}, created="2026-02-01T00:00:00Z"))
    told = filed.breakdowns(tmp_path, ["keras-jax", "torch"], MACHINE, 2)
    assert [one.arm for one in told] == ["keras-jax", "torch"]
    assert told[1] == last


def test_what_is_damaged_is_left_out(tmp_path):
    path = filed.write_ceilings(tmp_path, ceilings())
    path.write_text(path.read_text().replace("80000000000", "90000000000"))
    assert filed.ceilings(tmp_path, MACHINE, 2) is None


def test_no_folder_nothing(tmp_path):
    assert filed.ceilings(tmp_path, MACHINE, 2) is None
    assert filed.breakdowns(tmp_path, ["torch"], MACHINE, 2) == []
