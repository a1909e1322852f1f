"""Facts about the frameworks that no run measures, each with its source and the day on which it was seen."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, TypeAdapter

from harness import registry
from harness.advice.criteria import CRITERIA
from harness.advice.finding import Finding
from harness.advice.ground import Ground
from harness.advice.scores import by_share
from harness.schema import Model

FILE = Path(__file__).with_name("ecosystem.yaml")

Text = Annotated[str, Field(min_length=1)]


class Answer(Model):
    """What holds of arms that are made alike.

    Attributes:
        says: What stands at the source, in short.
        source: An address, or which metadata or file of an installed distribution.
        seen: When it was read there.
    """

    holds: bool
    says: Text
    source: Text
    seen: datetime.date


class Fact(Model):
    """A question that is answered with yes or no.

    Attributes:
        answers: By what arms are made of: the frameworks that they need, joined by ``+``.
    """

    name: Text
    question: Text
    answers: dict[str, Answer] = Field(min_length=1)

    def of(self, modules: Sequence[str]) -> Answer | None:
        """Return the answer for an arm that needs these modules; None if there is none."""
        return self.answers.get("+".join(module for module in modules if module in registry.FRAMEWORKS))


@dataclass(frozen=True)
class Line:
    """A fact as it bears on the arms of a run, of which each has an answer."""

    fact: Fact
    answers: Mapping[str, Answer]


@functools.cache
def facts() -> tuple[Fact, ...]:
    """Return all facts on file."""
    return tuple(TypeAdapter(list[Fact]).validate_python(yaml.safe_load(FILE.read_text(encoding="utf-8"))))


def lines(arms: Sequence[str]) -> list[Line]:
    """Return the facts that bear on every one of the arms."""
    known = registry.every_arm()
    found = []
    for fact in facts():
        answers = {arm: answer for arm in arms if arm in known and (answer := fact.of(known[arm].needs))}
        if answers and set(answers) == set(arms):
            found.append(Line(fact, answers))
    return found


def ecosystem(ground: Ground) -> Finding:
    """Count the facts that hold of each arm."""
    found = lines(ground.arms)
    if not found:
        return Finding.none("ecosystem", "no fact is on file that bears on every arm of the run")
    counts = {arm: sum(line.answers[arm].holds for line in found) for arm in ground.arms}
    return Finding(
        CRITERIA["ecosystem"],
        shown={arm: f"{count} of {len(found)}" for arm, count in counts.items()},
        scores=by_share({arm: count / len(found) for arm, count in counts.items()}),
        about=f"{len(found)} facts with their sources, below",
    )
