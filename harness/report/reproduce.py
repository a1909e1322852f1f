"""The commands that repeat a run."""

from __future__ import annotations

import shlex

from harness.report import text
from harness.schema import Manifest


def commands(manifest: Manifest) -> list[str]:
    """Return what to type, in order: what proves the pairs, if the run asked for proof, and the run's own command."""
    run = shlex.join(manifest.command)
    typed = [run] if manifest.proofs is None else [_prove(manifest), run]
    return [text.one_line(command, limit=10_000) for command in typed]


def _prove(manifest: Manifest) -> str:
    """Return the command that proves what the run's own command then races."""
    suite = manifest.suite
    workloads = suite.named
    return shlex.join(["twinbench", "parity", *workloads, "--suite", _suite(manifest), "--arms", ",".join(suite.arms)])


def _suite(manifest: Manifest) -> str:
    """Return the suite as the command named it: its own name, or the path of its file."""
    named = [word for word in manifest.command if word == manifest.suite.name or word.endswith((".yaml", ".yml"))]
    return named[0] if named else manifest.suite.name
