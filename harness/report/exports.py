"""What became of exports: a line for each workload, arm and form."""

from __future__ import annotations

from collections.abc import Sequence

from harness.report.figures import MISSING
from harness.report.sheets import Field, Sheet
from harness.schema import Exports, ExportTrial


def sheet(found: Sequence[Exports]) -> Sheet:
    """Return every trial of every model, with the reasons of what is not as one would like it."""
    rows = [(one, trial) for one in found for trial in one.trials]
    return Sheet(
        name="exports",
        about=(
            "Models after a few train steps, each written by one process and run by another, on test data. Largest "
            "error: of an output, relative to the RMS of the arm's own. Batch: whether one of another size runs too."
        ),
        header=("workload", "arm", "form", "outcome", "largest error", "batch", "kB", "seconds"),
        names=4,
        keys=tuple((one.workload, one.arm) for one, _ in rows),
        rows=tuple((Field(one.workload), Field(one.arm), *_trial(trial)) for one, trial in rows),
    )


def _trial(trial: ExportTrial) -> tuple[Field, ...]:
    kilobytes = None if trial.bytes is None else trial.bytes / 1000
    return (
        Field(trial.form),
        Field(trial.outcome, note=trial.reason),
        _figure(trial.error, ".1e"),
        Field({True: "free", False: "fixed", None: MISSING}[trial.free_batch]),
        _figure(kilobytes, ",.1f"),
        _figure(trial.seconds, ".1f"),
    )


def _figure(value: float | None, form: str) -> Field:
    return Field(MISSING) if value is None else Field(f"{value:{form}}", value)
