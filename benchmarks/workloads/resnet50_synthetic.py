"""ResNet-50 (version 1.5) on noise of ImageNet's shape, for speed only: 25,557,032 parameters.

What everyone measures. Two thirds of its convolutions are 1×1: matrix products with much traffic around them.
"""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="resnet50_synthetic",
    title="ResNet-50 at ImageNet's size",
    dataset="synthetic_imagenet",
    form="image",
    architecture=Architecture("resnet", "ResNet", {"depth": 50, "in_channels": 3, "num_classes": 1000}),
    optimizer=Optimizer("sgd", learning_rate=0.01, momentum=0.9),
    batch_size=4,
    epochs=1,
    loss="cross_entropy",
    metric=None,
    target=None,
    margin=0.0,
    pilot="speed only: noise teaches nothing",
)
