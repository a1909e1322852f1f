"""What a framework is judged by: for each criterion what is measured, and how its score comes from that, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PATIENCE_S = 10.0
"""Seconds more than the quickest at which the score of a first step is halved: about as long as one likes to wait."""

RATIO = (
    "1 ÷ ratio to the best arm. Whoever cannot be told from the best (the 95 % interval of the ratio includes 1, or "
    "lies within ±3 %) scores as the best does, but never more than an arm with a better figure"
)
SECONDS = (
    f"{PATIENCE_S:g} s ÷ ({PATIENCE_S:g} s + seconds more than the best arm): ten seconds matter, ten milliseconds do "
    "not. Seconds more whose 95 % interval includes 0 count as none"
)
MARGINS = "1 up to one margin, beyond it 1 ÷ shortfall. A shortfall whose 95 % interval includes 0 counts as none"
SHARE = "the share itself"
COUNT = "fewest ÷ count; counts within 3 % of the fewest score alike"


@dataclass(frozen=True)
class Criterion:
    """One of the things that a choice rests on.

    Attributes:
        name: As weights call it.
        title: As a reader sees it.
        measured: What its figures are.
        score: How they become scores from 0 to 1.
        needed: Whether an arm without a figure is not ranked where others have one; any other criterion takes no part
            if a ranked arm has no figure.
    """

    name: str
    title: str
    measured: str
    score: str
    needed: bool = False


CRITERIA: Mapping[str, Criterion] = {
    criterion.name: criterion
    for criterion in (
        Criterion(
            "speed",
            "Train step",
            "time of a train step as a ratio to the quickest arm's, launch by launch, geometric mean over workloads",
            RATIO,
            needed=True,
        ),
        Criterion(
            "inference",
            "Forward pass",
            "time of a forward pass as a ratio to the quickest arm's, as for train steps",
            RATIO,
        ),
        Criterion(
            "memory",
            "Host memory",
            "peak host memory of a fresh process, geometric mean over workloads",
            RATIO,
        ),
        Criterion(
            "accuracy",
            "Accuracy",
            "the largest shortfall of the metric from that of a workload's best arm, in units of the workload's margin",
            MARGINS,
            needed=True,
        ),
        Criterion(
            "first_step",
            "First step",
            "seconds of the first step of a fresh process, tracing and compilation included, mean over workloads",
            SECONDS,
        ),
        Criterion(
            "cold_start",
            "Cold start",
            "seconds from process start to the end of the first step, geometric mean over workloads",
            RATIO,
        ),
        Criterion(
            "mixed_precision",
            "Gain of bf16",
            "step time in fp32 ÷ that in bf16, geometric mean over workloads",
            RATIO + ". The ratio is that of the largest gain to the arm's",
        ),
        Criterion(
            "export",
            "Exports that worked",
            "share of the forms in which any of the arms could be tried that another runtime ran for batches of any "
            "size and with the arm's own outputs, over the workloads of `twinbench exports`. A form that the framework "
            "does not offer, or that lacked a package here, is one that it does not have",
            SHARE,
        ),
        Criterion(
            "checkpoint",
            "Checkpoints",
            "share of the interrupted trainings of technique checkpointing that ended where uninterrupted ones do, to "
            "the bit",
            SHARE,
        ),
        Criterion(
            "reproducibility",
            "Same bits again",
            "share of the workloads on which all launches, processes of their own, computed the same first loss from "
            "the same parameters and batch, to the bit. It says nothing of later steps",
            SHARE,
        ),
        Criterion(
            "code",
            "Lines of code",
            "lines of code of the half for the architectures of the run, without the training loop, which PyTorch's "
            "users write and Keras' fit brings",
            COUNT,
        ),
        Criterion(
            "workarounds",
            "Workarounds",
            "rows of docs/differences.md for which this half is written otherwise in the pairs than its user would get "
            "by default, whatever the workloads. Mostly the pairs agree on PyTorch's definition, so Keras' half has "
            "more of them by that choice, and not by fault",
            COUNT,
        ),
        Criterion(
            "failures",
            "Cells without failure",
            "share of the cells asked of the arm that did not end in a crash, a timeout, lack of memory, divergence or "
            "an invalid result. What is unsupported, or disturbed by others, is no failure",
            SHARE,
        ),
        Criterion(
            "ecosystem",
            "Ecosystem",
            "share of the facts listed below that hold of what the arm is made of",
            SHARE,
        ),
    )
}
