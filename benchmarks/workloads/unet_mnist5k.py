"""A small U-Net finds digits on textured noise: a class for every pixel, 121,033 parameters.

Three levels, from 8 channels to 64, with batch norm. Large maps of few channels, and copies of them that stay in memory
until the way back: the opposite of a classifier. Few images, as in the paper, which had thirty.
"""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="unet_mnist5k",
    title="U-Net on digits on noise",
    dataset="mnist_segmentation",
    form="image",
    architecture=Architecture(
        "unet", "UNet", {"in_channels": 1, "out_channels": 1, "width": 8, "depth": 3, "norm": True}
    ),
    optimizer=Optimizer("adam", learning_rate=3e-3),
    batch_size=16,
    epochs=12,
    loss="binary_cross_entropy",
    metric="iou",
    target=0.82,
    margin=0.02,
    pilot="PyTorch 2.13, its default initialisation, 2 seeds: .856 and .856",
)
