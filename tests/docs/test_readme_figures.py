"""The README quotes a report; what it quotes stands in that report."""

import re
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[2]
README = (HOME / "README.md").read_text(encoding="utf-8")
QUICK = HOME / "results" / "reference" / "quick"
REPORT = (QUICK / "report.md").read_text(encoding="utf-8")


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def rows(text):
    """The rows of the first table in a text that has step times, by arm."""
    found = [cells(line) for line in text.splitlines() if re.match(r"\| `(torch|keras-\w+)` ", line)]
    return {row[0]: row for row in found[:4]}


@pytest.mark.parametrize("arm", ["torch", "keras-tensorflow", "keras-jax", "keras-torch"])
def test_the_table_is_that_of_the_report(arm):
    quoted = rows(README)[f"`{arm}`"]
    (of_lenet,) = re.findall(r"^## lenet_mnist5k · fp32\n(.*?)^## ", REPORT, flags=re.DOTALL | re.MULTILINE)
    _, mode, accuracy, _, step, ratio, _ = rows(of_lenet)[f"`{arm}`"]
    assert quoted == [f"`{arm}`", mode, accuracy, step, ratio]


def test_the_picture_is_that_of_the_report():
    assert (HOME / "docs" / "images" / "quick.png").read_bytes() == (QUICK / "ratios.png").read_bytes()


def test_the_other_ratios_of_jax_are_those_of_the_report():
    ratios = re.findall(r"^\| `keras-jax` +\|.*?\| +([\d.]+) \[[\d., ]+\] +\|", REPORT, flags=re.MULTILINE)
    others = sorted(float(ratio) for ratio in ratios)[:3]
    (quoted,) = re.findall(r"`keras-jax` takes ([\d.]+), ([\d.]+) and ([\d.]+)\s+of the\s+time of `torch`", README)
    assert [f"{float(text):.2f}" for text in quoted] == [f"{ratio:.2f}" for ratio in others]
