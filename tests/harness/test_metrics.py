import dataclasses
import math

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, log_loss, mean_squared_error, r2_score

from harness import matched, metrics, registry

CLASSIFICATION = registry.find_workload("softmax_digits")
REGRESSION = registry.find_workload("linear_diabetes")


def test_accuracy_is_the_share_of_largest_logits_in_place():
    logits = np.array([[2.0, 1.0], [0.0, 3.0], [1.0, 0.0], [5.0, 9.0]])
    assert metrics.accuracy(logits, np.array([0, 1, 1, 1])) == 0.75


def test_of_equal_logits_the_first_class_is_chosen():
    logits = np.array([[1.0, 1.0, 0.0], [0.0, 2.0, 2.0], [5.0, 5.0, 5.0]])
    assert metrics.accuracy(logits, np.array([0, 1, 0])) == 1.0
    assert metrics.accuracy(logits, np.array([1, 2, 2])) == 0.0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_metrics_and_losses_are_scikit_learns(dtype):
    generator = np.random.default_rng(0)
    logits = generator.normal(0, 3, (201, 7)).astype(dtype)
    classes = generator.integers(0, 7, 201)
    exponentials = np.exp(logits.astype(np.float64))
    probabilities = exponentials / exponentials.sum(axis=1, keepdims=True)
    assert metrics.accuracy(logits, classes) == accuracy_score(classes, logits.argmax(axis=1))
    assert metrics.cross_entropy(logits, classes) == pytest.approx(log_loss(classes, probabilities), rel=1e-12)
    outputs = generator.normal(3, 2, (201, 1)).astype(dtype)
    targets = (outputs + generator.normal(0, 1, (201, 1))).astype(dtype)
    double = targets.astype(np.float64), outputs.astype(np.float64)
    assert metrics.r2(outputs, targets) == pytest.approx(r2_score(*double), rel=1e-12 if dtype == "float64" else 1e-6)
    assert metrics.mse(outputs, targets) == pytest.approx(mean_squared_error(*double), rel=1e-12)


def test_cross_entropy_by_hand():
    logits = np.log(np.array([[1.0, 3.0], [1.0, 1.0]], dtype=np.float32))
    assert metrics.cross_entropy(logits, np.array([1, 0])) == pytest.approx((math.log(4 / 3) + math.log(2)) / 2)


def test_padding_is_left_out_of_metric_and_loss():
    padded = dataclasses.replace(CLASSIFICATION, loss_options={"ignored": -1})
    logits = np.random.default_rng(2).normal(size=(5, 7, 4))
    classes = np.random.default_rng(3).integers(0, 4, (5, 7))
    classes[:, 3:] = -1
    kept = logits[:, :3].reshape(-1, 4), classes[:, :3].reshape(-1)
    assert metrics.evaluate(padded, logits, classes) == (metrics.accuracy(*kept), metrics.cross_entropy(*kept))
    with pytest.raises(ValueError, match="softmax_digits: all targets are padding, -1"):
        metrics.evaluate(padded, logits, np.full((5, 7), -1))


def test_cross_entropy_of_large_logits_is_finite():
    assert metrics.cross_entropy(np.array([[1e4, 0.0], [0.0, 1e4]]), np.array([1, 1])) == pytest.approx(5e3)


def test_r2_by_hand():
    targets = np.array([[1.0], [2.0], [6.0]])
    assert metrics.r2(targets, targets) == 1.0
    assert metrics.r2(np.full((3, 1), 3.0), targets) == 0.0
    assert metrics.r2(np.array([[2.0], [2.0], [3.0]]), targets) == pytest.approx(1 - 10 / 14)


def test_mse_by_hand():
    assert metrics.mse(np.array([[1.0], [4.0]]), np.array([[0.0], [2.0]])) == 2.5


