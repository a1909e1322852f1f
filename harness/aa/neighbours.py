"""Artificial neighbours: processes that take a core in bursts, as another user of a shared machine does."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

BURST_S = (0.05, 1.0)
REST_S = (0.05, 1.5)


@contextmanager
def neighbours(count: int) -> Iterator[None]:
    """Keep so many of them at work meanwhile."""
    with ExitStack() as stack:
        for seed in range(count):
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, __file__, str(seed)],
                    stdin=subprocess.PIPE,
                    start_new_session=True,  # Ctrl-C is for the race, which then ends them
                )
            )
            stack.callback(process.kill)
        yield


def keep_busy(seed: int) -> None:
    """Alternate between bursts and rests, of random lengths, for ever."""
    draw = random.Random(seed)
    while True:
        until = time.perf_counter() + draw.uniform(*BURST_S)
        while time.perf_counter() < until:
            sum(range(1000))
        time.sleep(draw.uniform(*REST_S))


def end_with_parent() -> None:
    """End this process when whoever started it is gone, however that went."""

    def wait() -> None:
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    end_with_parent()
    keep_busy(int(sys.argv[1]))
