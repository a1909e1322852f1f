"""The ImageNet-size networks: their published sizes in both halves, and one function on every backend."""

import pytest

from harness.parity.mutants import Mutant
from harness.parity.planting import planted

PUBLISHED = {"ResNet-18": 11_689_512, "ResNet-50": 25_557_032, "MobileNetV2": 3_504_872, "VGG-11": 132_868_840}


@pytest.mark.parametrize(
    "names", [("ResNet-18", "ResNet-50", "MobileNetV2"), pytest.param(("VGG-11",), marks=pytest.mark.long)]
)
def test_both_halves_have_the_published_size(run_check, names):
    found = run_check("published_check.py", "torch", *names)
    assert {name: network["unlike"] for name, network in found.items()} == {name: [] for name in names}
    assert {name: network["parameters"] for name, network in found.items()} == {name: PUBLISHED[name] for name in names}


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("network", ["resnet18", "resnet50", "mobilenet", "vgg11"])
@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_both_halves_are_one_function(run_check, backend, network):
    findings = run_check("imagenet_check.py", backend, network)[network]
    assert [finding for finding in findings if not finding["passed"]] == []
    assert [finding["gate"] for finding in findings] == ["structure", "forward fp64", "forward fp32", "sensitivity"]


RESNET, VGG = "models_keras/architectures/resnet.py", "models_keras/architectures/vgg.py"
BETWEEN = """self.bn1 = UnbiasedBatchNormalization()
        self.pad = layers.ZeroPadding2D(1) if stride > 1 else None
        padding = "valid" if self.pad else "same"
        self.conv2 = """
MUTANTS = (
    Mutant(
        "stride on the bottleneck's first convolution",
        RESNET,
        f"kernel_size=1, use_bias=False)\n        {BETWEEN}layers.Conv2D(width, kernel_size=3, strides=stride,",
        f"kernel_size=1, strides=stride, use_bias=False)\n        {BETWEEN}layers.Conv2D(width, kernel_size=3,",
        "resnet50",
        "layer2.0.conv1",
    ),
    Mutant(
        "max pooling padded on one side",
        RESNET,
        'make_pool("max", size=3, stride=2, padding=1)',
        'layers.MaxPooling2D(3, strides=2, padding="same")',
        "resnet50",
        "layer1.0.conv1",
    ),
    Mutant("unpermuted flatten", VGG, '{"classifier.0": (side, side, 8 * width)}', "{}", "vgg11", "classifier.0"),
)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_planted_faults_are_found_in_their_place(run_check, tmp_path, mutant):
    planted(mutant, tmp_path)
    findings = run_check("imagenet_check.py", "torch", mutant.workload, first=tmp_path)
    red = [finding for finding in findings[mutant.workload] if not finding["passed"]]
    assert red[0]["where"] == mutant.located
