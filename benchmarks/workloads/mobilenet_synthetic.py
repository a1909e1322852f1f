"""MobileNetV2 on noise of ImageNet's shape, for speed only: 3,504,872 parameters.

A thirteenth of ResNet-50's arithmetic, in as many layers. The paper's dropout is left out, so that first losses agree.
"""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="mobilenet_synthetic",
    title="MobileNetV2 at ImageNet's size",
    dataset="synthetic_imagenet",
    form="image",
    architecture=Architecture(
        "mobilenet",
        "MobileNetV2",
        {"in_channels": 3, "num_classes": 1000, "dropout": 0.0},
        immaterial={
            "blocks.*.bn3.bias": "shifts a channel of the next 1×1 convolutions' input, which batch norm behind undoes"
        },
    ),
    optimizer=Optimizer("sgd", learning_rate=0.01, momentum=0.9),
    batch_size=4,
    epochs=1,
    loss="cross_entropy",
    metric=None,
    target=None,
    margin=0.0,
    pilot="speed only: noise teaches nothing",
)
