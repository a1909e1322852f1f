"""An architecture for a terminal: its halves side by side, and its layers as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from harness.anatomy.layers import Layer
from harness.anatomy.sources import Line, Source, align
from harness.anatomy.words import shape

LEAST_WIDTH = 120
"""Columns below which two halves do not stand side by side."""


class Hanging:
    """A line of code that, where it does not fit, goes on below its own indentation."""

    def __init__(self, text: Text):
        self.text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Wrap to the width that is given."""
        if len(self.text) <= options.max_width:
            yield self.text
            return
        indent = len(self.text.plain) - len(self.text.plain.lstrip())
        lines = self.text[indent:].wrap(console, max(20, options.max_width - indent - 4))
        for i, line in enumerate(lines):
            yield Text(" " * (indent + (4 if i else 0))) + line


class SideBySide:
    """Sources of the halves, lined up where the terminal is wide enough, else one below the other.

    Between two lines stands ``~`` if they differ, ``‹`` or ``›`` if only the left or the right half has one.
    """

    def __init__(self, sources: Sequence[Source]):
        self.sources = sources

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        """Choose by the width that is given."""
        if len(self.sources) == 2 and options.max_width >= LEAST_WIDTH:
            yield _two(*self.sources)
        else:
            yield from (_one(source) for source in self.sources)


def _two(left: Source, right: Source) -> Table:
    shown = Table(box=None, padding=(0, 1, 0, 0), expand=True, pad_edge=False)
    for source in (left, right):
        shown.add_column("", justify="right", style="dim", no_wrap=True)
        shown.add_column(Text(source.path, style="bold"), ratio=1, overflow="fold")
        if source is left:
            shown.add_column("", style="yellow", no_wrap=True)
    texts = _highlighted(left), _highlighted(right)
    for i, j in align([line.text for line in left.lines], [line.text for line in right.lines]):
        mark = "›" if i is None else "‹" if j is None else "~" if left.lines[i].text != right.lines[j].text else ""
        shown.add_row(*_cells(left.lines, texts[0], i), mark, *_cells(right.lines, texts[1], j))
    return shown


def _one(source: Source) -> Table:
    shown = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    shown.add_column("", justify="right", style="dim", no_wrap=True)
    shown.add_column(Text(source.path, style="bold"), overflow="fold")
    texts = _highlighted(source)
    for i in range(len(source.lines)):
        shown.add_row(*_cells(source.lines, texts, i))
    shown.add_row()
    return shown


def _highlighted(source: Source) -> list[Text]:
    syntax = Syntax("", "python", theme="ansi_dark", background_color="default")
    return list(syntax.highlight(source.text).split("\n", allow_blank=True))


def _cells(lines: Sequence[Line], texts: Sequence[Text], i: int | None) -> tuple[str, RenderableType]:
    return ("", "") if i is None else (str(lines[i].number), Hanging(texts[i]))


def layer_table(model: Layer, arm: str) -> RenderableType:
    """Return every call of a module on a line of its own; a module's figures include those of the modules within."""
    shown = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    shown.add_column(f"layer ({arm})", no_wrap=True)
    shown.add_column("class", no_wrap=True)
    for name in ("output", "parameters", "FLOPs"):
        shown.add_column(name, justify="right", no_wrap=True)
    for depth, layer in model.flat():
        counts = (f"{count:,}" if count else "–" for count in (layer.parameters, layer.flops))
        style = "" if not layer.within else "bold" if not depth else "dim"
        shown.add_row("  " * depth + (layer.path or "model"), layer.name, shape(layer.output), *counts, style=style)
    note = "of one sample, forward; a multiply-add counts as 2. A train step takes three times as many, at most"
    return Group(shown, Text(note, style="dim"))
