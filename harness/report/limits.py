"""The device's ceilings, what timings make of them, and where the time of a step goes: words and tables."""

from __future__ import annotations

from collections.abc import Sequence

from harness.report.achieved import Achieved, Roof, achieved
from harness.report.comparison import Comparison
from harness.report.figures import MISSING
from harness.report.scopes import WORDS
from harness.report.sheets import Field, Sheet
from harness.report.text import escape, number
from harness.schema import Breakdown, Ceiling, Ceilings, Manifest, PartTime, RoundTimes

NOT_MEASURED = (
    "Not measured on this machine, with these versions and so many threads, before this run: `twinbench doctor "
    "--ceilings` measures what the device can do at most, and later runs show what share of it each arm reaches."
)

NOT_TAKEN_APART = "`twinbench breakdown WORKLOAD` measures where the time of a step goes; later runs show it."

PRODUCTS = ("float32", "bfloat16", "float64", "float16", "tf32")

DISTURBED = "others took cores from every try: the ceiling may be higher"
DISTURBED_CALL = "others took cores from every try: a call may take less"
UNSTABLE = "UNSTABLE: other programs disturbed most launches"


def ceilings_sheet(found: Ceilings) -> Sheet:
    """Return what the device gives at most through each framework."""
    arms = list(dict.fromkeys(one.arm for one in found.found))
    held: dict[tuple[str, str, str | None], Ceiling] = {(one.arm, one.kind, one.dtype): one for one in found.found}
    rows = []
    for arm in arms:
        products = (_ceiling(held.get((arm, "product", dtype)), 1e-9) for dtype in PRODUCTS)
        units = (("memory", 1e-9), ("call", 1e6), ("transfer", 1e-9))
        others = (_ceiling(held.get((arm, kind, None)), factor) for kind, factor in units)
        rows.append((Field(arm), *products, *others))
    threads = f"{found.threads} thread{'s' if found.threads > 1 else ''}"
    arrays = next((one.size for one in found.found if one.kind == "memory" and one.size), None)
    cache = "" if found.last_cache is None else f", beside {found.last_cache / 2**20:,.0f} MiB of last-level caches"
    days = list(dict.fromkeys(day[:10] for day in (found.since, found.created) if day))
    larger = "" if arrays is None else f" (arrays of {arrays / 2**20:,.0f} MiB{cache})"
    return Sheet(
        name="ceilings",
        about=(
            f"What {escape(found.gpu) if found.gpu else 'this machine'} gives at most through each framework, on "
            f"{threads}, each in the process and with the "
            "settings of its arm: the best of all samples / their median. Products are of square matrices, of the size "
            f"that suits them best. Memory: one array added to another in place, three times its bytes{larger}. A call "
            "adds two numbers: an eager operation in PyTorch and Keras on torch, a graph or a compiled function on the "
            f"others. Measured {' to '.join(days)} by `twinbench doctor --ceilings`."
        ),
        header=(
            "arm",
            *(f"{dtype} (GFLOP/s)" for dtype in PRODUCTS),
            "memory (GB/s)",
            "call (µs)",
            "host to device (GB/s)",
        ),
        names=1,
        keys=tuple((None, arm) for arm in arms),
        rows=tuple(rows),
    )


def _ceiling(one: Ceiling | None, factor: float) -> Field:
    if one is None:
        return Field(MISSING)
    if one.best is None or one.median is None:
        return Field(MISSING, note=one.reason)
    shown = f"{number(one.best * factor)} / {number(one.median * factor)}"
    doubt = DISTURBED_CALL if one.kind == "call" else DISTURBED
    return Field(shown, one.best * factor, doubt if one.disturbed else None)


def achieved_sheet(found: Sequence[Achieved], roof: Roof) -> Sheet:
    """Return what every timing makes of the device."""
    return Sheet(
        name="achieved",
        about=(
            "Work that is counted, over the times of this run; of the ceilings the best that any framework reached, so "
            "that all arms have the same. FLOPs are those of products with weights and of attention (a multiply-add is "
            "two; a train step is three forward passes, but for the gradient by the data, which nobody needs). Bytes "
            "are what each layer reads and writes by itself: its input, weights and output. Activations, losses and "
            "optimizers come on top, so that there are rather more bytes and fewer FLOPs to each; what is computed "
            "together saves some. They are of memory only as far as they do not stay in a cache, which of small models "
            "they do: a share above 100 % says so. Under the roof: what would hold this work back first, were all of "
            "it fetched from memory, and what share of that is reached; under that of compute it may still be memory."
            + (f" While a ceiling was measured {DISTURBED}." if roof.disturbed else "")
        ),
        header=(
            "workload",
            "arm",
            "timed",
            "batch",
            "GFLOP/s",
            "of the ceiling (%)",
            "GB/s, about",
            "of memory (%)",
            "FLOPs a byte, about",
            "under the roof of",
            "of the roof (%)",
        ),
        names=3,
        keys=tuple((one.comparison.workload.name, one.arm) for one in found),
        rows=tuple(
            (
                Field(one.comparison.name),
                Field(one.arm),
                Field(WORDS[one.scope].unit),
                Field(str(one.batch_size), one.batch_size),
                Field(number(one.rate / 1e9), one.rate / 1e9, UNSTABLE if one.unstable else None),
                _share(one.rate, one.peak),
                _number(one.moved / 1e9),
                _share(one.moved, one.bandwidth),
                _number(one.intensity),
                Field(one.bound or MISSING),
                _share(one.rate, one.roof),
            )
            for one in found
        ),
    )


