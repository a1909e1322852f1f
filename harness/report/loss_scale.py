"""What scaling of losses came to in float16: the scale, epoch by epoch, and the steps that were left out."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence

from harness.report.comparison import Comparison
from harness.report.sheets import Field, Sheet
from harness.schema import Scaled

ABOUT = (
    "In fp16 the loss is multiplied by a scale before its gradient is taken: halved, and the step left out, where a "
    "gradient is not finite; doubled after 2,000 finite ones in a row (Micikevicius et al. 2018). Steps are of all "
    "seeds together, scales those of the first seed, after each epoch."
)


def sheet(comparisons: Iterable[Comparison]) -> Sheet | None:
    """Return what every arm's scale did in training; None where no loss was scaled."""
    keys, rows = [], []
    for comparison in comparisons:
        for arm, told in _told(comparison):
            keys.append((comparison.workload.name, arm))
            steps, skipped = (sum(of) for of in zip(*((one.steps, one.skipped) for one in told), strict=True))
            shown = f"{skipped:,} of {steps:,}"
            rows.append((Field(comparison.name), Field(arm), Field(shown, skipped), Field(_history(told[0].scales))))
    header = ("pair", "arm", "steps left out", "scale")
    return Sheet("loss_scale", ABOUT, header, 2, tuple(keys), tuple(rows)) if rows else None


def _told(comparison: Comparison) -> Iterator[tuple[str, list[Scaled]]]:
    for arm, evidence in comparison.evidence.items():
        trained = [record.accuracy for _, record in sorted(evidence.trained.items())]
        if told := [one.loss_scale for one in trained if one and one.loss_scale]:
            yield arm, told


def _history(scales: Sequence[float]) -> str:
    """Return scales in order, equal ones in a row once: ``65,536 (2 epochs), 32,768 (18 epochs)``."""
    runs = ((scale, sum(1 for _ in each)) for scale, each in itertools.groupby(scales))
    return ", ".join(f"{scale:,.0f} ({count} epoch{'s' * (count > 1)})" for scale, count in runs)
