"""What races said of arms beside themselves, as a report shows it: how far its verdicts may be trusted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.report import text
from harness.report.tables import table
from harness.schema import Certificate, OneLaunch, Planted, Share
from harness.stats import MIN_LAUNCHES, SAME_RATIO, TimeVerdict

MISSING = "–"
UNDECIDED = (TimeVerdict.INCONCLUSIVE, TimeVerdict.UNSTABLE, TimeVerdict.LOOK)


@dataclass(frozen=True)
class View:
    """One table of certificates: its name, what it shows, the names of its columns after the arm's, and its cells."""

    name: str
    about: str
    columns: tuple[str, ...]
    cells: Callable[[Certificate], list[str]]


def views(certificates: Sequence[Certificate]) -> list[View]:
    """Return the tables that show certificates."""
    slow_downs = ", ".join(f"{100 * planted.slow_down:.0f}" for planted in certificates[0].planted)
    return [
        View(
            "twins",
            "Each arm raced a twin of itself, the same code in a process of its own, so that the true ratio is 1. "
            f"Races of {MIN_LAUNCHES} launches, drawn from those recorded, were judged as any other. Shares are of the "
            "races that were not disturbed most of the time, with 95 % intervals over launches. Slow-downs were "
            f"planted into the recorded times; one below {100 * (SAME_RATIO - 1):.0f} % may rightly be called SAME.",
            (
                "workload",
                "launches",
                "false alarms (%)",
                "undecided, of all (%)",
                "intervals that hold 1 (%)",
                "half-width (%)",
                f"found SLOWER by {slow_downs} % (%)",
            ),
            _races,
        ),
        View(
            "twins_usual_rule",
            "What the usual rule says of the same twins: a t test over the samples of two single processes, on blocks "
            "in turns, and on the blocks of one process after those of the other.",
            (
                "in turns: spread of the ratio (%)",
                "alarms",
                "farthest",
                "one after the other: spread (%)",
                "alarms",
                "farthest",
            ),
            _single,
        ),
        View(
            "twins_spread",
            "Where the spread comes from: what a launch keeps for as long as its processes live, and what differs from "
            "round to round; and what gives the narrowest interval per minute (Kalibera and Jones 2013).",
            ("of a launch (%)", "of a round (%)", "mean ratio", "rounds to a launch", "launches for ±2 %"),
            _spread,
        ),
    ]


def chapter(certificates: Sequence[Certificate]) -> str:
    """Return the certificates as Markdown; nothing if there are none."""
    if not certificates:
        return ""
    made = "; ".join(f"{text.code(one.arm)} {text.escape(one.created[:10])}" for one in certificates)
    parts = [f"Made on this machine by `twinbench aa`: {made}."]
    for view in views(certificates):
        rows = ([text.code(name(one)), *map(text.escape, view.cells(one))] for one in certificates)
        header = ("arm beside itself", *view.columns)
        parts += [view.about, table(header, rows, right=range(1, len(header)))]
    return "\n\n".join(parts)


def name(one: Certificate) -> str:
    """Return the arm of a certificate, and what disturbed it on purpose."""
    return f"{one.arm}, {one.load} neighbours" if one.load else one.arm


def _races(one: Certificate) -> list[str]:
    return [
        f"{one.workload} {one.precision}",
        str(one.launches),
        _share(one.false_alarms),
        f"{100 * sum(one.verdicts.get(verdict, 0.0) for verdict in UNDECIDED):.1f}",
        _share(one.covered),
        MISSING if one.half_width is None else f"{100 * one.half_width:.1f}",
        ", ".join(map(_found, one.planted)),
    ]


def _single(one: Certificate) -> list[str]:
    return [cell for protocol in ("interleaved", "sequential") for cell in _usual(one.one_launch.get(protocol))]


def _usual(found: OneLaunch | None) -> list[str]:
    if found is None:
        return [MISSING] * 3
    return [f"{100 * found.spread:.1f}", f"{found.alarms} of {found.launches}", f"{found.worst:.3f}"]


def _spread(one: Certificate) -> list[str]:
    found = one.spread
    if found is None:
        return [MISSING] * 5
    return [
        f"{100 * found.launch:.1f}",
        f"{100 * found.round:.1f}",
        f"{found.mean_ratio:.3f}",
        "the more the better" if found.best_rounds is None else str(found.best_rounds),
        "over 1,000" if found.launches_wanted is None else str(found.launches_wanted),
    ]


def _share(share: Share | None) -> str:
    if share is None:
        return MISSING
    estimate = f"{100 * share.estimate:.1f}"
    if share.low is None or share.high is None:
        return estimate
    return f"{estimate} [{100 * share.low:.1f}, {100 * share.high:.1f}]"


def _found(planted: Planted) -> str:
    return MISSING if planted.slower is None else f"{100 * planted.slower.estimate:.0f}"
