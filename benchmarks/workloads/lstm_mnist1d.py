"""Bidirectional LSTM of two layers on MNIST-1D: 5,146 parameters.

Recurrent networks as they are mostly used: gated, stacked, read from both ends, classified by their last states. No
position has weights of its own, and it is better than the CNN of as many parameters.

The protocol of the MNIST-1D repository: Adam at 1e-2, 6,000 steps of 100 samples in a fixed order.
"""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="lstm_mnist1d",
    title="Bidirectional LSTM of two layers on MNIST-1D",
    dataset="mnist1d",
    form="sequence",
    architecture=Architecture(
        "recurrent",
        "RecurrentClassifier",
        {
            "kind": "lstm",
            "input_size": 1,
            "hidden_size": 12,
            "num_layers": 2,
            "bidirectional": True,
            "dropout": 0.0,
            "num_classes": 10,
        },
    ),
    optimizer=Optimizer("adam", learning_rate=1e-2),
    batch_size=100,
    epochs=150,
    loss="cross_entropy",
    metric="accuracy",
    target=0.94,
    margin=0.01,
    pilot="PyTorch 2.13, 2 seeds: .967, .962",
    shuffle=False,
)
