"""BERT's form: the published sizes, with the pooler and without, and one graph when it is compiled."""

import torch

from benchmarks.pretrained import minilm
from harness.registry import find_workload
from models_torch.architectures.transformer import BERT, SentenceEncoder


def size(architecture, **arguments):
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in architecture(**arguments).parameters())


def test_minilm_has_the_published_size_with_the_pooler():
    assert size(BERT, **minilm.ARGUMENTS) == 22_713_216
    assert size(SentenceEncoder, **minilm.ARGUMENTS) == 22_713_216 - (384 + 1) * 384


def test_bert_base_has_the_published_size():
    assert size(BERT, width=768, depth=12, heads=12, mlp_width=3072) == 109_482_240


def test_the_workloads_size_is_what_its_file_says():
    assert size(BERT, **find_workload("transformer_movie_sentences").architecture.arguments) == 625_346


def test_a_transformer_compiles_whole_though_it_looks_at_ids():
    model = BERT(vocabulary=20, length=8, width=8, depth=1, heads=2, mlp_width=8, num_classes=2)
    ids = torch.tensor([[1, 2, 3], [4, 0, 0]])
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(ids), model(ids))
