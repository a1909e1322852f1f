"""Multi-layer perceptron on 8×8 digits with what made it deep: batch norm, dropout, a residual; 34,058 parameters.

Many small operations for few multiplications: the case for fusing them. Dropout draws its masks from each framework's
own generator, so here the arms' accuracies are alike in distribution only.
"""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="mlp_norm_digits",
    title="MLP with batch norm and dropout on digits",
    dataset="digits",
    form="features",
    architecture=Architecture(
        "mlp",
        "MLP",
        {
            "in_features": 64,
            "hidden": (128, 128, 64),
            "out_features": 10,
            "norm": "batch",
            "dropout": 0.2,
            "residual": True,
        },
    ),
    optimizer=Optimizer("adam", learning_rate=1e-3),
    batch_size=64,
    epochs=20,
    loss="cross_entropy",
    metric="accuracy",
    target=0.97,
    margin=0.01,
    pilot="PyTorch 2.13, its default initialisation, 5 seeds: .978–.992",
)
