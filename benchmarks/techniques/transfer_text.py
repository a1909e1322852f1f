"""Transfer of text: MiniLM-L6, with the weights that its authors published, learns to tell liked films from others.

Howard and Ruder, 2018: lower layers are trained more slowly, for what they hold is of more general use, and the head,
which begins as it is drawn, faster. From scratch the same network has nothing but the labels. A step takes 22 million
parameters and six layers of attention: dear, so that ``--fast`` leaves this family out.
"""

from benchmarks.pretrained import minilm
from benchmarks.techniques.variation import Choices, by_labels, over_scratch
from harness.contract import Architecture, Expectation, Optimizer, Technique, Transfer, Workload

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
CHOICES: Choices = {
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

TECHNIQUE = Technique(
    name="transfer_text",
    title="Transfer of text",
    about="Film-review sentences, liked or not, from 50 and 200 labels a class, by MiniLM-L6 as published or "
    "its like from scratch.",
    variants=tuple(by_labels("transfer_text", CLASSIFIER, CHOICES, CLASSES, EPOCHS)),
    expectations=(
        Expectation(
            "metric", "scratch_50", "a hundred sentences hold few of the words of five hundred others", at_most=0.6
        ),
        over_scratch(
            "frozen", 50, "sentences of like meaning lie close already (Reimers and Gurevych, 2019)", at_least=0.05
        ),
        over_scratch("frozen", 200, "and a line between them wants few labels", at_least=0.08),
        over_scratch("last_block", 200, "the last block may turn to what people like", at_least=0.08),
        over_scratch(
            "full", 200, "slowly trained lower layers keep what they know (Howard and Ruder, 2018)", at_least=0.08
        ),
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
