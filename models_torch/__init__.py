"""Every architecture and technique in PyTorch, and the arms that run them. Importing this imports no framework."""

from harness.contract import ArmSpec

ARMS = (
    ArmSpec(
        name="torch",
        entry="models_torch.arm:TorchArm",
        needs=("torch",),
        distributions=("torch",),
        own_optimizers=("sgd", "rmsprop", "adagrad", "adadelta", "adam", "adamw", "nadam", "adamax"),
        weights=".safetensors",
        out_of_memory=(("DefaultCPUAllocator: can't allocate memory",), ("CUDA out of memory",)),
    ),
)
