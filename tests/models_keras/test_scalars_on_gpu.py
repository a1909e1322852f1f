"""On a GPU update rules of Keras on torch take scalars as tensors: the same updates, and no step waits for a number."""

import pytest


@pytest.mark.parametrize(("precision", "bound"), [("fp64", 1e-13), ("fp32", 5e-6)])
def test_tensors_give_what_numbers_give(run_check, precision, bound):
    told = run_check("scalars_check.py", "torch", precision)
    assert len(told) == 21
    assert {name: difference for name, (difference, _) in told.items() if not difference <= bound} == {}


def test_no_step_in_float32_reads_a_number_from_a_tensor(run_check):
    """Which on a GPU would wait for all that has been asked of it. In float64, which nobody races, a decay does."""
    told = run_check("scalars_check.py", "torch", "fp32")
    assert {name: read for name, (_, read) in told.items() if read} == {}