def test_evaluate_gives_metric_and_loss_of_the_task():
    logits, classes = np.array([[0.0, 1.0], [0.0, 0.0]]), np.array([1, 0])
    assert metrics.evaluate(CLASSIFICATION, logits, classes) == (1.0, metrics.cross_entropy(logits, classes))
    outputs, targets = np.array([[0.0], [3.0]]), np.array([[0.0], [2.0]])
    assert metrics.evaluate(REGRESSION, outputs, targets) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("workload", "outputs", "targets"),
    [
        (CLASSIFICATION, (4, 10), (5,)),
        (CLASSIFICATION, (4,), (4,)),
        (CLASSIFICATION, (4, 10), (4, 1)),
        (CLASSIFICATION, (4, 10, 1), (4,)),
        (REGRESSION, (4, 1), (5, 1)),
        (REGRESSION, (4,), (4, 1)),
        (REGRESSION, (4, 3), (4, 1)),
        (REGRESSION, (4, 1), (4,)),
        (REGRESSION, (4,), (4,)),
    ],
    ids=str,
)
def test_shapes_that_would_broadcast_to_a_plausible_figure_are_refused(workload, outputs, targets):
    with pytest.raises(ValueError, match="outputs of shape"):
        metrics.evaluate(workload, np.zeros(outputs), np.zeros(targets, int))


def test_accuracy_of_one_logit_is_the_side_of_zero_it_is_on():
    assert metrics.accuracy(np.array([[2.0], [-1.0], [3.0], [0.0]]), np.array([[1.0], [0.0], [0.0], [0.0]])) == 0.75


def test_losses_with_options_by_hand():
    outputs, targets = np.zeros((2, 1)), np.array([[2.0], [-4.0]])
    assert metrics.quantile(outputs, targets, 0.75) == (1.5 + 1.0) / 2
    assert metrics.huber(outputs, targets, 3.0) == (2.0 + 3 * 2.5) / 2
    pairs = np.array([[[0.0, 0.0], [3.0, 4.0]], [[0.0, 0.0], [0.0, 0.5]], [[0.0, 0.0], [0.0, 0.5]]])
    alike = np.array([[1.0], [0.0], [1.0]])
    assert metrics.contrastive(pairs, alike, margin=2.0) == pytest.approx((25 + 1.5**2 + 0.25) / 6)
    triplets = np.array([[[0.0], [2.0], [3.0]], [[0.0], [2.0], [1.0]]])
    assert metrics.triplet(triplets, np.zeros((2, 1)), margin=0.5) == (0 + 3.5) / 2
    logits = np.log(np.array([[1.0, 3.0], [1.0, 1.0]]))
    focused = (0.25**3 * math.log(4 / 3) + 0.5**3 * math.log(2)) / 2
    assert metrics.focal(logits, np.array([1, 0]), gamma=3.0) == pytest.approx(focused)


def test_two_tasks_are_added_and_the_metric_is_the_first_ones():
    workload = registry.find_workload("custom.two_tasks")
    workload = dataclasses.replace(workload, loss_options={"classes": 2, "weight": 0.5})
    outputs, targets = np.array([[0.0, math.log(3.0), 9.0], [1.0, 1.0, 5.0]]), np.array([[0, 1, 7], [0, 1, 5]])
    metric, loss = metrics.evaluate(workload, outputs, targets)
    assert metric == 0.5  # a tie goes to the first class
    assert loss == pytest.approx((math.log(4 / 3) + math.log(2)) / 2 + 0.5 * 2)


def test_what_belongs_together_is_told_by_distance():
    pairs = np.array([[[0.0], [0.4]], [[0.0], [0.6]], [[0.0], [0.6]]])
    assert metrics.told_apart(pairs, np.array([[1.0], [0.0], [1.0]])) == pytest.approx(2 / 3)
    triplets = np.array([[[0.0], [5.0], [-6.0]], [[0.0], [2.0], [1.0]]])
    assert metrics.told_apart(triplets, np.zeros((2, 1))) == 0.5


@pytest.mark.parametrize(("name", "outputs"), [("contrastive", (4, 3, 8)), ("triplet", (4, 2, 8)), ("triplet", (4, 3))])
def test_embeddings_of_another_number_are_refused(name, outputs):
    with pytest.raises(ValueError, match="outputs of shape"):
        metrics.evaluate(registry.find_workload(f"custom.{name}"), np.zeros(outputs), np.zeros((4, 1)))


