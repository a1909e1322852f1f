"""Pairs too large for every test in CI; ``make test-long`` has them."""

LARGE = (
    "gpt_python_docs",
    "lstm_python_docs",
    "mobilenet_mnist5k",
    "resnet20_mnist5k",
    "transformer_movie_sentences",
    "unet_mnist5k",
    "vgg11_mnist5k",
    "vit_mnist5k",
)
