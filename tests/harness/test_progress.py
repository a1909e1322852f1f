import pytest

from harness.contract import Cell, Outcome
from harness.progress import RichProgress
from harness.schema import Record


def record(index=0, attempt=1, outcome=Outcome.OK, reason=None):
    cell = Cell("step", "mlp_digits", "torch", "fp32", threads=1, batch_size=64, epochs=2, index=index)
    return Record(
        key=f"key{index}", cell=cell, attempt=attempt, outcome=outcome, reason=reason, started="2026", seconds=1.0
    )


@pytest.fixture
def told(capsys):
    """Lines on stderr so far; nothing may go to stdout."""

    def told():
        printed = capsys.readouterr()
        assert printed.out == ""
        return printed.err.splitlines()

    return told


def test_one_line_a_sitting_off_a_terminal(told):
    with RichProgress() as progress:
        progress.begin(cells=4, done=0)
        for event in ("torch: start", "round 1 of 8"):
            progress.step("mlp_digits-fp32-0", event)
        progress.record(record())
        progress.step("mlp_digits-fp32-1", "torch: start")
    assert told() == ["[0/4] mlp_digits-fp32-0", "[1/4] mlp_digits-fp32-1"]


def test_a_second_attempt_is_not_a_second_cell(told):
    with RichProgress() as progress:
        progress.begin(cells=2, done=0)
        progress.record(record(outcome=Outcome.CRASHED, reason="open: killed by SIGSEGV"))
        progress.record(record(attempt=2))
        progress.step("next", "torch: start")
    assert told()[-1] == "[1/2] next"


def test_what_is_measured_already_counts(told):
    with RichProgress() as progress:
        progress.begin(cells=6, done=4)
        progress.step("next", "torch: start")
    assert told() == ["4 of 6 cells are already measured", "[4/6] next"]


@pytest.mark.parametrize("outcome", [Outcome.OK, Outcome.UNSUPPORTED])
def test_what_went_as_expected_is_not_told(told, outcome):
    with RichProgress() as progress:
        progress.record(record(outcome=outcome, reason="why"))
    assert told() == []


def test_a_failure_is_told_on_one_line_however_long_and_odd(told):
    reason = "open: ValueError: [red]x[/red] " + "long " * 50 + "end"
    with RichProgress() as progress:
        progress.record(record(index=3, outcome=Outcome.CRASHED, reason=reason.replace("long end", "long\n   end")))
    assert told() == [f"mlp_digits torch step 3: crashed: {reason}"]