def _number(value: float | None) -> Field:
    return Field(MISSING) if value is None else Field(number(value), value)


def _share(part: float, whole: float | None) -> Field:
    return _number(None if whole is None else 100 * part / whole)


COLUMNS = ("input", "forward", "forward+backward", "optimizer", "bookkeeping", "dispatch")


def breakdown_sheet(found: Sequence[Breakdown]) -> Sheet:
    """Return where the time of steps goes."""
    return Sheet(
        name="breakdown",
        about=(
            "Parts of a train step in ms, each run by itself over and over, the median of its rounds; nothing comes of "
            "a subtraction. Input: all that an epoch does beside its steps, batches drawn and the loop around them. "
            "Forward: in training mode, with the loss. Optimizer: its update alone. Bookkeeping: what the framework "
            "keeps of a step for its history. Dispatch: a whole step on two samples, so mostly calls and the update: "
            "an upper bound of what calls cost, part of the others and not added to them. Sum: forward + backward, "
            "optimizer and bookkeeping. Gap: the share of the whole step that the sum leaves unexplained. An epoch's "
            "step has input and step. Where a step is compiled as a whole there are only parts that go up to some "
            "point of it, and no sum. One process an arm: a look, without verdicts. Measured by `twinbench breakdown`."
        ),
        header=(
            "workload",
            "arm",
            "batch",
            "measured",
            *(part.replace("+", " + ") for part in COLUMNS),
            "sum",
            "step",
            "gap (%)",
            "epoch's step",
            "gap (%)",
        ),
        names=2,
        keys=tuple((one.workload, one.arm) for one in found),
        rows=tuple(_taken_apart(one) for one in found),
    )


FUSED = "the step is compiled as a whole"


def _taken_apart(one: Breakdown) -> tuple[Field, ...]:
    held = {part.part: part for part in one.parts}
    return (
        Field(f"{one.workload} · {one.precision}"),
        Field(one.arm),
        Field(str(one.batch_size), one.batch_size),
        Field(one.created[:10]),
        *(_part(held.get(part)) for part in COLUMNS),
        Field(MISSING, note=FUSED) if one.fused else _number(one.sum_ms),
        _part(held.get("step")),
        _percent(one.gap),
        _part(held.get("epoch")),
        _percent(one.epoch_gap),
    )


def _part(part: PartTime | None) -> Field:
    return Field(MISSING) if part is None else milliseconds(part)


def milliseconds(found: RoundTimes) -> Field:
    """Return the median over rounds, with what has to be said of these."""
    if found.ms is None:
        return Field(MISSING, note=found.reason)
    rounds = found.disturbed + len(found.rounds_ms)
    left = f"{found.disturbed} of {rounds} rounds left out: others took cores" if found.disturbed else None
    return Field(number(found.ms), found.ms, left)


def _percent(share: float | None) -> Field:
    return Field(MISSING) if share is None else Field(f"{100 * share:.1f}".replace("-", "−"), 100 * share)


def sheets(manifest: Manifest, comparisons: Sequence[Comparison]) -> list[Sheet]:
    """Return the tables of a run, as far as what they need is on file with it."""
    found = []
    if manifest.ceilings:
        roof = Roof.of(manifest.ceilings)
        found.append(ceilings_sheet(manifest.ceilings))
        if reached := achieved(comparisons, roof):
            found.append(achieved_sheet(reached, roof))
    if manifest.breakdowns:
        found.append(breakdown_sheet(manifest.breakdowns))
    return found


def missing(manifest: Manifest) -> list[str]:
    """Return what to do about tables that there are not."""
    lacking: Sequence[tuple[object, str]] = (
        (manifest.ceilings, NOT_MEASURED),
        (manifest.breakdowns, NOT_TAKEN_APART),
    )
    return [advice for there, advice in lacking if not there]


def chapter(manifest: Manifest, comparisons: Sequence[Comparison], picture: str | None) -> str:
    """Return the chapter of a report.

    Args:
        manifest: Of the run.
        comparisons: Whose work is counted.
        picture: Name of the roofline's file, if there is one.
    """
    parts = []
    for sheet in sheets(manifest, comparisons):
        parts.append(sheet.markdown())
        if sheet.name == "achieved" and picture:
            parts.append(f"![FLOP/s over FLOPs a byte, under the roofs of products and of memory]({picture})")
    return "\n\n".join([*parts, *missing(manifest)])
