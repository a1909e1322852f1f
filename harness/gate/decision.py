"""Claims decided: held, failed or open, with the chance of any false alarm in a run kept below one per cent."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from harness import stats
from harness.gate.claims import Claim

ALARM = 0.01
"""Chance, at most, that a run fails although every claim is true (Holm over all claims that are tested)."""


class State(enum.StrEnum):
    """What became of a claim."""

    HELD = "held"
    FAILED = "FAILED"
    OPEN = "open"


@dataclass(frozen=True)
class Decision:
    """A claim and what became of it.

    Attributes:
        p_against: Adjusted over the run; null where nothing was tested.
        rivals: How many claims of the run are tested.
    """

    claim: Claim
    state: State
    p_against: float | None
    rivals: int

    @property
    def wanted(self) -> str:
        """What would decide it, in words: if it is a fault, whatever becomes of the others. Empty if it is decided."""
        return self.claim.wanted(ALARM / max(self.rivals, 1)) if self.state is State.OPEN else ""


def decide(claims: Sequence[Claim]) -> list[Decision]:
    """Decide every claim.

    A claim fails if it is known to be false, or if a test at 1 % over the whole run shows that more was lost than is
    allowed. It holds if it is known to be true, or if a test at 5 % shows that less was lost. What neither test decides
    is open.
    """
    tested = [claim for claim in claims if claim.p_against is not None]
    adjusted = dict(zip(map(id, tested), stats.holm([claim.p_against or 0.0 for claim in tested]), strict=True))
    return [Decision(claim, *_decide(claim, adjusted.get(id(claim))), len(tested)) for claim in claims]


def _decide(claim: Claim, p_against: float | None) -> tuple[State, float | None]:
    if claim.true is not None:
        return (State.HELD if claim.true else State.FAILED), None
    if p_against is not None and p_against < ALARM:
        return State.FAILED, p_against
    held = claim.p_for is not None and claim.p_for < stats.DECIDED
    return (State.HELD if held else State.OPEN), p_against
