"""GPT-2 small on noise of 128 tokens, for speed only: 124,439,808 parameters.

A third of its arithmetic is the head, which asks for the next of 50,257 tokens at every place.
"""

from harness.contract import Architecture, Optimizer, Workload

DEPTH, STD = 12, 0.02

WORKLOAD = Workload(
    name="gpt2_synthetic",
    title="GPT-2 small",
    dataset="synthetic_tokens",
    form="tokens",
    architecture=Architecture(
        "gpt",
        "GPT",
        {"vocabulary": 50257, "length": 1024, "width": 768, "depth": DEPTH, "heads": 12},
        immaterial={
            "blocks.*.attn.in_proj_bias[k]": "adds one number to all scores of a query, which softmax does not see"
        },
        tied="token.weight",
        initial_std={
            "*.bias": 0.0,
            "*.in_proj_bias": 0.0,
            "*.out_proj.weight": STD / (2 * DEPTH) ** 0.5,
            "*.fc2.weight": STD / (2 * DEPTH) ** 0.5,
            "*": STD,
        },
    ),
    optimizer=Optimizer("adam", learning_rate=1e-4),
    batch_size=2,
    epochs=1,
    loss="cross_entropy",
    metric=None,
    target=None,
    margin=0.0,
    pilot="speed only: noise teaches nothing",
)
