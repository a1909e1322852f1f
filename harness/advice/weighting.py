"""How much each criterion counts: four profiles, or a file of the user's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, ValidationError, field_validator

from harness.advice.criteria import CRITERIA
from harness.matrix import StrictLoader, explain
from harness.registry import UnknownName, hint
from harness.schema import Model

PROFILES = Path(__file__).with_name("profiles")
DEFAULT = "research"

Weight = Annotated[float, Field(ge=0, strict=True)]


class WeightsError(ValueError):
    """Weights that cannot be used. The message names the file, the field and what would be accepted."""


class Weighting(Model):
    """Weights of criteria; those that are not named have none.

    Attributes:
        title: What the weights are for.
        why: In a sentence.
    """

    title: Annotated[str, Field(min_length=1)] = "weights of your own"
    why: str = ""
    weights: dict[str, Weight]

    @field_validator("weights")
    @classmethod
    def _of_criteria(cls, weights: dict[str, float]) -> dict[str, float]:
        if unknown := [name for name in weights if name not in CRITERIA]:
            told = (f"unknown criterion {name!r}; {hint(name, CRITERIA)}" for name in unknown)
            raise ValueError("; ".join(told))
        if not any(weights.values()):
            raise ValueError("every weight is 0, so that nothing counts")
        return weights

    def of(self, criterion: str) -> float:
        """Return the weight of a criterion."""
        return self.weights.get(criterion, 0.0)


def profiles() -> dict[str, Path]:
    """Return the shipped profiles by name."""
    return {path.stem: path for path in sorted(PROFILES.glob("*.yaml"))}


def profile(name: str) -> Weighting:
    """Return a shipped profile.

    Raises:
        UnknownName: If there is none of that name.
    """
    if name not in profiles():
        raise UnknownName("profile", name, profiles())
    return read(profiles()[name])


def read(path: Path) -> Weighting:
    """Read a file of weights.

    Raises:
        WeightsError: If there is none, or it cannot be used.
    """
    try:
        content = StrictLoader(path.read_text(encoding="utf-8")).get_single_data()
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise WeightsError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        given = "an empty file" if content is None else type(content).__name__
        raise WeightsError(f"{path}: a file of weights is a mapping with the field weights, not {given}")
    try:
        return Weighting.model_validate(content)
    except ValidationError as error:
        raise WeightsError("\n".join(f"{path}: {line}" for line in explain(error, Weighting.model_fields))) from error
