"""The gate of layers that hold no tensors, and of penalties."""

from harness.parity import layers

ARMS = ("torch", "keras-tensorflow", "keras-jax", "keras-torch", "numpy")


def test_healthy_layers_pass(workers):
    findings = list(layers.check(workers, ARMS, seed=1))
    assert [finding for finding in findings if not finding.passed] == []
    of_arm = {arm: [finding.workload for finding in findings if finding.arm == arm] for arm in ARMS}
    assert len(set(of_arm["torch"])) == len(layers.CASES) + 1  # L2 is decay
    assert all(of_arm[arm] == of_arm["torch"] for arm in ARMS[:-1])
    assert of_arm["numpy"] == []  # the witness has none of them
