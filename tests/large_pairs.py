"""Pairs too large for every test in CI; ``make test-long`` has them."""

PUBLISHED = (
    "bert_synthetic",
    "gpt2_synthetic",
    "mobilenet_synthetic",
    "resnet18_synthetic",
    "resnet50_synthetic",
    "vgg11_synthetic",
    "vit_b16_synthetic",
)
"""Of published size, for speed only: up to a gigabyte of tensors in float64, and seconds for a step."""

CONVOLUTIONS = ("resnet18_synthetic", "resnet50_synthetic", "vgg11_synthetic")
"""Of 512 channels, of which one by itself is beyond the bound of float32 where the channel is last."""

BEYOND = {(name, arm, "forward fp32") for name in CONVOLUTIONS for arm in ("keras-tensorflow", "keras-torch")} | {
    ("gpt2_synthetic", "keras-jax", "forward fp32")
}
"""What is beyond its bound on the processor that ``docs/proving.md`` names, which has the cause."""

LARGE = (
    "gpt_python_docs",
    "lstm_python_docs",
    "mobilenet_mnist5k",
    "resnet20_mnist5k",
    "transformer_movie_sentences",
    "unet_mnist5k",
    "vgg11_mnist5k",
    "vit_mnist5k",
    *PUBLISHED,
)
