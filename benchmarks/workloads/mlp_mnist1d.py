"""Multi-layer perceptron on MNIST-1D: 15,210 parameters.

What non-linearity alone adds, without any notion of position: twice the linear baseline, far below a CNN of a third the
size.

The protocol of the MNIST-1D repository: Adam at 1e-2, 6,000 steps of 100 samples in a fixed order.
"""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="mlp_mnist1d",
    title="MLP on MNIST-1D",
    dataset="mnist1d",
    form="features",
    architecture=Architecture("mlp", "MLP", {"in_features": 40, "hidden": (100, 100), "out_features": 10}),
    optimizer=Optimizer("adam", learning_rate=1e-2),
    batch_size=100,
    epochs=150,
    loss="cross_entropy",
    metric="accuracy",
    target=0.6,
    margin=0.01,
    pilot="MNIST-1D repository: 68 %; PyTorch 2.13, 5 seeds: .621–.652",
    shuffle=False,
)
