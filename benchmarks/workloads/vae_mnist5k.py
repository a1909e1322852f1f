"""A variational autoencoder on 5,000 MNIST images: random numbers in the forward pass, 815,824 parameters.

One hidden layer of 500 units on either side and a code of 20 numbers, after Kingma and Welling (2013). It draws the
code at every step and in evaluation too, where the metric estimates the evidence lower bound from one draw an image.
"""

from harness.contract import Architecture, Optimizer, Workload

WORKLOAD = Workload(
    name="vae_mnist5k",
    title="VAE on MNIST-5k",
    dataset="mnist5k_pixels",
    form="features",
    architecture=Architecture("autoencoder", "VAE", {"in_features": 784, "hidden": 500, "latent": 20, "noise": 1.0}),
    optimizer=Optimizer("adam", learning_rate=1e-3),
    batch_size=64,
    epochs=30,
    loss="negative_elbo",
    metric="elbo",
    target=-122.0,
    margin=1.0,
    pilot="PyTorch 2.13, its default initialisation, 2 seeds: −119.2 and −119.1 nats; after 40 epochs −117.8",
)
