"""Figures as a reader sees them, the same in Markdown and in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from harness import stats
from harness.contract import Metric, Workload
from harness.report.comparison import Comparison, FurtherRace
from harness.report.race import Contention
from harness.report.row import Row
from harness.report.text import number, one_line
from harness.schema import ArmStatus, Suite

MISSING = "–"

MOST = 24
"""Comparisons that a report has pictures of, and a terminal tables: nobody looks at more, and each takes time."""

Show: TypeAlias = Callable[[str], str]
"""How a name is shown."""


@dataclass(frozen=True)
class Scale:
    """How a workload's metric is shown: its name, factor, units and decimals."""

    metric: str
    factor: float
    unit: str
    difference_unit: str
    decimals: int

    @classmethod
    def of(cls, workload: Workload) -> Scale:
        """Return how the workload's metric is shown: shares in per cent and percentage points, all else as it is."""
        return SCALES[workload.metric]

    def show(self, value: float, *, signed: bool = False) -> str:
        """Return the value without its unit."""
        shown = f"{value * self.factor:{'+' if signed else ''}z.{self.decimals}f}"
        return shown.replace("-", "−")

    def plain(self, value: float) -> str:
        """Return a bound that somebody chose, with its unit and no more digits than it has."""
        return f"{value * self.factor:g} {self.unit}".rstrip().replace("-", "−")

    def margin(self, value: float) -> str:
        """Return a margin with its sign and unit."""
        return f"±{value * self.factor:g} {self.difference_unit}".rstrip()


SCALES: Mapping[Metric | None, Scale] = {
    "accuracy": Scale("accuracy", 100.0, "%", "pp", 2),
    "told_apart": Scale("told apart", 100.0, "%", "pp", 2),
    "iou": Scale("IoU", 100.0, "%", "pp", 2),
    "r2": Scale("R²", 1.0, "", "", 4),
    "mse": Scale("mean squared error", 1.0, "", "", 5),
    "elbo": Scale("ELBO", 1.0, "nats", "nats", 2),
    "bits_per_character": Scale("bits per character", 1.0, "", "", 3),
    None: Scale("accuracy", 100.0, "%", "pp", 2),  # no figure is ever shown in it
}


@dataclass
class Notes:
    """Numbered notes under a table; equal texts share a number."""

    texts: dict[str, int] = field(default_factory=dict)

    def mark(self, shown: str, text: str | None) -> str:
        """Return what is shown, with the number of its note if it has one."""
        if text is None:
            return shown
        return f"{shown} ({self.texts.setdefault(text, len(self.texts) + 1)})"


def metric(value: stats.Mean, scale: Scale) -> str:
    """Return a mean ± half the width of its interval."""
    half = "" if value.half_width is None else f" ± {scale.show(value.half_width)}"
    return scale.show(value.estimate) + half


def difference(value: stats.Difference, scale: Scale, *, short: bool = False) -> str:
    """Return a difference with its interval, or shorter with ± half its width."""
    shown = scale.show(value.estimate, signed=True)
    if value.interval is None:
        return shown
    low, high = value.interval.low, value.interval.high
    if short:
        return f"{shown} ± {scale.show((high - low) / 2)}"
    return f"{shown} [{scale.show(low, signed=True)}, {scale.show(high, signed=True)}]"


def ratio(value: stats.Ratio | stats.Level) -> str:
    """Return a ratio, or another positive figure over launches, with its interval."""
    shown = number(value.estimate)
    if value.interval is None:
        return shown
    return f"{shown} [{number(value.interval.low)}, {number(value.interval.high)}]"


def verdicts(row: Row, *, reference: bool, learns: bool = True) -> str:
    """Return the verdicts on time and on accuracy; on the reference there is none but that its times are worthless.

    Args:
        row: Whose.
        reference: Whether it is the reference.
        learns: Whether the workload learns something; if not, there is no accuracy to speak of.
    """
    if reference:
        return f"reference, {row.time_verdict}" if row.time_verdict else "reference"
    if not learns:
        return str(row.time_verdict or MISSING)
    time, accuracy = row.time_verdict or MISSING, row.accuracy_verdict or MISSING
    return str(time) if time == accuracy else f"{time} · {accuracy}"


def mean(value: stats.Mean) -> str:
    """Return a mean of no unit ± half the width of its interval."""
    half = "" if value.half_width is None else f" ± {number(value.half_width)}"
    return (number(value.estimate) + half).replace("-", "−")


def proven(worst: Mapping[str, float]) -> list[str]:
    """Return what the gates of parity found at worst, by gate, in words."""
    shown = (("outputs of all layers", "forward"), ("all gradients", "backward"))
    return [
        f"{what} within {figure:.1e} ({precision})"
        for what, gate in shown
        for precision in ("fp64", "fp32")
        if (figure := worst.get(f"{gate} {precision}")) is not None
    ]


