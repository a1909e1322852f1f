"""PyTorch's losses against their formulas in NumPy. That Keras' are the same is the gate's business."""

import inspect

import numpy as np
import pytest
import torch

from harness.contract import LOSS_OPTIONS
from models_torch.techniques.losses import LOSSES, make_loss

LOGITS = np.array([[2.0, -1.0, 0.5], [0.0, 0.0, 0.0], [-3.0, 4.0, 1.0], [1.0, 2.0, 3.0]])
CLASSES = np.array([0, 2, 0, 1])
WEIGHTS = np.array([0.2, 3.0, 1.0])


def torch_loss(name, outputs, targets, **options):
    return float(make_loss(name, **options)(torch.from_numpy(outputs), torch.from_numpy(targets)))


def log_softmax(logits):
    return logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))


def true(losses_by_class, classes):
    return losses_by_class[np.arange(len(classes)), classes]


def test_every_loss_has_the_options_that_a_workload_may_give():
    for name, make in LOSSES.items():
        assert tuple(sorted(inspect.signature(make).parameters)) == LOSS_OPTIONS.get(name, ())


def test_class_weights_make_a_weighted_mean():
    losses = -true(log_softmax(LOGITS), CLASSES)
    expected = (WEIGHTS[CLASSES] * losses).sum() / WEIGHTS[CLASSES].sum()
    assert torch_loss("cross_entropy", LOGITS, CLASSES, class_weights=WEIGHTS.tolist()) == pytest.approx(expected)
    assert expected != pytest.approx((WEIGHTS[CLASSES] * losses).mean())


def test_smoothing_is_spread_over_all_classes_the_true_one_included():
    smoothed = 0.9 * np.eye(3)[CLASSES] + 0.1 / 3
    expected = -(smoothed * log_softmax(LOGITS)).sum(axis=-1).mean()
    assert torch_loss("cross_entropy", LOGITS, CLASSES, label_smoothing=0.1) == pytest.approx(expected)


def test_smoothing_weighs_every_class_and_divides_by_the_weights_of_the_true_ones():
    smoothed = 0.9 * np.eye(3)[CLASSES] + 0.1 / 3
    expected = -(WEIGHTS * smoothed * log_softmax(LOGITS)).sum() / WEIGHTS[CLASSES].sum()
    found = torch_loss("cross_entropy", LOGITS, CLASSES, label_smoothing=0.1, class_weights=WEIGHTS.tolist())
    assert found == pytest.approx(expected)


def test_padding_has_no_part_in_the_mean():
    padded = np.array([[0, -1], [2, 1]])
    sequence = LOGITS.reshape(2, 2, 3)
    kept = LOGITS[[0, 2, 3]]
    expected = -true(log_softmax(kept), np.array([0, 2, 1])).mean()
    assert torch_loss("cross_entropy", sequence, padded, ignored=-1) == pytest.approx(expected)


@pytest.mark.parametrize("options", [{}, {"label_smoothing": 0.1, "class_weights": WEIGHTS.tolist()}])
def test_a_batch_of_padding_has_loss_and_gradient_zero(options):
    outputs = torch.from_numpy(LOGITS).requires_grad_()
    loss = make_loss("cross_entropy", ignored=0, **options)(outputs, torch.zeros(4, dtype=torch.int64))
    loss.backward()
    assert loss.item() == 0
    assert not outputs.grad.any()


def test_a_diverged_loss_is_not_hidden_by_padding():
    assert np.isnan(torch_loss("cross_entropy", LOGITS * np.nan, CLASSES, ignored=0))


@pytest.mark.parametrize("weights", [[1.0, 0.0, 1.0], [1.0, -1.0, 1.0]])
def test_class_weights_that_leave_no_mean_are_refused(weights):
    with pytest.raises(ValueError, match="class weights must be positive"):
        make_loss("cross_entropy", class_weights=weights)


def test_binary_cross_entropy_from_logits():
    targets = (LOGITS > 0.7).astype(np.float64)
    p = 1 / (1 + np.exp(-LOGITS))
    expected = -(targets * np.log(p) + (1 - targets) * np.log(1 - p)).mean()
    assert torch_loss("binary_cross_entropy", LOGITS, targets) == pytest.approx(expected)


