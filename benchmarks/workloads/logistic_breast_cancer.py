"""Logistic regression on two classes: one output under binary cross-entropy, where softmax regression has two."""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="logistic_breast_cancer",
    title="Logistic regression on breast cancer",
    dataset="breast_cancer",
    form="features",
    architecture=Architecture("linear", "Linear", {"in_features": 30, "out_features": 1}),
    optimizer=Optimizer("sgd", learning_rate=0.1),
    batch_size=32,
    epochs=20,
    loss="binary_cross_entropy",
    metric="accuracy",
    target=0.96,
    margin=0.01,
    pilot="PyTorch 2.13, its default initialisation, 5 seeds: .974–.982",
)
