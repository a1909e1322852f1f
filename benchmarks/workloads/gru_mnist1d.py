"""Bidirectional GRU on MNIST-1D: 5,134 parameters.

Forty steps that depend on each other, and six units a direction: a fused kernel against a loop of small steps.

The protocol of the MNIST-1D repository: Adam at 1e-2, 6,000 steps of 100 samples in a fixed order.
"""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="gru_mnist1d",
    title="Bidirectional GRU on MNIST-1D",
    dataset="mnist1d",
    form="sequence",
    architecture=Architecture(
        "recurrent", "BiGRU", {"input_size": 1, "hidden_size": 6, "length": 40, "num_classes": 10}
    ),
    optimizer=Optimizer("adam", learning_rate=1e-2),
    batch_size=100,
    epochs=150,
    loss="cross_entropy",
    metric="accuracy",
    target=0.88,
    margin=0.01,
    pilot="MNIST-1D repository: 91 %; PyTorch 2.13, 5 seeds: .893–.925",
    shuffle=False,
)
