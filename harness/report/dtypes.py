"""In which type each operation of a train step computes: the table."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from harness.report import text
from harness.report.figures import MISSING
from harness.report.sheets import Field, Sheet
from harness.schema import StepOperations

TYPES = ("bfloat16", "float16", "float32", "float64")


def sheet(found: Sequence[StepOperations], products: Collection[str]) -> Sheet:
    """Return how often every operation of every arm gives numbers of each type, with the sum over products first."""
    told = {count.dtype for one in found for count in one.counts}
    types = (*(kind for kind in TYPES if kind in told), *sorted(told - {*TYPES}))
    rows = [row for one in found for row in _rows(one, types, products)]
    workload, precision = (found[0].workload, found[0].precision) if found else ("", "")
    return Sheet(
        name="dtypes",
        about=(
            f"A train step of {text.code(workload)} in {precision}: how often each operation gives numbers of each "
            "type, by the framework's own name of it; what only looks at numbers in another way is left out. PyTorch "
            "and Keras on torch: as dispatched, forwards, backwards and in the optimizer. TensorFlow and JAX: what is "
            "handed to the compiler, the body of a loop once; it may join operations and leave casts out."
        ),
        header=("arm", "operation", *types),
        names=2,
        keys=tuple((workload, row[0].shown) for row in rows),
        rows=tuple(rows),
    )


def _rows(one: StepOperations, types: Sequence[str], products: Collection[str]) -> list[tuple[Field, ...]]:
    by_name: dict[str, dict[str, int]] = {"all products": dict.fromkeys(types, 0)}
    for count in one.counts:
        by_name.setdefault(count.name, {})[count.dtype] = count.count
        if count.name in products:
            by_name["all products"][count.dtype] += count.count
    return [
        (Field(one.arm), Field(name), *(_count(counts.get(kind, 0)) for kind in types))
        for name, counts in by_name.items()
    ]


def _count(number: int) -> Field:
    return Field(f"{number:,}", number) if number else Field(MISSING)
