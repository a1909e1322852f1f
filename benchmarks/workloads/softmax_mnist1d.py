"""Softmax regression on MNIST-1D, the linear baseline: 410 parameters.

A linear map cannot follow a pattern that moves; that it stays near a third is the point.

The protocol of the MNIST-1D repository: Adam at 1e-2, 6,000 steps of 100 samples in a fixed order.
"""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="softmax_mnist1d",
    title="Softmax regression on MNIST-1D",
    dataset="mnist1d",
    form="features",
    architecture=Architecture("linear", "Linear", {"in_features": 40, "out_features": 10}),
    optimizer=Optimizer("adam", learning_rate=1e-2),
    batch_size=100,
    epochs=150,
    loss="cross_entropy",
    metric="accuracy",
    target=0.3,
    margin=0.01,
    pilot="MNIST-1D repository: 32 %; PyTorch 2.13, 5 seeds: .313–.314",
    shuffle=False,
)
