"""Sizes are the published ones. On the meta device a network costs nothing."""

import pytest
import torch

from benchmarks.pretrained import minilm
from harness.registry import find_workload
from models_torch.architectures.resnet import CIFARResNet
from models_torch.architectures.transformer import BERT, SentenceEncoder
from models_torch.architectures.vit import ViT

VIT_B16 = {
    "image_size": 224, "patch_size": 16, "in_channels": 3, "width": 768, "depth": 12, "heads": 12, "mlp_width": 3072,
    "num_classes": 1000,
}  # fmt: skip


def size(architecture, **arguments):
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in architecture(**arguments).parameters())


@pytest.mark.parametrize(("depth", "millions"), [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85), (110, 1.7)])
def test_residual_networks_have_the_sizes_of_the_papers_table_6(depth, millions):
    assert size(CIFARResNet, depth=depth) == pytest.approx(millions * 1e6, rel=0.02)


def test_resnet_20_has_269722_parameters_with_shortcuts_that_have_none():
    assert size(CIFARResNet) == 269_722
    assert size(CIFARResNet, in_channels=1) == 269_434


def test_vit_b16_has_the_published_size():
    assert size(ViT, **VIT_B16) == 86_567_656


def test_minilm_and_bert_have_the_published_sizes_with_the_pooler():
    assert size(BERT, **minilm.ARGUMENTS) == 22_713_216
    assert size(SentenceEncoder, **minilm.ARGUMENTS) == 22_713_216 - (384 + 1) * 384
    assert size(BERT, width=768, depth=12, heads=12, mlp_width=3072) == 109_482_240
    assert size(BERT, **find_workload("transformer_movie_sentences").architecture.arguments) == 625_346


def test_a_transformer_compiles_whole_though_it_looks_at_ids():
    model = BERT(vocabulary=20, length=8, width=8, depth=1, heads=2, mlp_width=8, num_classes=2)
    ids = torch.tensor([[1, 2, 3], [4, 0, 0]])
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(ids), model(ids))
