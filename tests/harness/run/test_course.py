"""The course of a training, with counters of energy that tell, and without."""

import dataclasses

import pytest

from harness import registry
from harness.contract import Checkpointing
from harness.measure.energy import UNREAD, Energy
from harness.run import course
from harness.run.course import Course


@pytest.fixture
def counter(tmp_path):
    """``counter(microjoules)`` sets the only counter of a machine; its folder is ``counter.zones``."""
    zone = tmp_path / "intel-rapl:0"
    zone.mkdir()
    (zone / "name").write_text("package-0\n")
    (zone / "max_energy_range_uj").write_text("1000000000")

    def set_to(microjoules):
        (zone / "energy_uj").write_text(str(microjoules))

    set_to.zones = tmp_path
    set_to(0)
    return set_to


def test_it_is_looked_at_between_epochs_and_energy_is_that_of_epochs_alone(counter):
    spent, metrics = [0], iter([0.5, 0.75])

    def use(microjoules):
        spent[0] += microjoules
        counter(spent[0])

    def look():
        use(40_000_000)
        return next(metrics)

    seen = Course([[2, 0, 1], [1, 2, 0]], look, Energy(counter.zones))
    taken = []
    for order in seen:
        taken.append(order)
        use(3_000_000 * len(taken))
    assert taken == [[2, 0, 1], [1, 2, 0]]
    assert len(seen) == 2
    told = seen.told(batch_size=2)
    assert told["reasons"] == {}
    assert told["course"]["metrics"] == [0.5, 0.75]
    assert told["course"]["joules"] == pytest.approx([3.0, 6.0])
    assert told["course"]["steps"] == 2, "three samples in batches of two"
    assert len(told["course"]["seconds"]) == 2


def test_without_a_counter_energy_is_null_and_says_why(tmp_path):
    seen = Course([[0]], lambda: 0.5, Energy(tmp_path))
    assert list(seen) == [[0]]
    told = seen.told(batch_size=1)
    assert (told["course"]["joules"], told["reasons"]) == (None, {"joules": UNREAD})


def test_some_trainings_cannot_be_looked_at():
    found = registry.find_workload("mlp_digits")
    assert course.unseen(found) is None
    assert course.unseen(dataclasses.replace(found, metric=None)) == course.NO_METRIC
    assert course.unseen(dataclasses.replace(found, checkpointing=Checkpointing())) == course.IN_PARTS