def test_losses_of_errors():
    error = np.abs(LOGITS)
    zeros = np.zeros_like(LOGITS)
    assert torch_loss("mse", LOGITS, zeros) == pytest.approx((error**2).mean())
    assert torch_loss("mae", LOGITS, zeros) == pytest.approx(error.mean())
    expected = np.where(error <= 1.5, error**2 / 2, 1.5 * (error - 0.75)).mean()
    assert torch_loss("huber", LOGITS, zeros, delta=1.5) == pytest.approx(expected)


def test_negative_elbo_is_likelihood_and_divergence_in_nats():
    generator = np.random.default_rng(0)
    logits, mean = generator.normal(size=(5, 6)), generator.normal(size=(5, 2))
    deviation, pixels = generator.uniform(0.5, 2, (5, 2)), generator.uniform(size=(5, 6))
    p = 1 / (1 + np.exp(-logits))
    likelihood = (pixels * np.log(p) + (1 - pixels) * np.log(1 - p)).sum(axis=1)
    # The divergence as it is defined, E[log q − log p], over a fine grid of z for each of the latent variables.
    z = mean[..., None] + deviation[..., None] * np.linspace(-9, 9, 4001)
    q = np.exp(-(((z - mean[..., None]) / deviation[..., None]) ** 2) / 2) / deviation[..., None] / np.sqrt(2 * np.pi)
    log_ratio = np.log(q) + z**2 / 2 + np.log(2 * np.pi) / 2
    divergence = np.trapezoid(q * log_ratio, z, axis=-1).sum(axis=1)
    outputs = np.concatenate([logits, mean, 2 * np.log(deviation)], axis=1)
    assert torch_loss("negative_elbo", outputs, pixels) == pytest.approx((divergence - likelihood).mean(), rel=1e-9)


def test_dense_targets_are_weighted_class_by_class_and_averaged_over_samples():
    shares = np.random.default_rng(0).dirichlet([1, 1, 1], 4)
    smoothed = 0.9 * shares + 0.1 / 3
    expected = -(WEIGHTS * smoothed * log_softmax(LOGITS)).sum(axis=-1).mean()
    found = torch_loss("dense_cross_entropy", LOGITS, shares, label_smoothing=0.1, class_weights=WEIGHTS.tolist())
    assert found == pytest.approx(expected)


def test_divergence_from_targets_is_cross_entropy_less_their_entropy():
    shares = np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0], [0.0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]])
    entropies = np.array([-0.2 * np.log(0.2) - 0.3 * np.log(0.3) - 0.5 * np.log(0.5), 0.0, np.log(2), np.log(3)])
    expected = torch_loss("dense_cross_entropy", LOGITS, shares) - entropies.mean()
    assert torch_loss("kl_divergence", LOGITS, shares) == pytest.approx(expected)


def test_probabilities_that_are_clipped_cost_no_more_than_their_logarithm_and_teach_nothing():
    outputs = torch.tensor([[50.0, 0.0, 0.0]], dtype=torch.float64, requires_grad=True)
    loss = make_loss("clipped_cross_entropy")(outputs, torch.tensor([1]))
    loss.backward()
    assert loss.item() == pytest.approx(-np.log(1e-7))
    assert not outputs.grad.any()


def test_probabilities_for_logits_leave_a_floor_under_the_loss():
    sure = 50 * np.eye(10)
    assert torch_loss("softmax_twice", sure, np.arange(10)) == pytest.approx(np.log(np.e + 9) - 1)
    assert torch_loss("softmax_twice", sure, np.arange(10)[::-1].copy()) == pytest.approx(np.log(np.e + 9))


def test_hinge_is_what_is_missing_to_the_margin():
    outputs, targets = np.array([[2.0, 0.5], [-2.0, 0.5]]), np.array([[1.0, 1.0], [1.0, 0.0]])
    assert torch_loss("hinge", outputs, targets) == pytest.approx((0 + 0.5 + 3 + 1.5) / 4)


def test_cosine_is_of_the_angle():
    outputs, targets = np.array([[3.0, 0.0], [0.0, 2.0], [1.0, 1.0]]), np.array([[1.0, 0.0], [0.0, -5.0], [0.0, 1.0]])
    assert torch_loss("cosine", outputs, targets) == pytest.approx((0 + 2 + 1 - np.sqrt(0.5)) / 3)
