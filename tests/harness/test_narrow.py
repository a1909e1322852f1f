import pytest

from harness.matrix import SuiteError
from harness.narrow import narrow
from harness.registry import UnknownName
from harness.schema import FEWEST, Suite
from harness.stats import MIN_LAUNCHES

SUITE = Suite(
    name="mine",
    title="Mine",
    arms=["torch", "numpy"],
    precisions=["fp32"],
    launches=3,
    seeds=3,
    workloads=[{"name": "mlp_digits", "epochs": 5, "precisions": ["fp32", "bf16"]}, {"name": "softmax_digits"}],
)


def test_nothing_asked_changes_nothing():
    assert narrow(SUITE, launches=None, seeds=None) == SUITE


def test_arms_are_those_asked_for_in_that_order():
    assert narrow(SUITE, arms=["keras-jax", "torch", "keras-jax"]).arms == ["keras-jax", "torch"]


def test_a_workload_of_the_suite_keeps_its_own_settings():
    own, other = narrow(SUITE, workloads=["mlp_digits", "lenet_mnist5k"]).workloads
    assert own == SUITE.workloads[0]
    assert (other.name, other.epochs, other.precisions) == ("lenet_mnist5k", None, None)


def test_precisions_hold_for_every_workload():
    narrowed = narrow(SUITE, precisions=["fp64"])
    assert narrowed.precisions == ["fp64"]
    assert [choice.precisions for choice in narrowed.workloads] == [None, None]


def test_epochs_hold_for_every_workload():
    assert [choice.epochs for choice in narrow(SUITE, epochs=2).workloads] == [2, 2]


def test_counts_replace_those_of_the_suite():
    narrowed = narrow(SUITE, launches=0, seeds=9, rounds=None, timeout_s=5.0)
    assert (narrowed.launches, narrowed.seeds, narrowed.rounds, narrowed.timeout_s) == (0, 9, SUITE.rounds, 5.0)


def test_launches_too_few_to_be_added_to_are_not():
    growing = SUITE.model_copy(update={"launches": 8, "most_launches": 18})
    assert narrow(growing, launches=0).most_launches is None
    assert narrow(growing, launches=9).most_launches == 18
    assert FEWEST == MIN_LAUNCHES
    with pytest.raises(SuiteError, match="most_launches 18: launches are added to 8 at least"):
        narrow(growing, launches=0, most_launches=18)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"arms": ["torhc"]}, "unknown arm 'torhc'; did you mean 'torch'"),
        ({"workloads": ["mlp_digit"]}, "unknown workload 'mlp_digit'; did you mean 'mlp_digits'"),
        ({"precisions": ["fp23"]}, "unknown precision 'fp23'; did you mean 'fp32'"),
    ],
)
def test_unknown_names_are_answered_with_the_nearest(asked, message):
    with pytest.raises(UnknownName, match=message):
        narrow(SUITE, **asked)


@pytest.mark.parametrize(("count", "value"), [("launches", -1), ("seeds", 1.5), ("rounds", 0), ("timeout_s", -2.0)])
def test_a_count_out_of_range_is_named(count, value):
    with pytest.raises(SuiteError, match=f"field '{count}': .*, not {value}"):
        narrow(SUITE, **{count: value})
