"""Runs as tables: one row for each run, each attempt at a cell, each epoch of a training, each timed block.

Everything is derived from the records, which stay the truth. Units are in the names; what was not measured is null.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Float, ForeignKeyConstraint, Integer, MetaData, String, Table

from harness.report.race import median_step_seconds, step_seconds
from harness.schema import Manifest, Record
from harness.store.folder import latest

METADATA = MetaData()

RUNS = Table(
    "runs",
    METADATA,
    Column("run", String, primary_key=True),
    Column("suite", String, nullable=False),
    Column("created", String, nullable=False, comment="UTC, ISO 8601"),
    Column("command", String, nullable=False),
    Column("proven", Boolean, nullable=False, comment="whether parity was asked for before the race"),
    Column("cpu", String),
    Column("cores", Integer),
    Column("memory_gib", Float),
    Column("kernel", String),
    Column("python", String),
    Column("code", String, comment="git commit"),
    Column("uncommitted_changes", Boolean),
    Column("versions", String, nullable=False, comment="JSON: package -> version"),
)

_CELL = ("run", "cell", "attempt")

CELLS = Table(
    "cells",
    METADATA,
    Column("run", String, primary_key=True),
    Column("cell", String, primary_key=True, comment="hash of all that could change the result"),
    Column("attempt", Integer, primary_key=True),
    Column("last", Boolean, nullable=False, comment="whether no later attempt was made"),
    Column("scope", String, nullable=False, comment="accuracy, step, inference, latency or epoch"),
    Column("workload", String, nullable=False),
    Column("arm", String, nullable=False),
    Column("baseline", String, comment="a classical model; workload is then its dataset"),
    Column("precision", String, nullable=False),
    Column("track", String, nullable=False),
    Column("threads", Integer, nullable=False),
    Column("batch_size", Integer, nullable=False),
    Column("epochs", Integer, nullable=False),
    Column("number", Integer, nullable=False, comment="of the launch, or the seed of an accuracy"),
    Column("outcome", String, nullable=False),
    Column("reason", String),
    Column("started", String, nullable=False, comment="UTC, ISO 8601"),
    Column("seconds", Float, nullable=False),
    Column("parameters", BigInteger),
    Column("metric", Float, comment="of the workload, on the test set"),
    Column("test_loss", Float),
    Column("train_s", Float),
    Column("predict_s", Float, comment="of a classical model, for the whole test set"),
    Column("step_ms", Float, comment="median over clean blocks"),
    Column("blocks", Integer, comment="timed"),
    Column("contended_blocks", Integer),
    Column("first_step_s", Float),
    Column("cold_start_s", Float),
    Column("first_loss", Float),
    Column("peak_rss_mib", Float),
    Column("dataset_sha256", String),
    Column("initial_sha256", String),
    Column("final_sha256", String),
    Column("settings", String, nullable=False, comment="JSON, read back from the framework"),
    ForeignKeyConstraint(["run"], ["runs.run"], ondelete="CASCADE"),
)


def _of_cells(name: str, *columns: Column[Any]) -> Table:
    """Return a table whose rows belong to those of ``cells``."""
    key = [Column(field, Integer if field == "attempt" else String, primary_key=True) for field in _CELL]
    owner = ForeignKeyConstraint(_CELL, [f"cells.{field}" for field in _CELL], ondelete="CASCADE")
    return Table(name, METADATA, *key, *columns, owner)


EPOCHS = _of_cells(
    "epochs",
    Column("epoch", Integer, primary_key=True, comment="from 0"),
    Column("loss", Float, nullable=False, comment="mean training loss"),
    Column("metric", Float, comment="of the workload, on the test set, where the suite asked for it after each epoch"),
)

BLOCKS = _of_cells(
    "blocks",
    Column("round", Integer, primary_key=True),
    Column("rerun", Integer, primary_key=True, comment="0, or more where it repeats a contended block"),
    Column("steps", Integer, nullable=False),
    Column("step_ms", Float, nullable=False),
    Column("cpu_ms", Float, nullable=False, comment="of the worker, in the whole block"),
    Column("pressure", Float, comment="share of the block in which some task waited for a core"),
    Column("foreign_share", Float, comment="of all cores, used by others"),
    Column("contended", Boolean, nullable=False),
)

Row = dict[str, Any]


def rows(manifest: Manifest, records: Sequence[Record]) -> dict[str, list[Row]]:
    """Return the rows of one run, by table."""
    final = {(record.key, record.attempt) for record in latest(list(records))}
    run = _storable(manifest.run)
    cells = (_cell(run, record, (record.key, record.attempt) in final) for record in records)
    return {
        RUNS.name: [_all_storable(_run(manifest))],
        CELLS.name: [_all_storable(cell) for cell in cells],
        EPOCHS.name: [row for record in records for row in _epochs(run, record)],
        BLOCKS.name: [row for record in records for row in _blocks(run, record)],
    }


def _all_storable(row: Row) -> Row:
    return {field: _storable(value) if isinstance(value, str) else value for field, value in row.items()}


def _storable(text: str) -> str:
    """Return text without what no file and no database can hold: lone surrogates, which JSON can name, and NUL."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\x00")