def test_sequences_count_every_step():
    logits = np.log(np.array([[[1.0, 3.0], [1.0, 1.0]], [[3.0, 1.0], [1.0, 1.0]]]))
    classes = np.array([[1, 0], [0, 1]])
    nats = (2 * math.log(4 / 3) + 2 * math.log(2)) / 4
    assert metrics.cross_entropy(logits, classes) == pytest.approx(nats)
    assert metrics.bits_per_character(logits, classes) == pytest.approx(nats / math.log(2))
    assert metrics.accuracy(logits, classes) == 0.75


def test_iou_by_hand():
    logits = np.array([[[[1.0, -1.0], [1.0, 1.0]]], [[[-1.0, -1.0], [-1.0, -1.0]]], [[[1.0, -1.0], [-1.0, -1.0]]]])
    masks = np.array([[[[1.0, 1.0], [1.0, 0.0]]], [[[0.0, 0.0], [0.0, 0.0]]], [[[0.0, 0.0], [0.0, 1.0]]]])
    assert metrics.iou(logits, masks) == pytest.approx((2 / 4 + 1 + 0) / 3)


def test_binary_losses_by_hand():
    logits, targets = np.array([[0.0], [math.log(3.0)], [-800.0]]), np.array([[1.0], [0.0], [0.0]])
    assert metrics.binary_cross_entropy(logits, targets) == pytest.approx((math.log(2) + math.log(4)) / 3)
    assert metrics.perceptron(np.array([[2.0], [-3.0], [1.0]]), np.array([[0.0], [1.0], [1.0]])) == pytest.approx(5 / 3)


def test_elbo_is_likelihood_less_divergence():
    generator = np.random.default_rng(0)
    logits, mean, log_variance = (
        generator.normal(size=(5, 9)),
        generator.normal(size=(5, 2)),
        generator.normal(size=(5, 2)),
    )
    pixels = generator.uniform(size=(5, 9))
    p = 1 / (1 + np.exp(-logits))
    likelihood = (pixels * np.log(p) + (1 - pixels) * np.log(1 - p)).sum(axis=1)
    # KL of two normals, by their general formula: (σ² + μ²) / 2 − 1/2 − log σ
    divergence = ((np.exp(log_variance) + mean**2) / 2 - 0.5 - log_variance / 2).sum(axis=1)
    outputs = np.concatenate([logits, mean, log_variance], axis=1)
    assert metrics.elbo(outputs, pixels) == pytest.approx(np.mean(likelihood - divergence))
    assert metrics.negative_elbo(outputs, pixels) == -metrics.elbo(outputs, pixels)


def test_a_workload_without_metric_is_not_evaluated():
    with pytest.raises(ValueError, match="has no metric"):
        metrics.evaluate(dataclasses.replace(REGRESSION, metric=None), np.zeros((2, 1)), np.zeros((2, 1)))


def test_losses_of_dense_targets_by_hand():
    logits = np.log(np.array([[1.0, 3.0], [1.0, 1.0]], dtype=np.float32))
    shares = np.array([[0.0, 1.0], [0.5, 0.5]])
    assert metrics.dense_cross_entropy(logits, shares) == pytest.approx((math.log(4 / 3) + math.log(2)) / 2)
    assert metrics.kl_divergence(logits, shares) == pytest.approx(math.log(4 / 3) / 2)
    assert metrics.hinge(np.array([[2.0, -0.5]]), np.array([[1.0, 1.0]])) == 0.75
    assert metrics.cosine(np.array([[3.0, 0.0], [0.0, 2.0]]), np.array([[1.0, 0.0], [0.0, -5.0]])) == 1.0


def test_losses_of_errors_by_hand():
    outputs, targets = np.array([[0.5], [3.0]]), np.zeros((2, 1))
    assert metrics.mae(outputs, targets) == 1.75
    assert metrics.huber(outputs, targets) == (0.125 + 2.5) / 2


def test_one_hot_targets_are_judged_by_the_largest_output():
    workload = registry.find_workload("losses.squared")
    outputs = np.full((2, 10), 0.9) - 0.5 * np.eye(10)[[1, 2]] + np.eye(10)[[3, 4]]  # many above 0, one the largest
    targets = matched.as_target(np.array([3, 5]), workload)
    assert targets.shape == (2, 10)
    assert metrics.evaluate(workload, outputs, targets)[0] == 0.5
