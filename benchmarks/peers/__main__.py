"""How fast ours are beside their peers, from the records of races: ``python -m benchmarks.peers RUN…``.

A RUN is the folder of a run of one of the suites beside this file. Prints, for each framework and architecture, the
speed of ours over the peer's (the peer's time over ours) with its 95 % interval, and whether that is level: an
estimate of .98 or more with a lower bound of .95 or more. Exit status 1 if anything is slower: its whole interval lies
below .98.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from harness import registry, stats
from harness.report.summary import summarize
from harness.report.tables import table
from harness.store.folder import RunFolder

LEAST, LOWEST = 0.98, 0.95
"""Of the estimate and of the lower bound of its interval."""

SLOWER = "**slower**"


class Race(NamedTuple):
    """Ours against a peer, on one architecture."""

    arm: str
    workload: str
    what: str
    launches: int
    ours_ms: float | None
    ratio: stats.Ratio | None
    note: str

    @property
    def verdict(self) -> str | None:
        """What the interval shows; None where nothing was measured."""
        if self.ratio is None:
            return None
        found = self.ratio.interval
        if found is not None and found.high < LEAST:
            return SLOWER
        if found is None or found.low < LOWEST or self.ratio.estimate < LEAST:
            return "too wide to tell"
        return "level"


def races(folder: Path) -> Iterator[Race]:
    """Yield what a run measured."""
    run = RunFolder(folder)
    records, _ = run.read_records()
    for comparison in summarize(run.read_manifest(), records, registry.workloads()).comparisons:
        for what, (ours, peer) in zip(("train step", "inference"), comparison.timed, strict=False):
            note = peer.notes.get("ratio") or ours.notes.get("step_ms") or ""
            yield Race(ours.arm, comparison.workload.name, what, peer.launches, ours.step_ms, peer.ratio, note)


def cells(race: Race) -> list[str]:
    """Return a race as a line of the table."""
    shown = "–" if race.ratio is None else f"{race.ratio.estimate:.3f}"
    if race.ratio is not None and race.ratio.interval is not None:
        shown += f" [{race.ratio.interval.low:.3f}, {race.ratio.interval.high:.3f}]"
    ours = "–" if race.ours_ms is None else f"{race.ours_ms:.1f}"
    return [race.arm, race.workload, race.what, ours, shown, str(race.launches), race.verdict or race.note]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("run", nargs="+", type=Path, help="folder of a run")
    found = [race for folder in parser.parse_args().run for race in races(folder)]
    header = ["ours", "workload", "what", "ours (ms)", "our speed over the peer's [95 %]", "launches", ""]
    print(table(header, map(cells, found), right=(3, 4, 5)))
    sys.exit(any(race.verdict == SLOWER for race in found))


if __name__ == "__main__":
    main()
