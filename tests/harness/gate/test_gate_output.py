"""Decisions in writing: whatever a claim is about, and however many there are."""

import xml.etree.ElementTree as ET

import pytest
from dashboard_runs import HOSTILE
from rich.console import Console

from harness.gate import output
from harness.gate.claims import Claim, Kind
from harness.gate.decision import Decision, State


def decided(state, subject="mlp_digits · fp32 · torch", **changes):
    true = {State.HELD: True, State.FAILED: False, State.OPEN: None}[state]
    return Decision(
        Claim(Kind.MEMORY, subject, "500 MiB", "≤ 400 MiB", true=true, unit="launches", **changes), state, None, 0
    )


def printed(decisions):
    console = Console(width=160, force_terminal=False)
    with console.capture() as capture:
        console.print(output.table(decisions))
    return capture.get()


def test_what_there_is_no_room_for_is_counted_and_failures_are_what_is_shown(monkeypatch):
    monkeypatch.setattr(output, "MOST", 3)
    many = [decided(State.HELD, f"held {i}") for i in range(4)]
    many += [decided(State.OPEN, f"open {i}") for i in range(2)] + [
        decided(State.FAILED, f"broken {i}") for i in range(2)
    ]
    shown = printed(many)
    assert [subject in shown for subject in ("broken 0", "broken 1", "open 0", "open 1", "held 0")] == [True] * 3 + [
        False
    ] * 2
    assert "Not shown: 1 open, 4 held; --json and --junit have all." in shown
    summary = output.markdown(many)
    assert "| FAILED | as small as before | broken 1 |" in summary
    assert summary.endswith("\n\nNot shown: 1 open; --json and --junit have all.\n")
    assert len(output.document(many)) == 8
    assert "Not shown" not in printed(many[:3]) + output.markdown(many[:6])


@pytest.mark.parametrize("name", [*HOSTILE, "a/../../b", "line\r\n::error::forged"])
def test_no_name_breaks_a_table_a_file_or_a_workflow_command(name, tmp_path):
    one = [decided(State.FAILED, f"{name} · torch")]
    row = output.markdown(one).encode().decode().splitlines()[-1]
    assert row.replace("\\|", "").count("|") == 7
    assert "<" not in row
    (command,) = output.workflow_commands(one)
    assert command.encode()
    assert command.startswith("::error title=")
    assert "\n" not in command
    assert "\r" not in command
    output.write_junit(tmp_path / "check.xml", one, strict=False)
    (case,) = ET.parse(tmp_path / "check.xml").getroot().findall("testcase")  # noqa: S314  (our own file)
    assert case.find("failure") is not None
    assert printed(one).encode()