def _run(manifest: Manifest) -> Row:
    known = manifest.environment
    of_machine = ("cpu", "cores", "memory_gib", "kernel", "python", "uncommitted_changes")
    return {
        "run": manifest.run,
        "suite": manifest.suite.name,
        "created": manifest.created,
        "command": " ".join(manifest.command),
        "proven": manifest.proofs is not None,
        **{field: _plain(known.get(field)) for field in of_machine},
        "code": known.get("commit"),
        "versions": _json({name: version for arm in manifest.arms for name, version in arm.versions.items()}),
    }


def _cell(run: str, record: Record, last: bool) -> Row:
    cell, timing, accuracy, fit = record.cell, record.timing, record.accuracy, record.fit
    learnt = accuracy or fit
    seconds = median_step_seconds(timing) if timing else None
    return {
        **_key(run, record),
        "last": last,
        "scope": cell.scope,
        "workload": cell.workload,
        "arm": cell.arm,
        "baseline": cell.baseline,
        "precision": cell.precision,
        "track": cell.track,
        "threads": cell.threads,
        "batch_size": cell.batch_size,
        "epochs": cell.epochs,
        "number": cell.index,
        "outcome": str(record.outcome),
        "reason": record.reason,
        "started": record.started,
        "seconds": record.seconds,
        "parameters": record.parameters,
        "metric": learnt and learnt.metric,
        "test_loss": accuracy and accuracy.test_loss,
        "train_s": learnt and learnt.train_s,
        "predict_s": fit and fit.predict_s,
        "step_ms": None if seconds is None else seconds * 1e3,
        "blocks": timing and len(timing.blocks),
        "contended_blocks": timing and sum(block.contended for block in timing.blocks),
        "first_step_s": timing and timing.first_step_s,
        "cold_start_s": timing and timing.cold_start_s,
        "first_loss": timing and timing.first_loss,
        "peak_rss_mib": timing.peak_rss_bytes / 2**20 if timing and timing.peak_rss_bytes else None,
        "dataset_sha256": record.dataset_sha256,
        "initial_sha256": record.initial_sha256,
        "final_sha256": accuracy and accuracy.final_sha256,
        "settings": _json(record.settings),
    }


def _epochs(run: str, record: Record) -> Iterator[Row]:
    if record.accuracy:
        course = record.accuracy.course
        for epoch, loss in enumerate(record.accuracy.epoch_losses):
            yield {**_key(run, record), "epoch": epoch, "loss": loss, "metric": course and course.metrics[epoch]}


def _blocks(run: str, record: Record) -> Iterator[Row]:
    for block in record.timing.blocks if record.timing else ():
        yield {
            **_key(run, record),
            "round": block.round,
            "rerun": block.rerun,
            "steps": block.steps,
            "step_ms": step_seconds(block) * 1e3,
            "cpu_ms": block.cpu_ns / 1e6,
            "pressure": block.pressure,
            "foreign_share": block.foreign,
            "contended": block.contended,
        }


def _key(run: str, record: Record) -> Row:
    return {"run": run, "cell": record.key, "attempt": record.attempt}


def _plain(value: Any) -> str | float | None:
    """Return what a column can hold of what a manifest says of its machine."""
    return value if value is None or isinstance(value, str | int | float) else json.dumps(value)


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=False)
