"""One-dimensional CNN on MNIST-1D: 5,210 parameters.

Weight sharing along the sequence is the right inductive bias here: the best of the four, with a third of the
parameters of the MLP.

The protocol of the MNIST-1D repository: Adam at 1e-2, 6,000 steps of 100 samples in a fixed order.
"""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="cnn_mnist1d",
    title="CNN on MNIST-1D",
    dataset="mnist1d",
    form="signal",
    architecture=Architecture(
        "lenet", "Conv1DNet", {"in_channels": 1, "channels": 25, "num_classes": 10, "length": 40}
    ),
    optimizer=Optimizer("adam", learning_rate=1e-2),
    batch_size=100,
    epochs=150,
    loss="cross_entropy",
    metric="accuracy",
    target=0.92,
    margin=0.01,
    pilot="MNIST-1D repository: 94 %; PyTorch 2.13, 5 seeds: .929–.946",
    shuffle=False,
)
