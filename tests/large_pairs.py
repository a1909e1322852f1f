"""Pairs too large for every test in CI; ``make test-long`` has them."""

LARGE = ("mobilenet_mnist5k", "resnet20_mnist5k", "vgg11_mnist5k", "vit_mnist5k")
