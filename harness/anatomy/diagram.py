"""An architecture as a picture: boxes in order of execution, blocks nested, repetitions drawn once. SVG, no script.

It follows the reader's choice of a light or a dark page (``prefers-color-scheme``), and says in words what it shows.
"""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from harness.anatomy.layers import Layer
from harness.anatomy.words import figure, shape

WIDTH, MARGIN = 900, 24
ROW, GAP, PAD = 34, 12, 10
LINE = 18
COLUMNS = (("output", 570), ("parameters", 676), ("FLOPs", 770))
"""Right ends of the columns of figures."""

BAR = (784, 56)
"""Left end and greatest length of the bar that shows a layer's FLOPs, those of all its repetitions."""

NOTES = (
    "Of one sample, forward; a multiply-add counts as 2. A block drawn once for several has the figures of all of them "
    "in its head,",
    "and of one within; bars compare all. Functions (activations, sums, reshapes) are no modules and have no box.",
)

KINDS = {
    "linear": "affine map",
    "conv": "convolution",
    "transposed_conv": "transposed convolution",
    "attention": "attention",
    "recurrent": "recurrence",
    "norm": "norm",
    "embedding": "learned vectors",
    None: "without parameters",
}
STYLE = """
svg { --page: #ffffff; --ink: #1f2328; --soft: #59636e; --line: #c9d1d9; --box: #ffffff; --group: #f3f5f8;
  --linear: #0072b2; --conv: #d55e00; --transposed_conv: #e69f00; --attention: #a2558b; --recurrent: #009e73;
  --norm: #8b98a5; --embedding: #3a9bdc; --none: #c9d1d9; }
@media (prefers-color-scheme: dark) {
  svg { --page: #0d1117; --ink: #e6edf3; --soft: #9aa4af; --line: #3d444d; --box: #161b22; --group: #1d242e;
    --linear: #4aa8e0; --conv: #f0883e; --transposed_conv: #f2c14e; --attention: #d493c0; --recurrent: #3fbf93;
    --norm: #768390; --embedding: #79c0ff; --none: #3d444d; } }
text { font: 13px ui-sans-serif, system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; fill: var(--ink); }
.title { font-size: 20px; font-weight: 650; } .soft { fill: var(--soft); } .small { font-size: 11.5px; }
.path { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-weight: 600; }
.figure { text-anchor: end; font-variant-numeric: tabular-nums; }
.box { fill: var(--box); stroke: var(--line); } .group { fill: var(--group); stroke: var(--line); }
.end { fill: var(--group); stroke: var(--line); }
.arrow { stroke: var(--soft); fill: none; } .tip { fill: var(--soft); }
.track { fill: var(--line); opacity: .5; }
""" + "".join(f".{kind or 'none'} {{ fill: var(--{kind or 'none'}); }}\n" for kind in KINDS)


@dataclasses.dataclass(frozen=True)
class Box:
    """A layer, or several alike that follow each other.

    Attributes:
        count: How many.
        last: The path of the last of them.
    """

    layer: Layer
    count: int
    last: str
    within: tuple[Box, ...]

    @property
    def height(self) -> int:
        """Pixels, with all boxes within."""
        return ROW + (_stack(self.within) + PAD if self.within else 0)


def boxes(layers: Sequence[Layer]) -> tuple[Box, ...]:
    """Return a box for every layer, one for those alike that follow each other."""
    found = []
    for _, group in groupby(layers, _likeness):
        alike = list(group)
        found.append(Box(alike[0], len(alike), alike[-1].path, boxes(alike[0].within)))
    return tuple(found)


def _likeness(layer: Layer) -> object:
    """Return what two layers have in common that only their names tell apart."""
    within = tuple((inner.path.removeprefix(layer.path), _likeness(inner)) for inner in layer.within)
    return (layer.name, layer.input, layer.output, layer.parameters, layer.flops, within)


def _stack(inner: Sequence[Box]) -> int:
    return sum(box.height + GAP for box in inner) - GAP


def draw(model: Layer, title: str, notes: Sequence[str]) -> str:
    """Return the SVG of a model.

    Args:
        model: With all its layers.
        title: The architecture's name.
        notes: What is said of it, a paragraph each.
    """
    inner = boxes(model.within or (model,))
    told = [line for note in notes for line in textwrap.wrap(note, 130)]
    begun = 74 + LINE * len(told)
    top = begun + ROW
    ended = top + GAP + _stack(inner) + GAP
    legend_y = ended + ROW + 32
    height = legend_y + 20 + LINE * len(NOTES) + MARGIN // 2
    drawing = _Drawing(max(1, *_bars(inner, 1)))
    drawing.text(MARGIN, 38, title, "title")
    for i, line in enumerate(told):
        drawing.text(MARGIN, 60 + LINE * i, line, "soft")
    for name, x in COLUMNS:
        drawing.text(x, begun - 12, name, "figure soft small")
    drawing.end(begun, f"input  {shape(model.input)}")
    drawing.boxes(inner, top + GAP, MARGIN, WIDTH - MARGIN, "", 1)
    drawing.arrow(MARGIN + 22, ended - GAP)
    drawing.end(ended, f"output  {shape(model.output)}")
    drawing.legend(legend_y, {box.kind for _, box in model.flat() if not box.within})
    words = f"{model.name} maps {shape(model.input)} to {shape(model.output)} in order: " + _sentence(inner)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
            ' role="img" aria-labelledby="title desc">',
            f'<title id="title">{escape(title)}: {escape("; ".join(notes))}</title>',
            f'<desc id="desc">{escape(words)}.</desc>',
            f"<style>{STYLE}</style>",
            f'<rect width="{WIDTH}" height="{height}" style="fill: var(--page)"/>',
            *drawing.parts,
            "</svg>\n",
        ]
    )


