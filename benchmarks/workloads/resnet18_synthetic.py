"""ResNet-18 on noise of ImageNet's shape, for speed only: 11,689,512 parameters.

Seventeen convolutions of 3×3 pixels and more, of which a convolution library makes the most.
"""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="resnet18_synthetic",
    title="ResNet-18 at ImageNet's size",
    dataset="synthetic_imagenet",
    form="image",
    architecture=Architecture("resnet", "ResNet", {"depth": 18, "in_channels": 3, "num_classes": 1000}),
    optimizer=Optimizer("sgd", learning_rate=0.01, momentum=0.9),
    batch_size=4,
    epochs=1,
    loss="cross_entropy",
    metric=None,
    target=None,
    margin=0.0,
    pilot="speed only: noise teaches nothing",
)
