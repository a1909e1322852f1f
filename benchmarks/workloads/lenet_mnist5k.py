"""LeNet-5 on 5,000 MNIST images: convolution, pooling and dense layers, 61,706 parameters.

Large enough for arithmetic to outweigh the overhead of a step, and for layout to matter: PyTorch holds images channel
first, Keras channel last. 63 steps an epoch.
"""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="lenet_mnist5k",
    title="LeNet-5 on MNIST-5k",
    dataset="mnist5k",
    form="image",
    architecture=Architecture("lenet", "LeNet5", {"in_channels": 1, "num_classes": 10}),
    optimizer=Optimizer("adam", learning_rate=2e-3),
    batch_size=64,
    epochs=8,
    loss="cross_entropy",
    metric="accuracy",
    target=0.96,
    margin=0.01,
    pilot="PyTorch 2.13, its default initialisation, 5 seeds: .963–.972; after 6 epochs .951–.965",
)
