"""Multi-layer perceptron on 8×8 digits: two hidden layers, 17,226 parameters.

Small matrices, so step time is dominated by the cost of each call: the case for compiled train functions.
"""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="mlp_digits",
    title="MLP on digits",
    dataset="digits",
    form="features",
    architecture=Architecture("mlp", "MLP", {"in_features": 64, "hidden": (128, 64), "out_features": 10}),
    optimizer=Optimizer("adam", learning_rate=1e-3),
    batch_size=64,
    epochs=20,
    loss="cross_entropy",
    metric="accuracy",
    target=0.96,
    margin=0.01,
    pilot="PyTorch 2.13, its default initialisation, 5 seeds: .969–.975",
)
