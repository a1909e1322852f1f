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
    """A session that takes the same time for a sample whenever it is asked, and the longer the first time."""

    def __init__(self, clock, fed_s, trained_s):
        self.clock, self.fed_s, self.trained_s = clock, fed_s, trained_s
        self.passes = []
        self.new = 10.0

    def feed(self, x, y, orders, batch_size):
        self._pass(len(x), orders, self.fed_s)

    def fit(self, x, y, orders, batch_size):
        self._pass(len(x), orders, self.trained_s)

    def _pass(self, samples, orders, each_s):
        self.passes.append((each_s, len(orders)))
        self.clock.now_s += self.new + samples * len(orders) * each_s
        self.new = 0.0


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


def test_what_is_short_is_gone_through_until_it_fills_a_block(clock):
    loaded, plain = Steady(clock, fed_s=1e-5, trained_s=1e-2), Steady(clock, fed_s=1e-4, trained_s=1e-2)
    plain.new = loaded.new = 0.0
    rates(loaded, plain, X, Y, ORDERS, batch_size=10)
    assert sorted(set(loaded.passes)) == [(1e-5, 1), (1e-5, round(feeding.BLOCK_S / 1e-3)), (1e-2, 1)]
    assert sorted(set(plain.passes)) == [(1e-4, 1), (1e-4, round(feeding.BLOCK_S / 1e-2)), (1e-2, 1)]


def test_the_share_of_disturbed_blocks_is_told(clock, monkeypatch):
    answers = iter([True] * 4 + [True, False, False] * 4)
    monkeypatch.setattr(feeding, "is_contended", lambda *_: next(answers))
    steady = Steady(clock, fed_s=1e-2, trained_s=1e-2)
    assert rates(steady, steady, X, Y, ORDERS, batch_size=10).contended == pytest.approx(1 / 3)
