"""The device's ceilings: what a process tells becomes the best of its kind, and what it does not has a reason."""

import pytest

from harness.limits import ceilings
from harness.limits.ceilings import Extent

SMALL = Extent(sizes=(16, 32), array_bytes=1 << 16, samples=2)


@pytest.fixture
def told(monkeypatch):
    """``told(answer)`` lets every process of an arm answer so, whatever is asked, by a function of what is."""
    from harness.run.process import Worker

    def told(answer):
        asked = []

        def ask(self, do, timeout_s, **request):
            asked.append((request["function"], request["arguments"]))
            return {"pressure": 0.0, "foreign": 0.0, "calls": 1} | answer(request)

        monkeypatch.setattr(Worker, "ask", ask)
        return asked

    return told


def test_the_best_of_all_sizes_with_its_median(chaos, told):
    told(lambda request: {"seconds": [2.0, 1.0, 4.0] if request["arguments"].get("size") == 16 else [64.0, 80.0, 90.0]})
    found = ceilings.measure(["healthy-one"], 1, str, SMALL).found
    (product,) = [one for one in found if one.dtype == "float32"]
    assert (product.best, product.median, product.size, product.samples) == (2 * 16**3, 16**3, 16, 3)
    (memory,) = [one for one in found if one.kind == "memory"]
    assert (memory.best, memory.size) == (3 * (1 << 16) / 64.0, 1 << 16)
    (call,) = [one for one in found if one.kind == "call"]
    assert (call.best, call.median) == (64.0, 80.0)
    assert not any(one.disturbed for one in found)
    assert [one.reason for one in found if one.kind == "transfer"] == [ceilings.NO_TRANSFER]
    assert [one.reason for one in found if one.dtype == "tf32"] == [ceilings.NO_TF32]


def test_no_larger_product_where_one_takes_long(chaos, told):
    asked = told(lambda request: {"seconds": [1.0]})
    ceilings.measure(["healthy-one"], 1, str, SMALL)
    assert {given["size"] for what, given in asked if what == "matrix_product"} == {16}


def test_what_others_disturb_is_asked_again_and_then_said(chaos, told):
    asked = told(lambda request: {"seconds": [1.0], "pressure": 0.9, "foreign": 1.0})
    found = ceilings.measure(["healthy-one"], 1, str, SMALL)
    assert [what for what, _ in asked].count("call") == 3
    assert all(one.disturbed for one in found.found if one.best)
    assert ceilings.wanting(found)


def test_a_process_that_cannot_tell_leaves_the_reason(chaos):
    found = ceilings.measure(["healthy-one", "exit-start"], 1, str, SMALL)
    reasons = {one.arm: one.reason for one in found.found if one.kind == "memory"}
    assert "chaos_arms.exercises" in reasons["healthy-one"]
    assert "exited with status 3" in reasons["exit-start"]
    assert not any(one.best for one in found.found)


@pytest.mark.long  # three processes that import PyTorch
def test_real_ceilings_are_positive():
    found = ceilings.measure(["torch"], 1, str, SMALL)
    assert all(one.best >= one.median > 0 for one in found.found if one.kind in ("product", "memory") and one.best)
    assert {one.dtype for one in found.found if one.best} >= {"float32", "bfloat16", "float64", None}
    assert not [one for one in found.found if one.best is None and one.dtype != "tf32" and one.kind != "transfer"]
