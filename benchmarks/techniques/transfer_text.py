"""Transfer of text: MiniLM-L6, with the weights that its authors published, learns to tell liked films from others.

Howard and Ruder, 2018: lower layers are trained more slowly, for what they hold is of more general use, and the head,
which begins as it is drawn, faster. From scratch the same network has nothing but the labels. A step takes 22 million
parameters and six layers of attention: dear, so that ``--fast`` leaves this family out.
"""

from typing import Any

from benchmarks.pretrained import minilm
from benchmarks.techniques.variation import vary
from harness.contract import Architecture, Expectation, Optimizer, Technique, Transfer, Variant, Workload

CLASSES = 2
EPOCHS = {50: 6, 200: 2}
"""Of training by labels for each class: 60 and 80 steps."""

SOURCE, HEAD = "minilm", "head"
BLOCKS = tuple(f"blocks.{number}" for number in range(minilm.ARGUMENTS["depth"]))
EMBEDDINGS = ("token", "position", "segment", "norm")
LAST = BLOCKS[-1]
FASTER, TOP, DECAY = 10.0, 0.5, 0.7
"""Times the learning rate: of the head; of the last block; of a block beside the one above it."""

BELOW = {path: TOP * DECAY**depth for depth, path in enumerate(reversed(BLOCKS))}
LOWEST = dict.fromkeys(EMBEDDINGS, TOP * DECAY ** len(BLOCKS))

CLASSIFIER = Workload(
    name="minilm_movie_sentences",
    title="MiniLM-L6 on film-review sentences",
    dataset="movie_sentences_pieces",
    form="tokens",
    architecture=Architecture(
        "transformer",
        "BERT",
        {**minilm.ARGUMENTS, "pooling": "mean", "num_classes": CLASSES},
        immaterial={
            "blocks.*.attn.in_proj_bias[k]": "adds one number to all scores of a query, which softmax does not see"
        },
        initial_std={"*.bias": 0.0, "*.in_proj_bias": 0.0, "*": 0.02},
    ),
    optimizer=Optimizer("adam", learning_rate=1e-4),
    batch_size=10,
    epochs=1,
    loss="cross_entropy",
    metric="accuracy",
    target=None,
    margin=0.02,
    pilot="",
)
CHOICES: dict[str, tuple[str, Transfer | None]] = {
    "scratch": ("nothing carried over", None),
    "frozen": (
        "a new head on features that stay",
        Transfer(SOURCE, fresh=(HEAD,), frozen=(*EMBEDDINGS, *BLOCKS), rates={HEAD: FASTER}),
    ),
    "last_block": (
        "the last block trained on",
        Transfer(SOURCE, fresh=(HEAD,), frozen=(*EMBEDDINGS, *BLOCKS[:-1]), rates={HEAD: FASTER, LAST: TOP}),
    ),
    "full": (
        "all trained on, each block more slowly than the one above",
        Transfer(SOURCE, fresh=(HEAD,), rates={HEAD: FASTER, **BELOW, **LOWEST}),
    ),
}


def variant(choice: str, labels: int) -> Variant:
    """Return the classifier on so many liked and as many disliked sentences."""
    about, transfer = CHOICES[choice]
    changes: dict[str, Any] = {"samples": CLASSES * labels, "epochs": EPOCHS[labels], "transfer": transfer}
    told = f"{about}; {labels} labels a class"
    return vary("transfer_text", CLASSIFIER, f"{choice}_{labels}", told, figures=("train_metric", "gap"), **changes)


def gains(choice: str, labels: int, because: str, **bounds: float) -> Expectation:
    """Return by how much accuracy a choice is expected to be above training from scratch."""
    return Expectation("metric", f"{choice}_{labels}", because, against=f"scratch_{labels}", **bounds)


TECHNIQUE = Technique(
    name="transfer_text",
    title="Transfer of text",
    about="Film-review sentences, liked or not, from 50 and 200 labels a class, by MiniLM-L6 as published or "
    "its like from scratch.",
    variants=tuple(variant(choice, labels) for labels in EPOCHS for choice in CHOICES),
    expectations=(
        Expectation(
            "metric", "scratch_50", "a hundred sentences hold few of the words of five hundred others", at_most=0.6
        ),
        gains("frozen", 50, "sentences of like meaning lie close already (Reimers and Gurevych, 2019)", at_least=0.05),
        gains("frozen", 200, "and a line between them wants few labels", at_least=0.08),
        gains("last_block", 200, "the last block may turn to what people like", at_least=0.08),
        gains("full", 200, "slowly trained lower layers keep what they know (Howard and Ruder, 2018)", at_least=0.08),
        Expectation(
            "metric",
            "full_200",
            "features of meaning at large are not yet those of liking, and 400 labels tell the difference",
            against="frozen_200",
            at_least=-0.02,
        ),
        Expectation("metric", "frozen_200", "more labels", against="frozen_50", at_least=0.0),
    ),
    dear=True,
)
