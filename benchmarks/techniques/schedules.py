"""Schedules: what becomes of a loss in a fixed budget if the learning rate falls, rises or starts again.

Twenty epochs of the MLP on MNIST-1D, 800 steps, by Adam at twice the 1e-2 of that dataset's protocol: a learning rate
so high that the loss keeps trembling, and it pays to lower it. All numbers are of steps, 40 to an epoch, but for the
plateau.
"""

from itertools import pairwise

from benchmarks.techniques.variation import vary
from benchmarks.workloads.mlp_mnist1d import WORKLOAD
from harness.contract import Expectation, Optimizer, Schedule, Technique, Variant

EPOCHS, STEPS = 20, 800


def variant(name: str, about: str, schedule: Schedule | None) -> Variant:
    """Return the MLP on MNIST-1D with a schedule."""
    optimizer = Optimizer("adam", learning_rate=2e-2)
    return vary("schedules", WORKLOAD, name, about, optimizer=optimizer, schedule=schedule, epochs=EPOCHS, shuffle=True)


def suggest(rates: list[float], losses: list[float], smoothing: float = 0.9) -> float:
    """Return the learning rate at which a finder's loss falls fastest (Smith, 2015; the rule of fastai).

    Args:
        rates: That grow by the same factor from step to step, as ``find_learning_rate`` of either half returns them.
        losses: Of the same steps.
        smoothing: Share of the past in the running mean that the slope is taken of, corrected for its start.

    Raises:
        ValueError: If fewer than three steps were taken, or the loss never falls.
    """
    if len(rates) < 3:
        raise ValueError(f"no slope in {len(rates)} steps")
    mean, smooth = 0.0, []
    for step, loss in enumerate(losses, 1):
        mean = smoothing * mean + (1 - smoothing) * loss
        smooth.append(mean / (1 - smoothing**step))
    falls = [before - after for before, after in pairwise(smooth)]
    if max(falls) <= 0:
        raise ValueError("the loss never falls")
    return rates[falls.index(max(falls))]


def lower(name: str, by: float, because: str) -> Expectation:
    """Return the expectation that a schedule ends with a training loss lower than a constant rate's, by so much."""
    return Expectation("train_loss", name, because, against="constant", at_most=-by)


TECHNIQUE = Technique(
    name="schedules",
    title="Learning-rate schedules",
    about="Twenty epochs of the MLP on MNIST-1D by Adam, whose learning rate of 2e-2 is lowered on the way, or is not.",
    variants=(
        variant("constant", "2e-2 throughout", None),
        variant("step", "÷ 10 after half of the budget", Schedule("step", steps=STEPS // 2, factor=0.1)),
        variant(
            "exponential", "÷ 100 in all, by the same factor every step", Schedule("exponential", factor=0.9942601)
        ),
        variant("cosine", "half a cosine to 0", Schedule("cosine", steps=STEPS)),
        variant("cosine_restarts", "cosines of 114, 229 and 457 steps", Schedule("cosine_restarts", 114, growth=2)),
        variant("warmup", "linearly from a tenth in 80 steps, then constant", Schedule("warmup", 80, factor=0.1)),
        variant("one_cycle", "a cosine up in 240 steps and one down", Schedule("one_cycle", steps=STEPS)),
        variant("polynomial", "linearly to 0", Schedule("polynomial", steps=STEPS)),
        variant("plateau", "÷ 2 after each epoch without progress", Schedule("plateau", steps=0, factor=0.5)),
    ),
    expectations=(
        lower("step", 0.05, "after the drop the loss stops trembling about the minimum"),
        lower("cosine", 0.12, "the last steps are as small as one likes (Loshchilov and Hutter, 2017)"),
        lower("cosine_restarts", 0.05, "as for the cosine, in the third period, the longest"),
        lower("one_cycle", 0.2, "the cosine, with a start that the optimizer's state can follow (Smith, 2018)"),
        lower("polynomial", 0.12, "as for the cosine"),
        lower("plateau", 0.05, "it halves when the loss trembles"),
        Expectation(
            figure="test_loss",
            variant="exponential",
            against="constant",
            at_most=-0.1,
            because="it is small so early that it fits the training set no better, but is less sure of what is wrong",
        ),
        Expectation(
            figure="train_loss",
            variant="warmup",
            against="constant",
            at_least=-0.25,
            at_most=0.15,
            because="two epochs of rising make a better start; what comes after them trembles as before",
        ),
    ),
)
