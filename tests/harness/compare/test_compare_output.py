"""A comparison of two runs in writing, whatever their names."""

import pytest
from dashboard_runs import HOSTILE, hostile
from rich.console import Console

from harness.compare import changes, output
from harness.compare.origin import Change


@pytest.fixture(scope="module")
def found():
    return changes.find(hostile(), hostile())


def test_no_name_breaks_a_table(found):
    assert len({one.arm for one in found.shared}) == 3
    changed = [Change(name, name, name) for name in HOSTILE]
    text = output.markdown(" and ".join(HOSTILE), changed, found, across_machines=False)
    assert text.encode()
    assert "<script" not in text.replace("\\<", "")
    rows = [line.replace("\\|", "").count("|") for line in text.splitlines() if line.startswith("|")]
    assert set(rows) == {4, 11}
    console = Console(width=400, force_terminal=False)
    with console.capture() as capture:
        console.print(output.console(changed, found, across_machines=False))
    assert capture.get().encode()
    assert "數字-モデル-ключ" in capture.get()
