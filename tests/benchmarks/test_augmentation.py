"""What augmentation draws: the same for the same seed, and what its bounds allow. Distributions are the gate's."""

import numpy as np
import pytest

from benchmarks.techniques.augmentation import DRAWS, draw

SHAPE = (6, 1, 12, 9)
OPTIONS = {"crop": {"size": (8, 5), "padding": 2}}


def drawn(name, seed=(0, 1), shape=SHAPE, **options):
    return draw(name, shape, seed, **(OPTIONS.get(name, {}) | options))


def same(one, other):
    return all(np.array_equal(one[parameter], other[parameter]) for parameter in one)


@pytest.mark.parametrize("name", DRAWS)
def test_a_draw_follows_its_seed(name):
    assert same(drawn(name), drawn(name))
    assert any(not same(drawn(name), drawn(name, seed=(0, step))) for step in range(2, 6))


@pytest.mark.parametrize("name", DRAWS)
def test_every_sample_has_an_entry_of_its_own(name):
    assert {len(values) for values in drawn(name).values()} == {SHAPE[0]}


def test_a_crop_stays_within_the_padded_picture():
    corner = np.concatenate([drawn("crop", seed=(step,))["corner"] for step in range(200)])
    assert corner.min(axis=0).tolist() == [-2, -2]
    assert corner.max(axis=0).tolist() == [12 + 2 - 8, 9 + 2 - 5]


def test_a_box_is_within_the_picture_and_its_share_is_what_it_leaves():
    for step in range(50):
        found = drawn("cutmix", seed=(step,))
        top, left, bottom, right = found["box"].T
        assert (top >= 0).all()
        assert (left >= 0).all()
        assert (bottom <= 12).all()
        assert (right <= 9).all()
        assert found["share"] == pytest.approx(1 - (bottom - top) * (right - left) / 108)


def test_signals_move_along_their_one_axis():
    assert drawn("shift_signal", shape=(6, 3, 40))["offset"].shape == (6, 1)
