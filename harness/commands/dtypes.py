"""``twinbench dtypes``: in which type each operation of a train step computes."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.commands.parts import Arms, AsJson, InPrecision, OnDevice, fail, interruptible, present, split


def dtypes(
    workload: Annotated[str, typer.Argument(help="Whose train step it is.")],
    arms: Arms = "",
    precision: InPrecision = "bf16",
    device: OnDevice = "cpu",
    as_json: AsJson = False,
) -> None:
    """Show which operations each framework makes of a train step, and in which type each of them computes."""
    from harness import registry
    from harness.anatomy import dtypes
    from harness.report import dtypes as shown

    kind = registry.find_precision(precision)
    able = registry.able(registry.find_workload(workload), kind, device)
    rivals = split(arms) or [arm for arm in able if not registry.find_arm(arm).form_of]
    if not rivals:
        fail(f"no arm can train {workload} in {kind} here; see `twinbench doctor`")
    with interruptible():
        found = dtypes.inspect(workload, tuple(dict.fromkeys(rivals)), kind, device)
    present(found, as_json, shown.sheet(found, dtypes.PRODUCTS).console, 120)
