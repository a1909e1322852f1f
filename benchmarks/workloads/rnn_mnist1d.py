"""Bidirectional simple RNN on MNIST-1D: 2,826 parameters.

Forty steps back without a gate: what the gated kinds were made for. It is classified by its last states, which the
first steps reach through forty products.

At the 1e-2 of the MNIST-1D protocol, with clipping or without, it learns nothing (one direction: .09–.12 after 4,000
steps). So here it has a tenth of that, and gradients clipped at a norm of 1 (Pascanu et al., 2013); 6,000 steps of 100
samples in a fixed order as for the others. They end while it still learns, and seeds differ by a quarter.
"""

from harness.contract import Architecture, Clipping, Optimizer, Workload

WORKLOAD = Workload(
    name="rnn_mnist1d",
    title="Bidirectional simple RNN on MNIST-1D",
    dataset="mnist1d",
    form="sequence",
    architecture=Architecture(
        "recurrent",
        "RecurrentClassifier",
        {"kind": "rnn", "input_size": 1, "hidden_size": 32, "bidirectional": True, "num_classes": 10},
    ),
    optimizer=Optimizer("adam", learning_rate=1e-3, clipping=Clipping("global_norm", 1.0)),
    batch_size=100,
    epochs=150,
    loss="cross_entropy",
    metric="accuracy",
    target=0.45,
    margin=0.03,
    pilot="PyTorch 2.13, 3 seeds: .746, .643, .511",
    shuffle=False,
)
