"""BERT of MiniLM-L6's size on noise of 128 tokens, for speed only: 22,713,216 parameters and a head of two classes.

Half of them are embeddings, of which a step touches one row for each token; the optimizer goes through all of them.
"""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="bert_synthetic",
    title="BERT of MiniLM's size",
    dataset="synthetic_texts",
    form="tokens",
    architecture=Architecture(
        "transformer",
        "BERT",
        {
            "vocabulary": 30522,
            "length": 512,
            "width": 384,
            "depth": 6,
            "heads": 12,
            "mlp_width": 1536,
            "segments": 2,
            "pooling": "token",
            "num_classes": 2,
        },
        immaterial={
            "blocks.*.attn.in_proj_bias[k]": "adds one number to all scores of a query, which softmax does not see"
        },
        initial_std={"*.bias": 0.0, "*.in_proj_bias": 0.0, "*": 0.02},
    ),
    optimizer=Optimizer("adam", learning_rate=1e-4),
    batch_size=4,
    epochs=1,
    loss="cross_entropy",
    metric=None,
    target=None,
    margin=0.0,
    pilot="speed only: noise teaches nothing",
)
