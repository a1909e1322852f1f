"""What the records of twins say: alarms where there are some, none where there are none, and what was planted."""

import random

import pytest
from report_factories import block, manifest, raced

from harness.aa.certificate import TooFewLaunches, certify

ENVIRONMENT = {"cpu": "a processor", "cores_used": 2, "source_sha256": "5" * 64}


def twins(launches, *, spread=0.01, bias=1.0, noise=0.01, contended=(), seed=0):
    """Records of an arm and its twin: what a launch keeps, a bias, and noise of the rounds."""
    draw, records = random.Random(seed), []
    for launch in range(launches):
        kept = bias * (1 + draw.gauss(0, spread))
        for arm, factor in (("torch", kept), ("torch-twin", 1.0)):
            blocks = [
                block(i, 2.0 * factor * (1 + draw.gauss(0, noise)), contended=launch in contended) for i in range(6)
            ]
            records.append(raced(arm, launch, blocks, started=f"2026-01-01T00:{launch:02d}:00Z", seconds=9.0))
    return records


def certified(records, sequential=(), load=0, launches=24):
    return certify(
        manifest(("torch", "torch-twin"), launches=launches, environment=ENVIRONMENT), records, sequential, load
    )


def test_twins_that_agree_raise_no_alarm_and_find_what_is_planted():
    found = certified(twins(24))
    assert found.false_alarms.estimate == 0.0
    assert found.verdicts["SAME"] > 0.95
    assert found.covered.estimate > 0.75, "of one set of launches, whose mean is not 0 by chance"
    assert found.half_width == pytest.approx(2.36 * 0.0135 / 8**0.5, rel=0.4)
    assert [planted.slow_down for planted in found.planted] == [0.02, 0.05, 0.1, 0.2]
    by_size = [planted.slower.estimate for planted in found.planted]
    assert by_size == sorted(by_size)
    assert by_size[1:] == pytest.approx([1.0, 1.0, 1.0], abs=0.1)
    assert all(planted.faster.estimate == 0.0 for planted in found.planted)
    assert (found.cpu, found.cores, found.launches, found.load) == ("a processor", 2, 24, 0)


def test_a_twin_that_is_always_slower_is_an_alarm():
    found = certified(twins(24, bias=1.2))
    assert found.false_alarms.estimate == 1.0
    assert found.covered.estimate == 0.0
    assert found.spread.mean_ratio == pytest.approx(1.2, rel=0.02)


def test_races_that_were_disturbed_are_no_alarms_and_are_told():
    found = certified(twins(24, bias=1.2, contended=range(24)), load=2)
    assert found.verdicts["UNSTABLE"] == 1.0
    assert found.disturbed == 1.0
    assert found.false_alarms is found.covered is found.half_width is None
    assert found.load == 2


def test_the_spread_has_the_parts_that_it_was_made_of():
    found = certified(twins(60, spread=0.05, noise=0.02)).spread
    assert found.launch == pytest.approx(0.05, rel=0.3)
    assert found.round == pytest.approx(0.02 * 2**0.5, rel=0.2)
    assert found.launch_s == pytest.approx(9.0 - found.round_s * 6, rel=0.05)


def test_the_usual_rule_takes_what_a_launch_keeps_for_a_difference():
    found = certified(twins(40, spread=0.001, noise=0.01), twins(30, spread=0.1, noise=0.001))
    turns, sequential = found.one_launch["interleaved"], found.one_launch["sequential"]
    assert (turns.launches, sequential.launches) == (40, 30)
    assert turns.alarms <= 6
    assert sequential.alarms >= 25
    assert sequential.spread == pytest.approx(0.1, rel=0.4)
    assert abs(sequential.worst - 1) > 0.1


def test_only_launches_of_both_twins_count():
    records = twins(9)
    with pytest.raises(TooFewLaunches, match="torch: 7 launches with both twins, and a race has 8"):
        certified(records[:-3] + records[-2:-1], launches=9)
