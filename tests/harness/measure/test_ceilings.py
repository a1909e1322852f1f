"""Timing a piece of work: every sample has its calls, and each waits once."""

import time

from harness.measure.ceilings import LEAST_S, sample


class Work:
    """Something to do that counts how often it was done and waited for."""

    def __init__(self, seconds=0.0):
        self.seconds, self.done, self.waited = seconds, 0, []

    def run(self):
        self.done += 1
        until = time.perf_counter() + self.seconds
        while time.perf_counter() < until:
            pass
        return self.done

    def wait(self, result):
        self.waited.append(result)


def test_samples_are_filled_with_calls_and_waited_for_once_each():
    work = Work()
    found = sample(work.run, work.wait, 3)
    assert len(found.seconds) == 3
    assert all(seconds > 0 for seconds in found.seconds)
    assert found.calls > 1
    last = work.waited[-3:]
    assert last == [work.done - 2 * found.calls, work.done - found.calls, work.done]


def test_what_takes_longer_than_a_sample_is_called_once_in_each():
    work = Work(seconds=1.1 * LEAST_S)
    found = sample(work.run, work.wait, 2)
    assert found.calls == 1
    assert min(found.seconds) >= 1.1 * LEAST_S
