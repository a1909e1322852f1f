"""VGG-11 on 5,000 MNIST images: eight plain 3×3 convolutions with batch norm, 578,810 parameters.

A quarter of the paper's channels. Little but convolution, in few large layers: the opposite of MobileNet.
"""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="vgg11_mnist5k",
    title="VGG-11 on MNIST-5k",
    dataset="mnist5k",
    form="image",
    architecture=Architecture("vgg", "CIFARVGG", {"in_channels": 1, "width": 16, "num_classes": 10, "dropout": 0.5}),
    optimizer=Optimizer("adam", learning_rate=3e-4),
    batch_size=64,
    epochs=8,
    loss="cross_entropy",
    metric="accuracy",
    target=0.97,
    margin=0.01,
    pilot="PyTorch 2.13, its default initialisation, 3 seeds: .979, .977, .984; .974–.981 after 10 epochs",
)
