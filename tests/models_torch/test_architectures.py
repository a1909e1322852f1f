"""Sizes are the published ones. On the meta device a network costs nothing."""

import pytest
import torch

from models_torch.architectures.mobilenet import MobileNetV2
from models_torch.architectures.resnet import CIFARResNet, ResNet
from models_torch.architectures.vgg import VGG
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


@pytest.mark.parametrize(
    ("depth", "parameters"),
    [(18, 11_689_512), (34, 21_797_672), (50, 25_557_032), (101, 44_549_160), (152, 60_192_808)],
)
def test_residual_networks_for_imagenet_have_torchvisions_sizes_and_names(depth, parameters):
    assert size(ResNet, depth=depth) == parameters
    with torch.device("meta"):
        names = ResNet(depth).state_dict().keys()
    assert {"conv1.weight", "bn1.weight", "layer2.0.downsample.0.weight", "layer4.1.bn2.bias", "fc.bias"} <= names


def test_vgg_11_has_torchvisions_size_and_names():
    assert size(VGG) == 132_868_840
    with torch.device("meta"):
        names = VGG().state_dict().keys()
    assert {"features.0.bias", "features.25.weight", "features.26.running_mean", "classifier.6.bias"} <= names


def test_mobilenet_v2_has_the_published_size():
    assert size(MobileNetV2) == 3_504_872
    assert size(MobileNetV2, width=1.4) == 6_108_776


@pytest.mark.parametrize("depth", [18, 50])
def test_bottlenecks_have_the_stride_on_the_3x3_convolution(depth):
    with torch.device("meta"):
        block = ResNet(depth).layer2[0]
    strided = [name for name, layer in block.named_modules() if getattr(layer, "stride", None) == (2, 2)]
    assert strided == [{18: "conv1", 50: "conv2"}[depth], "downsample.0"]
