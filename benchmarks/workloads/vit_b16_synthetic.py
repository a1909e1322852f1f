"""ViT-B/16 on noise of ImageNet's shape, for speed only: 86,567,656 parameters.

Twelve blocks over 197 tokens of width 768: large matrix products, and attention that fused kernels take in one.
"""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="vit_b16_synthetic",
    title="ViT-B/16 at ImageNet's size",
    dataset="synthetic_imagenet",
    form="image",
    architecture=Architecture(
        "vit",
        "ViT",
        {
            "image_size": 224,
            "patch_size": 16,
            "in_channels": 3,
            "width": 768,
            "depth": 12,
            "heads": 12,
            "mlp_width": 3072,
            "num_classes": 1000,
        },
        immaterial={
            "blocks.*.attn.in_proj_bias[k]": "adds one number to all scores of a query, which softmax does not see"
        },
    ),
    optimizer=Optimizer("adam", learning_rate=1e-4),
    batch_size=2,
    epochs=1,
    loss="cross_entropy",
    metric=None,
    target=None,
    margin=0.0,
    pilot="speed only: noise teaches nothing",
)
