"""The health of a track: did all arms see the same data and, if they are matched, start from the same point?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.contract import STOCHASTIC, Precision, Track
from harness.schema import Record

FIRST_LOSS_TOLERANCE: dict[Precision, float] = {"fp32": 1e-5, "fp64": 1e-10}
"""Relative, over all arms: the same parameters and batch give the same loss. Mixed precision promises nothing."""


OF_FLOAT32 = ("fp32_precision", "matmul_precision", "convolution_precision", "recurrence_precision", "tf32")
"""Settings that arms read back, and that say how a GPU multiplies float32."""

ROUNDED = ("tf32", "tensorfloat32", True)
"""What they are where it first rounds to TF32."""

STRICT = ("ieee", "highest", False)
"""What they are where it does not."""


@dataclass(frozen=True)
class Agreement:
    """Whether the arms agree on something that is hashed.

    Attributes:
        what: What was hashed.
        compared: Scopes and seeds in which at least two arms gave a hash.
        conflicts: For each scope and seed in which they differ, who has which.
        silent: Arms that ran and gave no hash.
    """

    what: str
    compared: int
    conflicts: tuple[str, ...]
    silent: tuple[str, ...]


@dataclass(frozen=True)
class Health:
    """What ties the arms of a comparison together.

    Attributes:
        first_loss_spread: Largest relative spread over the arms of the first loss of a launch, before any update;
            null when fewer than two arms have one.
        tolerance: Largest spread that rounding explains; null where there is no bound.
        chance: Whether the first loss holds what each framework draws at random for itself.
        loose: What arms rounded to TF32 where strict float32 was asked for, or the reverse, by what they read back.
    """

    agreements: tuple[Agreement, ...]
    first_loss_spread: float | None
    tolerance: float | None
    chance: bool = False
    loose: tuple[str, ...] = ()

    @property
    def conflicts(self) -> tuple[str, ...]:
        """Everything in which arms that must agree do not."""
        found = [f"{a.what}, {conflict}" for a in self.agreements for conflict in a.conflicts]
        if (
            self.first_loss_spread is not None
            and self.tolerance is not None
            and self.first_loss_spread > self.tolerance
        ):
            found.append(f"first losses, relative spread {self.first_loss_spread:.1e} above {self.tolerance:.0e}")
        return (*found, *self.loose)

    @property
    def compared(self) -> int:
        """How often hashes of two or more arms were compared."""
        return sum(a.compared for a in self.agreements)


def _agreement(what: str, records: Sequence[Record], read: Callable[[Record], str | None]) -> Agreement:
    holders: dict[tuple[str, int], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    arms: dict[str, bool] = {}
    for record in records:
        cell, value = record.cell, read(record)
        arms[cell.arm] = arms.get(cell.arm, False) or value is not None
        if value is not None:
            holders[cell.scope, cell.seed][value].add(cell.arm)
    conflicts = [
        f"{scope} seed {seed}: " + "; ".join(f"{value[:8]} in {', '.join(sorted(by))}" for value, by in found.items())
        for (scope, seed), found in sorted(holders.items())
        if len(found) > 1
    ]
    return Agreement(
        what=what,
        compared=sum(len(set().union(*found.values())) > 1 for found in holders.values()),
        conflicts=tuple(conflicts),
        silent=tuple(arm for arm, spoke in arms.items() if not spoke),
    )


def _first_loss_spread(records: Sequence[Record]) -> float | None:
    losses: dict[int, dict[str, float]] = defaultdict(dict)
    for record in records:
        if record.timing is not None and record.timing.first_loss is not None:
            losses[record.cell.index][record.cell.arm] = record.timing.first_loss
    spreads = [
        (max(by.values()) - min(by.values())) / (max(map(abs, by.values())) or 1.0)
        for by in losses.values()
        if len(by) > 1
    ]
    return max(spreads, default=None)


def _loose(precision: Precision, records: Sequence[Record]) -> tuple[str, ...]:
    if precision not in ("fp32", "tf32"):
        return ()
    wrong, asked, was = (ROUNDED, "strict float32", "TF32") if precision == "fp32" else (STRICT, "TF32", "strict")
    arms: dict[str, dict[str, None]] = {}
    for record in records:
        for name in OF_FLOAT32:
            if name in record.settings and record.settings[name] in wrong:
                arms.setdefault(name, {})[record.cell.arm] = None
    return tuple(f"not {asked}: {name} was {was} in {', '.join(by)}" for name, by in arms.items())


def health(precision: Precision, records: Sequence[Record], track: Track = "matched") -> Health:
    """Return the health of one comparison, given the records of all arms that produced something.

    In the stock track every framework draws its own initial values, so neither they nor first losses need agree.
    """
    trained = [record for record in records if record.accuracy is not None]
    tolerance = FIRST_LOSS_TOLERANCE.get(precision)
    shared = (
        _agreement("batch order", trained, lambda r: None if r.accuracy is None else r.accuracy.order_sha256),
        _agreement("data", records, lambda record: record.dataset_sha256),
    )
    if track == "stock":
        return Health(shared, first_loss_spread=None, tolerance=None, loose=_loose(precision, records))
    return Health(
        agreements=(
            _agreement("initial parameters", records, lambda record: record.initial_sha256),
            *shared,
        ),
        first_loss_spread=_first_loss_spread(records),
        # Where a model draws at random, the first losses differ by what each framework draws.
        tolerance=None if (chance := any(r.settings.get(name) for r in records for name in STOCHASTIC)) else tolerance,
        chance=chance,
        loose=_loose(precision, records),
    )
