"""Rosenblatt's perceptron on two classes: one output, and a rule that moves only for what it gets wrong.

Plain SGD over single samples: nothing but the overhead of a step.
"""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="perceptron_breast_cancer",
    title="Perceptron on breast cancer",
    dataset="breast_cancer",
    form="features",
    architecture=Architecture("linear", "Linear", {"in_features": 30, "out_features": 1}),
    optimizer=Optimizer("sgd", learning_rate=0.01),
    batch_size=1,
    epochs=10,
    loss="perceptron",
    metric="accuracy",
    target=0.95,
    margin=0.01,
    pilot="PyTorch 2.13, its default initialisation, 5 seeds: .965–.991",
)
