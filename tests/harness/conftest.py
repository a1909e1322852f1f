"""What tests of the harness share: chaos arms (``tests/chaos_arms.py``), small suites, runs in this process or not."""

from __future__ import annotations

import dataclasses
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
import yaml

from harness import cli, registry
from harness.run.coordinator import Coordinator, RunResult
from harness.schema import Record, Suite
from harness.store.folder import RunFolder

TESTS = Path(__file__).resolve().parents[1]
PATIENCE_S = 60.0
"""Longest that a test waits for what should take a moment; it is no measurement."""


@pytest.fixture(scope="module")
def chaos() -> Iterator[pytest.MonkeyPatch]:
    """Let the registry find the chaos arms, here and in every process started from here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TWINBENCH_ARMS", "chaos_arms")
        patch.setenv("PYTHONPATH", os.pathsep.join([str(TESTS), str(TESTS.parent)]))
        patch.syspath_prepend(str(TESTS))
        registry.arms.cache_clear()
        yield patch
    registry.arms.cache_clear()


@pytest.fixture(scope="module")
def small_suite() -> Callable[..., Suite]:
    """``small_suite(arms, **changes)``: softmax regression on digits, as small as a suite can be."""
    return lambda *arms, **changes: Suite.model_validate(
        {
            "name": "small",
            "title": "As small as can be",
            "workloads": [{"name": "softmax_digits", "epochs": 2}],
            "arms": arms,
            "launches": 1,
            "rounds": 2,
            "seeds": 1,
            "threads": 1,
            "block_ms": 5,
            "timeout_s": PATIENCE_S,
        }
        | changes
    )


@pytest.fixture(scope="module")
def suite_file(small_suite: Callable[..., Suite], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """``suite_file(arms, **changes)`` writes a small suite as YAML and returns its path."""

    def write(*arms: str, **changes: Any) -> str:
        path = tmp_path_factory.mktemp("suite") / "small.yaml"
        content = small_suite(*arms, **changes).model_dump(mode="json", exclude_defaults=True)
        path.write_text(yaml.safe_dump(content))
        return str(path)

    return write


class Silent:
    """A progress display that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def begin(self, cells: int, done: int) -> None:
        self.told.append((cells, done))

    def step(self, sitting: str, event: str) -> None:
        self.told.append((sitting, event))

    def record(self, record: Record) -> None:
        self.told.append(record)


@pytest.fixture(scope="session")
def silent() -> type[Silent]:
    """Such a display, to be made or extended."""
    return Silent


@dataclasses.dataclass
class Ran:
    """A run carried out in this process."""

    folder: RunFolder
    result: RunResult
    progress: Silent

    def records(self, arm: str, scope: str) -> list[Record]:
        """Return what the folder holds of an arm's cells of one scope, by index and attempt."""
        found = [r for r in self.folder.read_records()[0] if (r.cell.arm, r.cell.scope) == (arm, scope)]
        return sorted(found, key=lambda record: (record.cell.index, record.attempt))

    def record(self, arm: str, scope: str) -> Record:
        """Return the only record of an arm's only cell of a scope."""
        (record,) = self.records(arm, scope)
        return record

    def log(self, record: Record) -> str:
        """Return what the record's worker printed."""
        assert record.log is not None
        return (self.folder.path / record.log).read_text()


@pytest.fixture(scope="module")
def carry_out(chaos: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Ran]:
    """``carry_out(suite)`` measures a suite into a fresh folder."""

    def carry_out(suite: Suite) -> Ran:
        folder, progress = RunFolder(tmp_path_factory.mktemp("run")), Silent()
        folder.create()
        return Ran(folder, Coordinator(suite, folder, progress).run(), progress)

    return carry_out


@dataclasses.dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str


@pytest.fixture
def twinbench(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """``twinbench("run", "quick")`` runs the command line in this process."""

    monkeypatch.delenv("COLUMNS", raising=False)

    def twinbench(*arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["twinbench", *arguments])
        with pytest.raises(SystemExit) as end:
            cli.main()
        printed = capsys.readouterr()
        return Ended(int(end.value.code or 0), printed.out, printed.err)

    return twinbench


@pytest.fixture
def heed_interrupts() -> Iterator[None]:
    """Let SIGINT interrupt, here and in processes started from here: a shell's background jobs ignore it."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


@pytest.fixture
def start(tmp_path: Path, heed_interrupts: None) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """``start("run", "quick")`` starts the command line as a process of its own, in ``tmp_path``."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **options: Any) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "harness.cli", *arguments]
        options = {"cwd": tmp_path, "text": True, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        started.append(subprocess.Popen(command, **options))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


@pytest.fixture(scope="session")
def read_pipe() -> Callable[[Path], str]:
    """``read_pipe(path)`` waits for a line from a named pipe, but not for ever."""

    def read_pipe(path: Path) -> str:
        pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            assert select.select([pipe], [], [], PATIENCE_S)[0], f"nobody wrote to {path}"
            return os.read(pipe, 1000).decode()
        finally:
            os.close(pipe)

    return read_pipe


@pytest.fixture(scope="session")
def has_ended() -> Callable[[int], bool]:
    """``has_ended(pid)``: whether a process, of whatever parent, is gone or goes within a moment."""

    def has_ended(pid: int) -> bool:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            return True
        try:
            return bool(select.select([handle], [], [], PATIENCE_S)[0])
        finally:
            os.close(handle)

    return has_ended


@pytest.fixture(scope="module")
def browser(absent: Callable[[str, str], NoReturn]) -> Iterator[Any]:
    """A browser, started once for each file of tests that wants one."""
    from browsing import CHROMIUM, FLAGS, PATIENCE_MS
    from playwright.sync_api import sync_playwright

    if CHROMIUM is None:
        absent("chromium", "apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=PATIENCE_MS)
        yield started
        started.close()
