"""The gate of losses: green on the halves as they are, red on a planted fault, and only where the fault is."""

import numpy as np
import pytest

from harness import metrics
from harness.parity import losses
from harness.parity.mutants import Mutant

ARMS = ("torch", "keras-tensorflow", "keras-jax", "keras-torch", "numpy")
KERAS, TORCH = "models_keras/techniques/losses.py", "models_torch/techniques/losses.py"
ARM = "models_torch/arm.py"


def test_healthy_losses_pass(workers):
    findings = list(losses.check(workers, ARMS, seed=1))
    assert [finding for finding in findings if not finding.passed] == []
    of_arm = {arm: {finding.workload for finding in findings if finding.arm == arm} for arm in ARMS}
    assert len(of_arm["torch"]) == len(losses.CASES) + 2 * len(losses.STILL)
    assert all(of_arm[arm] == of_arm["torch"] for arm in ARMS[:-1])
    assert {"loss cross_entropy", "loss mse", "loss of an epoch · mse"} < of_arm["numpy"]


@pytest.mark.parametrize(
    ("path", "old", "new", "red"),
    [
        (
            KERAS,
            "ops.sum(kept * ops.sum(weights * true, axis=-1))",
            "ops.sum(kept)",
            {
                "loss cross_entropy · class weights",
                "loss cross_entropy · class weights, smoothing",
                "loss cross_entropy · padding, all options",
                "loss of an epoch · cross_entropy · class weights, smoothing",
            },
        ),
        (
            ARM,
            "losses.append(total.item() / len(order))",
            "losses.append(total.item() / batch_size / len(list(torch.from_numpy(order).split(batch_size))))",
            {f"loss of an epoch · {workload.title}" for workload in losses.STILL},
        ),
        (
            TORCH,
            "return loss(outputs.to(torch.promote_types(outputs.dtype, torch.float32)), targets)",
            "return loss(outputs, targets)",
            {"loss clipped_cross_entropy", "loss softmax_twice", "loss kl_divergence", "loss cosine"}
            | {"loss cosine · of nothing", "loss focal", "loss focal · gamma", "loss contrastive", "loss triplet"}
            | {"loss negative_elbo"},
        ),
    ],
    ids=["class weights by N", "epoch by full batches", "in bfloat16"],
)
def test_a_planted_fault_is_found_where_it_is(faulty, path, old, new, red):
    arm = "keras-torch" if path == KERAS else "torch"
    findings = list(losses.check(faulty(Mutant("fault", path, old, new, "", "")), [arm]))
    assert {finding.workload for finding in findings if not finding.passed} == red


def test_hand_made_batches_hold_what_is_rare():
    for case in losses.CASES:
        arrays = losses.hand_made(case, np.random.default_rng(0))
        outputs, targets = arrays["outputs"], arrays["targets"]
        assert np.ptp(outputs.reshape(-1, case.shape[-1])[2]) == 0, case.title
        if case.padding is None:
            continue
        padded = targets == case.padding
        assert padded[:, -1].all()
        assert padded.all() == case.only_padding
        assert len({*padded.sum(axis=1)}) > 1 or case.only_padding


def test_the_epochs_end_in_a_smaller_batch():
    workload = losses.still_workload("cross_entropy")
    given, expected = losses.epochs(workload, np.random.default_rng(0))
    x, y, (first, second) = given["x"], given["y"], given["orders"]
    assert len(x) % losses.BATCH != 0
    assert not np.array_equal(first, second)
    means = [
        metrics.cross_entropy(expected["batched"][batch], y[batch])
        for batch in np.split(first, range(losses.BATCH, len(x), losses.BATCH))
    ]
    assert abs(np.mean(means) - expected["losses"][0]) > 1e3 * losses.EPOCH  # a mean over batches would be seen
