"""Public implementations of the same architectures as arms, to race ours against in the same framework.

``TWINBENCH_ARMS=benchmarks.peers`` lets the registry find them; ``docs/peers.md`` says how the races are run and what
came of them. PyTorch's peers are those of ``transformers``, Keras' those of ``keras-hub`` and ``keras.applications``
(extra ``peers``). They hold the same tensors under our canonical names, so that they begin alike and a race shows by
their first losses that both compute one function.
"""

from harness.contract import ArmSpec

IMAGES = {
    "resnet": ("depth", "in_channels", "num_classes"),
    "mobilenet": ("in_channels", "num_classes", "dropout"),
    "vit": (*("image_size", "patch_size", "in_channels", "width", "depth", "heads", "mlp_width", "num_classes"),),
}
TEXTS = {
    "transformer": (
        *("vocabulary", "length", "width", "depth", "heads", "mlp_width", "segments", "pooling", "num_classes"),
    ),
    "gpt": ("vocabulary", "length", "width", "depth", "heads"),
}


def _keras(backend: str, *distributions: str) -> ArmSpec:
    return ArmSpec(
        name=f"keras-{backend}-peers",
        entry="benchmarks.peers.keras_arm:PublishedArm",
        needs=("keras", "keras_hub", backend),
        distributions=("keras", "keras-hub", *distributions),
        environment={"KERAS_BACKEND": backend},
        architectures=IMAGES | TEXTS,
    )


ARMS = (
    ArmSpec(
        name="torch-transformers",
        entry="benchmarks.peers.torch_arm:PublishedArm",
        needs=("torch", "transformers"),
        distributions=("torch", "transformers"),
        architectures=IMAGES | TEXTS,
    ),
    _keras("tensorflow", "tensorflow|tensorflow-cpu"),
    _keras("jax", "jax", "jaxlib"),
    _keras("torch", "torch"),
)
