"""Strings and numbers as a reader may see them: whatever a record holds, it cannot break a page."""

from __future__ import annotations

import math
import re

LONGEST = 200
"""Characters of a foreign string that a report shows."""

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_PLAIN = re.compile(r"[\w .·:,/=+@-]+")
_MARKUP = re.compile(r"[\\`*{}\[\]<>|#~$&]|(?<![^\W_])_|_(?![^\W_])")


def one_line(text: object, limit: int = LONGEST) -> str:
    """Return text on one line, without control characters, its middle cut out where it is long.

    The end is kept because a traceback tells at its end what happened.
    """
    printable = (c if c.isprintable() else " " * c.isspace() for c in _ANSI.sub("", str(text)))
    line = " ".join("".join(printable).split())
    if len(line) <= limit:
        return line
    head = limit // 3
    return f"{line[:head]} … {line[len(line) - (limit - head - 3) :]}"


def escape(text: object, limit: int = LONGEST) -> str:
    """Return text as one line of Markdown that renders as that text, in a table cell too."""
    return _MARKUP.sub(lambda match: "\\" + match.group(), one_line(text, limit))


def code(text: object) -> str:
    """Return text as inline code; escaped text where it has characters that code spans cannot hold everywhere."""
    line = one_line(text)
    return f"`{line}`" if _PLAIN.fullmatch(line) else escape(line)


def number(value: float, digits: int = 3) -> str:
    """Return a number with as many significant digits, as people write it: 0.0123, 1.20, 12.3, 1,234."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if not 1e-4 <= abs(value) < 1e6:
        return f"{value:.{digits - 1}e}"
    value = float(f"{value:.{digits - 1}e}") if abs(value) < 10**digits else value
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}"