def _bars(inner: Sequence[Box], times: int) -> Iterator[int]:
    """Yield the FLOPs of every layer with all its repetitions."""
    for box in inner:
        if box.within:
            yield from _bars(box.within, times * box.count)
        else:
            yield box.layer.flops * box.count * times


def _sentence(inner: Sequence[Box]) -> str:
    """Return the boxes in words, for those who do not see them."""
    told = []
    for box in inner:
        times = f"{box.count} times " if box.count > 1 else ""
        holds = f" ({_sentence(box.within)})" if box.within else f" to {shape(box.layer.output)}"
        told.append(f"{times}{box.layer.path} {box.layer.name}{holds}")
    return ", ".join(told)


class _Drawing:
    """Collects the elements of a picture.

    Args:
        flops: What the longest bar stands for.
    """

    def __init__(self, flops: int):
        self.flops = flops
        self.parts: list[str] = []

    def text(self, x: float, y: float, text: str, style: str) -> None:
        self.parts.append(f'<text x="{x:g}" y="{y:g}" class="{style}">{escape(text)}</text>')

    def rect(self, x: float, y: float, width: float, height: float, style: str, radius: float = 6) -> None:
        self.parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:.4g}" height="{height:g}" rx="{radius:g}" class="{style}"/>'
        )

    def arrow(self, x: float, y: float) -> None:
        self.parts.append(f'<path d="M{x:g} {y:g}v{GAP - 5}" class="arrow"/>')
        self.parts.append(f'<path d="M{x:g} {y + GAP:g}l-4 -6h8z" class="tip"/>')

    def end(self, y: float, text: str) -> None:
        self.rect(MARGIN, y, 250, ROW, "end", ROW / 2)
        self.text(MARGIN + 40, y + 22, text, "")

    def boxes(self, inner: Sequence[Box], y: float, left: float, right: float, prefix: str, times: int) -> None:
        for i, box in enumerate(inner):
            if i or not prefix:
                self.arrow(left + 22, y - GAP)
            self.box(box, y, left, right, prefix, times)
            y += box.height + GAP

    def box(self, box: Box, y: float, left: float, right: float, prefix: str, times: int) -> None:
        layer = box.layer
        self.rect(left, y, right - left, box.height, "group" if box.within else "box")
        if not box.within:
            self.rect(left + 1, y + 5, 4, ROW - 10, layer.kind or "none", 2)
        name = layer.path.removeprefix(prefix) or layer.name
        if box.count > 1:
            name += f" … {box.last.rpartition('.')[2]}"
        several = f"{box.count} × " if box.count > 1 else ""
        self.parts.append(
            f'<text x="{left + 16:g}" y="{y + 22:g}"><tspan class="path">{escape(name)}</tspan>'
            f'<tspan dx="10" class="soft">{escape(several + layer.name)}</tspan></text>'
        )
        figures = (shape(layer.output), figure(layer.parameters * box.count), figure(layer.flops * box.count))
        for (_, x), text in zip(COLUMNS, figures, strict=True):
            self.text(x, y + 22, text, "figure" + (" soft" if box.within else ""))
        if not box.within and layer.flops:
            x, length = BAR
            self.rect(x, y + ROW / 2 - 3, length, 6, "track", 3)
            share = layer.flops * box.count * times / self.flops
            self.rect(x, y + ROW / 2 - 3, max(1.5, length * share), 6, layer.kind or "none", 3)
        if box.within:
            self.boxes(box.within, y + ROW, left + PAD, right - PAD, f"{layer.path}.", times * box.count)

    def legend(self, y: float, kinds: set[str | None]) -> None:
        x = float(MARGIN)
        for kind, words in KINDS.items():
            if kind in kinds:
                self.rect(x, y - 9, 10, 10, kind or "none", 2)
                self.text(x + 16, y, words, "soft small")
                x += 34 + 6.2 * len(words)
        for i, note in enumerate(NOTES):
            self.text(MARGIN, y + 24 + LINE * i, note, "soft small")
