"""A JSON file that knows its own checksum: ``{"sha256": ..., "content": {...}}``."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from harness.store.atomic import write_atomically

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Unreadable(ValueError):
    """A stored file that is truncated or edited, or of another schema."""


class NewerSchema(Unreadable):
    """A stored file of a schema that this version does not know yet."""


def _checksum(content: dict[str, Any]) -> str:
    return hashlib.sha256(_CANONICAL.encode(content).encode(errors="surrogatepass")).hexdigest()


def write(path: Path, content: dict[str, Any]) -> None:
    """Store ``content`` with its checksum, atomically.

    Raises:
        OSError: If the file cannot be written.
    """
    write_atomically(path, seal(content))


def seal(content: dict[str, Any]) -> str:
    """Return what ``write`` stores: ``content`` with its checksum, as JSON."""
    return json.dumps({"sha256": _checksum(content), "content": content}, indent=1) + "\n"


def read(path: Path, *, newest: int) -> dict[str, Any]:
    """Return the content of a stored file.

    Args:
        path: What ``write`` wrote.
        newest: The highest ``schema_version`` that the caller understands.

    Raises:
        NewerSchema: If it is of a newer schema.
        Unreadable: If the file is not whole, or does not match its checksum.
    """
    try:
        envelope = json.loads(path.read_bytes().decode())
        stated, content = envelope["sha256"], envelope["content"]
        version = content["schema_version"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unreadable(f"{path}: not a whole record ({type(error).__name__}: {error})") from error
    if not isinstance(version, int) or version > newest:
        raise NewerSchema(f"{path}: schema version {version}, but this twinbench reads up to {newest}; upgrade it")
    if stated != _checksum(content):
        raise Unreadable(f"{path}: its checksum does not match its content; it was edited or damaged")
    return dict(content)
