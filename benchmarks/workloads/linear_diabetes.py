"""Linear regression by plain SGD, the only one with a known best answer.

Squared error and real targets: what changes between the frameworks when it is not classification. Ordinary least
squares gives the value that SGD approaches; on this split it explains little more than a third of the variance.
"""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="linear_diabetes",
    title="Linear regression on diabetes",
    dataset="diabetes",
    form="features",
    architecture=Architecture("linear", "Linear", {"in_features": 10, "out_features": 1}),
    optimizer=Optimizer("sgd", learning_rate=3e-3),
    batch_size=32,
    epochs=60,
    loss="mse",
    metric="r2",
    target=0.33,
    margin=0.02,
    pilot="PyTorch 2.13, its default initialisation, 5 seeds: .349–.373; ordinary least squares: .365",
)
