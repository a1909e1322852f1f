"""Published tensors of BERT's form, ``encoder.layer.0.attention.self.query.weight``, under our canonical names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from harness.contract import Array

PREFIX = "bert."
"""In front of every name where the file holds a head too."""

COUNTER = "embeddings.position_ids"
"""0, 1, 2 and so on, kept beside the weights."""

OUTSIDE = {
    "embeddings.word_embeddings": "token",
    "embeddings.position_embeddings": "position",
    "embeddings.token_type_embeddings": "segment",
    "embeddings.LayerNorm": "norm",
    "pooler.dense": "pooler",
}
IN_LAYER = {
    "attention.output.dense": "attn.out_proj",
    "attention.output.LayerNorm": "norm1",
    "intermediate.dense": "fc1",
    "output.dense": "fc2",
    "output.LayerNorm": "norm2",
}
PACKED = ("attention.self.query", "attention.self.key", "attention.self.value")
"""The thirds of ``attn.in_proj``, in its order."""


def to_canonical(published: Mapping[str, Array]) -> dict[str, Array]:
    """Return the tensors of ``transformer.BERT`` by canonical name.

    Raises:
        ValueError: If a tensor is none of BERT's, or a third of attention's is missing; names it.
    """
    found: dict[str, Array] = {}
    thirds: dict[str, dict[str, Array]] = {}
    for name, tensor in published.items():
        path, _, own = name.removeprefix(PREFIX).rpartition(".")
        layer = re.fullmatch(r"encoder\.layer\.(\d+)\.(.+)", path)
        if layer and layer[2] in PACKED:
            thirds.setdefault(f"blocks.{layer[1]}.attn.in_proj_{own}", {})[layer[2]] = tensor
        elif layer and layer[2] in IN_LAYER:
            found[f"blocks.{layer[1]}.{IN_LAYER[layer[2]]}.{own}"] = tensor
        elif path in OUTSIDE:
            found[f"{OUTSIDE[path]}.{own}"] = tensor
        elif name.removeprefix(PREFIX) != COUNTER:
            raise ValueError(f"{name} is no tensor of BERT's encoder")
    for name, parts in thirds.items():
        if missing := [part for part in PACKED if part not in parts]:
            raise ValueError(f"{name} lacks {', '.join(missing)}")
        found[name] = np.concatenate([parts[part] for part in PACKED])
    return found
