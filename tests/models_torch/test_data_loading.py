"""Batches by a ``DataLoader``: from processes that end with the one that trains, and from nobody's random numbers."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from harness.contract import Loading
from models_torch.techniques.data_loading import make_epoch

PATIENCE_S = 60
CODE = """
import multiprocessing, sys, torch
from harness.contract import Loading
from models_torch.techniques.data_loading import make_epoch
x = torch.zeros(100, 3)
batches = iter(make_epoch(Loading("dataloader", workers=2), x, x, 10)(torch.arange(100).numpy()))
next(batches), next(batches)  # one of each: a process learns at its start whose end it is to follow
print(*[process.pid for process in multiprocessing.active_children()], flush=True)
sys.stdin.read()
"""


def test_its_processes_end_with_the_one_that_trains_even_if_that_is_killed():
    command = [sys.executable, "-c", CODE]
    home = Path(__file__).resolve().parents[2]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=home) as training:
        handles = [os.pidfd_open(int(pid)) for pid in training.stdout.readline().split()]
        assert len(handles) == 2
        assert select.select(handles, [], [], 0) == ([], [], [])
        training.send_signal(signal.SIGKILL)
        for handle in handles:
            assert select.select([handle], [], [], PATIENCE_S)[0]
            os.close(handle)


def test_what_dropout_draws_from_is_left_alone():
    before = torch.get_rng_state()
    x = torch.arange(20.0)
    for _ in make_epoch(Loading("dataloader"), x, x, 6)(np.arange(20)):
        pass
    assert torch.equal(torch.get_rng_state(), before)
