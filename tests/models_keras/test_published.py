"""The ImageNet-size networks: their published sizes in both halves, and one function on every backend."""

import pytest

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
    assert [finding["gate"] for finding in findings] == ["structure", "forward fp64", "forward fp32", "sensitivity"]
    assert [finding for finding in findings if not finding["passed"]] == []
