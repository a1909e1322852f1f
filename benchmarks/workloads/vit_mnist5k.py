"""A small vision transformer on 5,000 MNIST images: attention over 16 patches of 7×7 pixels, 205,962 parameters.

Width 64, depth 6, 4 heads. Without augmentation and on so few images it stays behind the convolutional networks.
"""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="vit_mnist5k",
    title="ViT on MNIST-5k",
    dataset="mnist5k",
    form="image",
    architecture=Architecture(
        "vit",
        "ViT",
        {
            "image_size": 28,
            "patch_size": 7,
            "in_channels": 1,
            "width": 64,
            "depth": 6,
            "heads": 4,
            "mlp_width": 128,
            "num_classes": 10,
        },
        immaterial={
            "blocks.*.attn.in_proj_bias[k]": "adds one number to all scores of a query, which softmax does not see"
        },
    ),
    optimizer=Optimizer("adam", learning_rate=1e-3),
    batch_size=64,
    epochs=20,
    loss="cross_entropy",
    metric="accuracy",
    target=0.92,
    margin=0.01,
    pilot="PyTorch 2.13, its default initialisation, 1 seed: .953, and .954 after 30 epochs",
)
