"""Pairs too large for every test in CI; ``make test-long`` has them."""

LARGE = ("resnet20_mnist5k", "vit_mnist5k")
