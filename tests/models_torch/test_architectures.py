"""Sizes are the published ones. On the meta device a network costs nothing."""

import pytest
import torch

from harness.registry import find_workload
from models_torch.architectures.autoencoder import VAE, Autoencoder, ConvAutoencoder
from models_torch.architectures.gpt import GPT
from models_torch.architectures.mobilenet import MobileNetV2
from models_torch.architectures.recurrent import RecurrentLM
from models_torch.architectures.resnet import CIFARResNet, ResNet
from models_torch.architectures.unet import UNet
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


def test_gpt_2_has_the_published_size_with_its_head_tied():
    assert size(GPT) == 124_439_808


def test_the_language_models_that_are_compared_have_one_size():
    gpt, lstm = (find_workload(name).architecture for name in ("gpt_python_docs", "lstm_python_docs"))
    assert size(GPT, **gpt.arguments) == 357_312
    assert size(RecurrentLM, **lstm.arguments) == 359_841


def test_unet_has_the_size_of_the_papers_figure_and_with_batch_norm_the_usual_ones():
    assert size(UNet, norm=False) == 31_030_658  # 23 convolutional layers, from 1 channel to 2
    assert size(UNet, in_channels=3) == 31_037_698
    assert size(UNet, in_channels=3, out_channels=1, width=32) == 7_763_041
    with torch.device("meta"):
        layers = [m for m in UNet().modules() if isinstance(m, torch.nn.Conv2d | torch.nn.ConvTranspose2d)]
    assert len(layers) == 23


def test_autoencoders_have_the_sizes_that_their_widths_come_to():
    assert size(Autoencoder, in_features=6, hidden=[4], latent=2) == (6 * 4 + 4) + (4 * 2 + 2) + (2 * 4 + 4) + (
        4 * 6 + 6
    )
    down, up = 16 * 3 * 2 + 2 + 16 * 2 * 4 + 4, 16 * 4 * 2 + 2 + 16 * 2 * 3 + 3
    code = (16 * 5 + 5) + (5 * 16 + 16)
    assert size(ConvAutoencoder, in_channels=3, channels=2, latent=5, size=8) == down + code + up
    assert size(VAE) == (784 * 500 + 500) + 2 * (500 * 20 + 20) + (20 * 500 + 500) + (500 * 784 + 784)
