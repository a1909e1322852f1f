"""VGG-11 with batch norm on noise of ImageNet's shape, for speed only: 132,868,840 parameters.

Three quarters of them are in one affine map of 25,088 inputs. The paper's dropout is left out, so that first losses
agree.
"""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="vgg11_synthetic",
    title="VGG-11 at ImageNet's size",
    dataset="synthetic_imagenet",
    form="image",
    architecture=Architecture(
        "vgg",
        "VGG",
        {"image_size": 224, "in_channels": 3, "num_classes": 1000, "dropout": 0.0},
        immaterial={
            f"features.{number}.bias": "shifts a channel, which the batch norm behind it undoes"
            for number in (0, 4, 8, 11, 15, 18, 22, 25)
        },
    ),
    optimizer=Optimizer("sgd", learning_rate=0.01, momentum=0.9),
    batch_size=2,
    epochs=1,
    loss="cross_entropy",
    metric=None,
    target=None,
    margin=0.0,
    pilot="speed only: noise teaches nothing",
)
