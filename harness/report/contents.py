"""The table of contents of a report: every heading gets an anchor by its own name, the same in every run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Contents:
    """Headings in the order in which they were placed: anchor -> level and Markdown.

    Anchors are written out, not left to whoever renders the page: renderers disagree on what they make of a heading.
    """

    placed: dict[str, tuple[int, str]] = field(default_factory=dict)

    def heading(self, heading: str, level: int = 2) -> str:
        """Place a heading.

        Args:
            heading: Markdown on one line.
            level: 2 for a chapter, 3 for a part of one.

        Returns:
            The heading under its anchor.
        """
        anchor = next(name for name in _names(heading) if name not in self.placed)
        self.placed[anchor] = level, heading
        return f'<a id="{anchor}"></a>\n{"#" * level} {heading}'

    def listing(self) -> str:
        """Return a list with a link to every heading placed so far."""
        return "\n".join(
            f"{'  ' * (level - 2)}- [{heading}](#{anchor})" for anchor, (level, heading) in self.placed.items()
        )


def _names(heading: str) -> Iterator[str]:
    """Yield what a heading may be called: letters, digits and underscores of any script, joined by hyphens."""
    name = re.sub(r"\W+", "-", heading).strip("-").lower() or "part"
    yield name
    number = 2
    while True:
        yield f"{name}-{number}"
        number += 1
