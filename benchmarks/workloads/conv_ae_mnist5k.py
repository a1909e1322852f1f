"""A convolutional autoencoder on 5,000 MNIST images: transposed convolutions, 118,913 parameters.

Strided convolutions down to a code of 32 numbers, transposed ones back up. A code becomes a feature map again, which
PyTorch lays out channel first and Keras channel last.
"""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="conv_ae_mnist5k",
    title="Convolutional autoencoder on MNIST-5k",
    dataset="mnist5k_pixels",
    form="image",
    architecture=Architecture(
        "autoencoder", "ConvAutoencoder", {"in_channels": 1, "channels": 16, "latent": 32, "size": 28}
    ),
    optimizer=Optimizer("adam", learning_rate=2e-3),
    batch_size=64,
    epochs=20,
    loss="mse",
    metric="mse",
    target=0.011,
    margin=0.001,
    pilot="PyTorch 2.13, its default initialisation, 2 seeds: .0076 and .0093",
)
