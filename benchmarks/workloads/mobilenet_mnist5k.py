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
        {"in_channels": 1, "width": 0.5, "strides": (2, 1, 2, 2, 1, 1, 1, 1), "num_classes": 10, "dropout": 0.0},
        immaterial={
            "blocks.*.bn3.bias": "shifts a channel of the next 1×1 convolutions' input, which batch norm behind undoes"
        },
    ),
    optimizer=Optimizer("sgd", learning_rate=0.05, momentum=0.9),
    batch_size=32,
    epochs=9,
    loss="cross_entropy",
    metric="accuracy",
    target=0.95,
    margin=0.01,
    pilot="PyTorch 2.13, its default initialisation, 1 seed: .968, and .955, .953 after 7, 8 epochs",
)
