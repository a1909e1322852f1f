"""Single operations: every arm has each of them, and none is timed that is not the same operation."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.ops import __main__ as ops
from benchmarks.ops.cases import CASES

HOME = Path(__file__).resolve().parents[2]
KERAS = ("keras-tensorflow", "keras-jax", "keras-torch")


@pytest.mark.parametrize("half", ["models_torch", "models_keras"])
def test_both_halves_have_every_operation(half):
    source = (HOME / half / "exercises" / "operations.py").read_text(encoding="utf-8")
    functions = {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    assert {name for name in functions if not name.startswith("_")} == {*CASES, "value", "wait"}


@pytest.mark.parametrize("name", CASES)
def test_every_arm_is_given_the_same_arrays(name):
    first, second = CASES[name].arrays(), CASES[name].arrays()
    assert all(np.array_equal(first[key], second[key]) for key in first)
    assert {array.dtype.name for array in first.values()} <= {"float32", "int64"}


def test_results_that_differ_are_named(tmp_path):
    right = np.arange(6, dtype=np.float32)
    for arm, result in {"torch": right, "close": right + 1e-6, "far": right + 1e-3, "short": right[:5]}.items():
        np.save(tmp_path / f"gelu-{arm}.npy", result)
    found = ops.compare(["gelu"], ["torch", "close", "far", "short"], tmp_path)
    assert [line.split(":")[0] for line in found] == ["gelu of far", "gelu of short"]


def test_a_process_of_an_arm_leaves_a_document_and_a_first_result(tmp_path):
    document = ops.measure("torch", ["softmax", "gelu"], 1, tmp_path)
    assert {(one["group"], one["extra_info"]["arm"]) for one in document["benchmarks"]} == {
        ("softmax", "torch"),
        ("gelu", "torch"),
    }
    assert np.load(tmp_path / "softmax-torch.npy").sum(axis=-1) == pytest.approx(1.0, abs=1e-5)
    json.dumps(document)


def command(*arguments):
    """Run ``python -m benchmarks.ops``."""
    whole = [sys.executable, "-m", "benchmarks.ops", *arguments]
    return subprocess.run(whole, capture_output=True, text=True, cwd=HOME, env=dict(os.environ), check=False)


def test_all_arms_have_the_same_operations():
    ended = command("--check")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == f"one operation each, in torch, {', '.join(KERAS)}: {', '.join(CASES)}\n"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (("--operations", "softmax,convd"), "unknown operation 'convd'"),
        (("--arms", "torch,keras"), "unknown arm 'keras'"),
        (("--arms", "numpy"), "unknown arm 'numpy'"),  # a witness is not raced
    ],
)
def test_what_is_unknown_is_refused(wrong, told):
    ended = command(*wrong)
    assert ended.returncode == 2
    assert told in ended.stderr
