"""Softmax regression on 30 tabular features, by SGD with momentum.

Two classes and 62 parameters: the NumPy witness follows it by hand, momentum included. With 114 test samples one sample
is .009 of accuracy; hence the wider margin.
"""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="softmax_breast_cancer",
    title="Softmax regression on breast cancer",
    dataset="breast_cancer",
    form="features",
    architecture=Architecture("linear", "Linear", {"in_features": 30, "out_features": 2}),
    optimizer=Optimizer("sgd", learning_rate=1e-2, momentum=0.9),
    batch_size=32,
    epochs=30,
    loss="cross_entropy",
    metric="accuracy",
    target=0.96,
    margin=0.02,
    pilot="PyTorch 2.13, its default initialisation, 5 seeds: .974–.982; scikit-learn LogisticRegression: .982",
)
