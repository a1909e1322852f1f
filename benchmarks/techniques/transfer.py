"""Transfer: LeNet-5 learns the digits 0 to 4, and then 5 to 9 from few labels, with what it knows or without.

Every run first trains the source by itself, from the same seed, so that nothing has to be downloaded or stored. How
weights that others trained do is in ``transfer_text``.
"""

import dataclasses

from benchmarks.techniques.variation import Choices, by_labels, over_scratch, vary
from benchmarks.workloads.lenet_mnist5k import WORKLOAD
from harness.contract import Expectation, Technique, Transfer

CLASSES, BATCH = 5, 25
EPOCHS = {10: 60, 50: 20, 200: 8}
"""Of training by labels for each class: 120, 200 and 320 steps."""

HEAD, BLOCK, MAPS = "fc3", ("fc1", "fc2"), ("conv1", "conv2")
SOURCE = "transfer.source"
LENET = dataclasses.replace(
    WORKLOAD,
    architecture=dataclasses.replace(WORKLOAD.architecture, arguments={"in_channels": 1, "num_classes": CLASSES}),
    dataset="mnist5k_upper",
    batch_size=BATCH,
)
CHOICES: Choices = {
    "scratch": ("nothing carried over", None),
    "frozen": ("a new head on features that stay", Transfer(SOURCE, fresh=(HEAD,), frozen=(*MAPS, *BLOCK))),
    "last_block": ("the dense layers trained on", Transfer(SOURCE, fresh=(HEAD,), frozen=MAPS)),
    "full": (
        "all trained on, a tenth as fast below",
        Transfer(SOURCE, fresh=(HEAD,), rates={**dict.fromkeys(MAPS, 0.1), **dict.fromkeys(BLOCK, 0.3)}),
    ),
}

TECHNIQUE = Technique(
    name="transfer",
    title="Transfer",
    about="Digits 5 to 9 from 10, 50 and 200 labels a class, after digits 0 to 4 or from scratch.",
    variants=(
        *by_labels("transfer", LENET, CHOICES, CLASSES, EPOCHS),
        vary("transfer", LENET, "source", "digits 0 to 4, from all labels", dataset="mnist5k_lower", epochs=4),
    ),
    expectations=(
        Expectation("metric", "source", "five digits are easier than ten", at_least=0.96),
        over_scratch(
            "last_block", 10, "edges and strokes need not be learnt anew (Yosinski et al., 2014)", at_least=0.0
        ),
        over_scratch(
            "full",
            10,
            "at a tenth and three tenths of the learning rate few steps do not undo what the source taught its last"
            " layers, which are specific to its digits (Yosinski et al., 2014)",
            at_least=-0.05,
            at_most=0.02,
        ),
        over_scratch("frozen", 10, "features of the last layer tell the old digits apart, not the new", at_most=-0.05),
        over_scratch(
            "full", 200, "with many labels there is little left to gain, or to lose", at_least=-0.02, at_most=0.03
        ),
        Expectation(
            "metric",
            "frozen_200",
            "features of other digits do not tell these apart as well as their own",
            against="full_200",
            at_most=0.0,
        ),
    ),
)