UNKNOWN = "What was proven before the race is not on record."


def role(arm: ArmStatus, suite: Suite) -> str:
    """Return what an arm does in a run."""
    if arm.name not in suite.arms and suite.baselines:
        return "classical models"
    return "witness" if arm.witness else "raced"


STOCK = (
    "Stock track: architecture, data, batches and their order, schedule and penalties are the same in all arms; the "
    "optimizer's numbers and the initial values are each framework's own."
)


CONTENTION = (
    "launches",
    "rounds",
    "disturbed",
    "reruns",
    "left out",
    "largest pressure (%)",
    "largest foreign load (%)",
)
"""What ``contention`` returns, in order."""

ABOUT_CONTENTION = (
    "A round is disturbed when any arm's block in it was, and is then run again; left out when no repetition was "
    "clean. Pressure: share of a block in which some task waited for a core. Foreign load: share of all cores "
    "that other processes used. A dash: this machine does not tell."
)


def contention(found: Contention) -> list[str]:
    """Return what disturbed a race."""
    counts = (found.launches, found.rounds, found.disturbed, found.reruns, found.left)
    shares = (MISSING if share is None else f"{100 * share:.1f}" for share in (found.pressure, found.foreign))
    return [*map(str, counts), *shares]


def share(part: int, whole: int) -> str:
    """Return 3, or 2 of 3 where some are missing."""
    return str(part) if part >= whole else f"{part} of {whole}"


class Cells:
    """The cells of one comparison's tables, with one series of notes."""

    def __init__(self, comparison: Comparison, *, short: bool = False) -> None:
        self.comparison = comparison
        self.scale = Scale.of(comparison.workload)
        self.learns = comparison.workload.metric is not None
        self.notes = Notes()
        self.short = short

    def race(self, row: Row) -> list[str]:
        """Return mode, metric, difference, step time, ratio and verdicts of an arm; of metrics only what learns."""
        reference = row.arm == self.comparison.reference
        return [
            self._cell(row, "mode", None if row.mode is None else one_line(row.mode)),
            *(self._learnt(row, reference) if self.learns else ()),
            self._cell(row, "step_ms", None if row.step_ms is None else number(row.step_ms)),
            self._cell(row, "ratio", None if row.ratio is None else ratio(row.ratio), reference),
            verdicts(row, reference=reference, learns=self.learns),
        ]

    def _learnt(self, row: Row, reference: bool) -> list[str]:
        apart = None if row.difference is None else difference(row.difference, self.scale, short=self.short)
        return [
            self._cell(row, "metric", None if row.metric is None else metric(row.metric, self.scale)),
            self._cell(row, "difference", apart, reference),
        ]

    def further(self, row: Row, race: FurtherRace) -> list[str]:
        """Return the time of a forward pass or an epoch, its ratio, the verdict on it, and the launches behind it."""
        reference = row.arm == race.reference
        verdict = "reference" if reference else MISSING
        return [
            self._cell(row, "step_ms", None if row.step_ms is None else number(row.step_ms)),
            self._cell(row, "ratio", None if row.ratio is None else ratio(row.ratio), reference),
            str(row.time_verdict or verdict),
            self._cell(row, "launches", share(row.launches, self.comparison.launches)),
        ]

    def cost(self, row: Row) -> list[str]:
        """Return first step, cold start, memory, parameters, and how much evidence there is."""
        comparison = self.comparison
        return [
            self._fresh(row, "first_step_s", number),
            self._fresh(row, "cold_start_s", number),
            self._fresh(row, "peak_rss_mib", "{:,.0f}".format),
            self._cell(row, "parameters", None if row.parameters is None else f"{row.parameters:,}"),
            self._cell(row, "seeds", share(row.seeds, comparison.seeds)),
            self._cell(row, "launches", None if row.witness else share(row.launches, comparison.launches)),
            self._cell(row, "rounds", f"{row.contended_rounds} of {row.rounds}" if row.rounds else None),
        ]

    def _fresh(self, row: Row, figure: str, show: Callable[[float], str]) -> str:
        """Return a figure of fresh processes with the number of launches that gave it."""
        value: float | None = getattr(row, figure)
        return self._cell(row, figure, None if value is None else f"{show(value)} (n={row.fresh[figure]})")

    def _cell(self, row: Row, figure: str, shown: str | None, reference: bool = False) -> str:
        if reference:
            return "reference"
        return self.notes.mark(MISSING if shown is None else shown, row.notes.get(figure))
