"""Facts about the frameworks that no run measures, each with its source and the day on which it was seen."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

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
    """What holds of one module.

    Attributes:
        says: What stands at the source, in short.
        source: An address, or which metadata or file of an installed distribution.
        seen: When it was seen there.
    """

    holds: bool
    says: Text
    source: Text
    seen: datetime.date


class Fact(Model):
    """A question that is answered with yes or no.

    Attributes:
        enough: Whether it has to hold of all modules of an arm, or of any.
        answers: By module, as arms need it.
    """

    name: Text
    question: Text
    enough: Literal["all", "any"] = "all"
    answers: dict[str, Answer] = Field(min_length=1)

    def of(self, modules: Sequence[str]) -> bool | None:
        """Return whether it holds of modules, of which those without an answer say nothing; None if none has one."""
        known = [self.answers[module].holds for module in modules if module in self.answers]
        if not known:
            return None
        return all(known) if self.enough == "all" else any(known)


@dataclass(frozen=True)
class Line:
    """A fact as it bears on the arms of a run.

    Attributes:
        holds: Arm -> whether it holds.
        answers: Module -> answer, of the modules that the arms need.
    """

    fact: Fact
    holds: Mapping[str, bool]
    answers: Mapping[str, Answer]


@functools.cache
def facts() -> tuple[Fact, ...]:
    """Return all facts on file."""
    return tuple(TypeAdapter(list[Fact]).validate_python(yaml.safe_load(FILE.read_text(encoding="utf-8"))))


def lines(arms: Sequence[str]) -> list[Line]:
    """Return the facts that bear on every one of the arms."""
    known = registry.every_arm()
    needs = {arm: known[arm].needs for arm in arms if arm in known}
    found = []
    for fact in facts():
        holds = {arm: answer for arm, modules in needs.items() if (answer := fact.of(modules)) is not None}
        if holds and set(holds) == set(arms):
            modules = dict.fromkeys(module for arm in arms for module in needs[arm])
            found.append(Line(fact, holds, {m: fact.answers[m] for m in modules if m in fact.answers}))
    return found


def ecosystem(ground: Ground) -> Finding:
    """Count the facts that hold of each arm."""
    found = lines(ground.arms)
    if not found:
        return Finding.none("ecosystem", "no fact is on file that bears on every arm of the run")
    counts = {arm: sum(line.holds[arm] for line in found) for arm in ground.arms}
    return Finding(
        CRITERIA["ecosystem"],
        shown={arm: f"{count} of {len(found)}" for arm, count in counts.items()},
        scores=by_share({arm: count / len(found) for arm, count in counts.items()}),
        about=f"{len(found)} facts with their sources, below",
    )
