"""How float32 is multiplied: by all that could take TF32 for it alike, as the precision says."""

import json
import subprocess
import sys

import pytest

SCRIPT = """
import json
import torch
from harness.contract import Setup
from models_torch.arm import TorchArm

b = torch.backends
parts = {"products": b.cuda.matmul, "convolutions": b.cudnn.conv, "recurrent": b.cudnn.rnn}
told = {}
for precision in ("bf16", "fp32", "tf32", "fp64"):
    # As it is at first in PyTorch before 2.13, where what is set for everything does not reach these two.
    b.cudnn.conv.fp32_precision = b.cudnn.rnn.fp32_precision = "tf32" if precision != "tf32" else "ieee"
    TorchArm(Setup(precision, threads=1))
    told[precision] = {name: part.fp32_precision for name, part in parts.items()} | {"all": b.fp32_precision}
    # These raise where they and the others say different things, and PyTorch's compiler reads them.
    told[precision]["older"] = [torch.get_float32_matmul_precision(), b.cuda.matmul.allow_tf32, b.cudnn.allow_tf32]
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told():
    """By precision what is in force for what, in a process of its own: such flags are never set back."""
    return json.loads(subprocess.run([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, check=True).stdout)


@pytest.mark.parametrize(
    ("precision", "word"), [("fp32", "ieee"), ("bf16", "ieee"), ("fp64", "ieee"), ("tf32", "tf32")]
)
def test_tf32_is_on_where_it_is_asked_for_and_off_elsewhere(told, precision, word):
    on = word == "tf32"
    older = {"older": ["high" if on else "highest", on, on]}
    assert told[precision] == dict.fromkeys(("products", "convolutions", "recurrent", "all"), word) | older
