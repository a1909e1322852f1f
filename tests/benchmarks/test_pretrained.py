"""Published weights: carried to our names, held to their hash, and a clear word where they are not there."""

import subprocess
import sys

import numpy as np
import pytest

from benchmarks.pretrained import minilm
from benchmarks.pretrained.bert import to_canonical

LAYER = "encoder.layer.3."
ATTENTION = {f"{LAYER}attention.self.{part}.bias": np.full(2, i) for i, part in enumerate(("value", "query", "key"))}


def test_query_key_and_value_are_packed_in_this_order():
    (name, packed), = to_canonical(ATTENTION).items()  # fmt: skip
    assert name == "blocks.3.attn.in_proj_bias"
    assert packed.tolist() == [1, 1, 2, 2, 0, 0]


def test_names_are_ours_with_and_without_the_models_prefix():
    names = {
        "embeddings.token_type_embeddings.weight": "segment.weight",
        "bert.embeddings.LayerNorm.bias": "norm.bias",
        f"bert.{LAYER}attention.output.LayerNorm.weight": "blocks.3.norm1.weight",
        f"{LAYER}output.LayerNorm.weight": "blocks.3.norm2.weight",
        f"{LAYER}output.dense.weight": "blocks.3.fc2.weight",
        f"{LAYER}attention.output.dense.bias": "blocks.3.attn.out_proj.bias",
        "pooler.dense.bias": "pooler.bias",
    }
    found = to_canonical(
        {name: np.array([i]) for i, name in enumerate(names)} | {"embeddings.position_ids": np.arange(3)}
    )
    assert found == dict(zip(names.values(), np.arange(len(names))[:, None], strict=True))


@pytest.mark.parametrize("name", ["cls.predictions.bias", "bert.encoder.layer.0.other.key.bias", "weight"])
def test_a_tensor_that_is_none_of_berts_is_named(name):
    with pytest.raises(ValueError, match=f"^{name} is no tensor"):
        to_canonical({name: np.zeros(1)})


def test_attention_without_its_key_is_named():
    with pytest.raises(ValueError, match=r"blocks\.3\.attn\.in_proj_bias lacks attention\.self\.key"):
        to_canonical({name: tensor for name, tensor in ATTENTION.items() if "key" not in name})


def test_minilm_holds_what_was_published():
    tensors = minilm.tensors(pooler=True)
    assert sum(tensor.size for tensor in tensors.values()) == 22_713_216
    assert tensors.keys() - minilm.tensors().keys() == {"pooler.weight", "pooler.bias"}
    assert {tensor.dtype for tensor in tensors.values()} == {np.dtype("float32")}


def test_ids_are_word_pieces_between_marks_and_padded_to_the_longest():
    ids = minilm.ids(["Unaffable", "a film"])
    assert ids.dtype == np.int64
    assert ids.tolist() == [[101, 14477, 20961, 3468, 102], [101, 1037, 2143, 102, 0]]
    assert minilm.ids(["film " * 600]).shape == (1, minilm.MOST_TOKENS)


def test_other_weights_under_its_name_are_refused(tmp_path, monkeypatch):
    model = tmp_path / minilm.MODULE / "model"
    model.mkdir(parents=True)
    (model.parent / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(minilm.PretrainedUnavailable, match=r"has no file model/model\.safetensors"):
        minilm.tensors()
    (model / "model.safetensors").write_bytes(b"something else")
    with pytest.raises(minilm.PretrainedUnavailable, match="holds other weights"):
        minilm.tensors()


def test_without_the_extra_the_error_names_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(minilm.PretrainedUnavailable, match=r"pip install 'twinbench\[pretrained\]'$"):
        minilm.ids(["a film"])


def test_reading_imports_no_framework():
    code = (
        "import sys; from benchmarks.pretrained import minilm; minilm.tensors(); minilm.ids(['a']); print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "tokenizers" in loaded
    assert not {"torch", "keras", "tensorflow", "jax", "transformers", minilm.MODULE} & set(loaded)
