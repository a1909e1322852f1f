"""A SQL index of all runs: SQLite in a file, or PostgreSQL for a team. It can be thrown away and built again."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import event, text
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from harness.archive.tables import METADATA, rows
from harness.store.folder import RunFolder, RunFolderError

CHUNK = 5000
"""Rows to an insert."""


class IndexFault(ValueError):
    """An index that cannot be used as asked. The message says which and why."""


@dataclass(frozen=True)
class Built:
    """What an index was built from.

    Attributes:
        left_out: Runs and records that could not be read, each with the reason.
    """

    runs: int
    records: int
    left_out: tuple[str, ...]


def address(asked: str, results: Path) -> str:
    """Return the URL of an index: SQLite's in the folder of results if none is named."""
    return asked or f"sqlite:///{results / 'index.db'}"


def shown(url: str) -> str:
    """Return a URL that may be printed: without its password."""
    return _parse(url).render_as_string(hide_password=True)


def build(url: str, folders: Iterable[RunFolder]) -> Built:
    """Drop the tables of the index and make them anew from all runs, in one transaction.

    Raises:
        IndexFault: If the database cannot be reached or written to.
    """
    runs = records = 0
    left_out: list[str] = []
    with _connected(url) as connection:
        METADATA.drop_all(connection)
        METADATA.create_all(connection)
        for folder in folders:
            try:
                manifest = folder.read_manifest()
            except RunFolderError as error:
                left_out.append(str(error))
                continue
            found, quarantined = folder.read_records()
            left_out += [one.reason for one in quarantined]
            _insert(connection, rows(manifest, found))
            runs, records = runs + 1, records + len(found)
    return Built(runs, records, tuple(left_out))


def ask(url: str, query: str) -> tuple[list[str], list[Sequence[Any]]]:
    """Return the names of the columns and the rows that a query gives. It cannot change anything.

    Raises:
        IndexFault: If the query is wrong, or there is no index.
    """
    parsed = _parse(url)
    if parsed.drivername.startswith("sqlite") and not (parsed.database and Path(parsed.database).is_file()):
        raise IndexFault(f"no index {parsed.database}; build it with: twinbench index")
    with _connected(url, reading=True) as connection:
        result = connection.execute(text(query))
        if not result.returns_rows:
            raise IndexFault("a query has to give rows; the index is only read")
        return list(result.keys()), [tuple(row) for row in result]


def _insert(connection: Connection, found: dict[str, list[dict[str, Any]]]) -> None:
    for table in METADATA.sorted_tables:
        given = found[table.name]
        for first in range(0, len(given), CHUNK):
            connection.execute(table.insert(), given[first : first + CHUNK])


@contextmanager
def _connected(url: str, *, reading: bool = False) -> Iterator[Connection]:
    """Lend a transaction on the database; what goes wrong in it is an ``IndexFault``."""
    engine = _engine(url, reading=reading)
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise IndexFault(" ".join(str(error.__cause__ or error).split())) from error
    finally:
        engine.dispose()


def _engine(url: str, *, reading: bool) -> Engine:
    engine = sqlalchemy.create_engine(_parse(url))

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        if engine.dialect.name == "sqlite":
            cursor.execute(f"PRAGMA query_only = {int(reading)}")
        elif reading:
            cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            connection.commit()
        cursor.close()

    return engine


def _parse(url: str) -> URL:
    """Return a URL, with the driver that the extra ``postgres`` installs.

    Raises:
        IndexFault: If it is none, or of another database.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise IndexFault(f"{url!r} is no URL of a database; sqlite:///FILE and postgresql://HOST/NAME are") from error
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in ("sqlite", "postgresql+psycopg"):
        raise IndexFault(f"{parsed.drivername} is not supported; sqlite and postgresql are")
    if parsed.drivername != "sqlite" and importlib.util.find_spec("psycopg") is None:
        raise IndexFault("PostgreSQL needs the extra postgres: pip install 'twinbench[postgres]'")
    return parsed
