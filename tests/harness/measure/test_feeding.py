"""Rates of a pipeline, by a clock that sessions of known speed move."""

import time

import numpy as np
import pytest

from harness.measure import feeding
from harness.measure.feeding import rates

X, Y = np.zeros((100, 2)), np.zeros(100)
ORDERS = [np.arange(100)] * 4


class Clock:
    """Seconds that only sessions let pass."""

    def __init__(self):
        self.now_s = 0.0

    def read(self):
        return round(self.now_s * 1e9)


class Steady:
    """A session that takes the same time for a sample whenever it is asked, and the longer the first time of a kind."""

    def __init__(self, clock, fed_s, trained_s):
        self.clock, self.fed_s, self.trained_s = clock, fed_s, trained_s
        self.passes = []
        self.lasted = []

    def feed(self, x, y, orders, batch_size):
        self._pass(len(x), orders, self.fed_s)

    def fit(self, x, y, orders, batch_size):
        self._pass(len(x), orders, self.trained_s)

    def _pass(self, samples, orders, each_s):
        new = 0.0 if any(each_s == known for known, _ in self.passes) else 10.0
        self.passes.append((each_s, len(orders)))
        self.lasted.append(new + samples * len(orders) * each_s)
        self.clock.now_s += self.lasted[-1]


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(time, "perf_counter_ns", clock.read)
    return clock


def test_rates_are_samples_a_second_and_ratios_how_many_times_those_from_memory(clock):
    loaded, plain = Steady(clock, fed_s=2e-4, trained_s=1e-2), Steady(clock, fed_s=1e-4, trained_s=8e-3)
    found = rates(loaded, plain, X, Y, ORDERS, batch_size=10)
    assert (found.pipeline, found.epoch) == pytest.approx((5000, 100))
    assert (found.pipeline_ratio, found.epoch_ratio) == pytest.approx((0.5, 0.8))


def test_what_is_short_is_gone_through_until_it_fills_a_block_however_long_it_took_at_first(clock):
    loaded, plain = Steady(clock, fed_s=1e-5, trained_s=1e-2), Steady(clock, fed_s=1e-4, trained_s=8e-3)
    rates(loaded, plain, X, Y, ORDERS, batch_size=10)
    for session in (loaded, plain):
        counted = 2 * (len(ORDERS) - 1)
        assert min(session.lasted[-counted:]) >= feeding.BLOCK_S
        assert max(session.lasted[-counted:]) <= max(1.3 * feeding.BLOCK_S, 1.0)


def test_the_share_of_disturbed_blocks_is_told(clock, monkeypatch):
    answers = iter([True] * 4 + [True, False, False] * 4)
    monkeypatch.setattr(feeding, "is_contended", lambda *_: next(answers))
    steady = Steady(clock, fed_s=1e-2, trained_s=1e-2)
    assert rates(steady, steady, X, Y, ORDERS, batch_size=10).contended == pytest.approx(1 / 3)
