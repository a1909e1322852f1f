"""MobileNetV2 on 5,000 MNIST images: depthwise separable convolutions in 17 blocks, 700,202 parameters.

Many small layers and little arithmetic in each: what a framework spends around its kernels weighs most here.
"""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="mobilenet_mnist5k",
    title="MobileNetV2 on MNIST-5k",
    dataset="mnist5k",
    form="image",
    architecture=Architecture(
        "mobilenet",
        "MobileNetV2",
        {"in_channels": 1, "width": 0.5, "strides": (2, 1, 2, 2, 2, 1, 1, 1), "num_classes": 10, "dropout": 0.0},
    ),
    optimizer=Optimizer("sgd", learning_rate=0.03, momentum=0.9),
    batch_size=32,
    epochs=8,
    loss="cross_entropy",
    metric="accuracy",
    target=0.95,
    margin=0.01,
    pilot="PyTorch 2.13, its default initialisation, 1 seed, dropout .2: .958, and .954, .948 after 6, 7 epochs",
)
