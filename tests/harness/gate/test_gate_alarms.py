"""How often the gate cries wolf, and how often it sleeps: runs resampled from a recorded one, as large as suite ci."""

import pytest

from benchmarks import gate_power
from harness.gate import claims
from harness.matrix import read_suite

SUITE = read_suite("ci")
SIZE = SUITE.launches, SUITE.seeds
NULLS, PLANTED = 1000, 100
LEAST_ALLOWED = 0.01
"""Share of runs without any fault in which anything may fail."""

PER_RUN = 0.95
"""Share of runs with a fault in which that must fail."""


@pytest.mark.parametrize("size", [SIZE, (8, 8), (8, 5)])
def test_runs_without_a_fault_pass(size):
    rate, _ = gate_power.alarms(NULLS, *size)
    assert rate <= LEAST_ALLOWED


def test_runs_that_lost_just_what_is_allowed_pass():
    rate, _ = gate_power.alarms(NULLS, *SIZE, slower=1 + claims.Tolerances().speed)
    assert rate <= LEAST_ALLOWED


@pytest.fixture(scope="module")
def power():
    return gate_power.power(PLANTED, *SIZE)


@pytest.mark.parametrize(("fault", "places"), [("slower", 12), ("worse", 16)])
def test_a_fault_in_a_single_arm_on_a_single_workload_is_seen(power, fault, places):
    assert len(power[fault]) == places
    asleep = {place: share for place, share in power[fault].items() if share < PER_RUN}
    assert not asleep


def test_a_fault_is_planted_in_one_place_only():
    (drawn, _), *_ = gate_power.pairs(1, *SIZE)
    sound = gate_power.run(drawn)
    for faults in gate_power.faults().values():
        for fault in faults:
            found = gate_power.planted(sound, drawn, fault)
            changed = {
                (comparison.workload.name, row.arm)
                for comparison, before in zip(found.comparisons, sound.comparisons, strict=True)
                for row, was in zip(comparison.rows, before.rows, strict=True)
                if (row.metric, row.ratio) != (was.metric, was.ratio)
            }
            assert changed == {(fault.workload, fault.arm)}
