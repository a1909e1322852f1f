"""Every architecture and technique in PyTorch, and the arms that run them. Importing this imports no framework."""

import dataclasses

from harness.contract import ON_GPU_TOO, ArmSpec, Export

TORCH = ArmSpec(
    name="torch",
    entry="models_torch.arm:TorchArm",
    needs=("torch",),
    distributions=("torch",),
    precisions=ON_GPU_TOO,
    own_optimizers=("sgd", "rmsprop", "adagrad", "adadelta", "adam", "adamw", "nadam", "adamax"),
    loading=("dataloader", "grain"),
    weights=".safetensors",
    parts=("forward", "forward+backward", "optimizer"),
    out_of_memory=(("DefaultCPUAllocator: can't allocate memory",), ("CUDA out of memory",)),
    exports=(
        Export("torch_export", "models_torch.exports:run_program"),
        Export("onnx", "harness.run.onnx:run", needs=("onnx", "onnxscript", "onnxruntime")),
    ),
)

COMPILING = {"TORCHINDUCTOR_FORCE_DISABLE_CACHES": "1"}  # a first step compiles, whatever ran here before
CHECKING = {"TORCHINDUCTOR_FORCE_DISABLE_CACHES": "0"}

ARMS = (
    TORCH,
    dataclasses.replace(
        TORCH,
        name="torch-compile",
        entry="models_torch.compiled:CompiledTorchArm",
        environment=COMPILING,
        checking=CHECKING,
        form_of="torch",
    ),
    dataclasses.replace(TORCH, name="torch-tuned", entry="models_torch.tuned:TunedTorchArm", form_of="torch"),
    dataclasses.replace(
        TORCH,
        name="torch-compile-tuned",
        entry="models_torch.tuned:TunedCompiledTorchArm",
        environment=COMPILING,
        checking=CHECKING,
        form_of="torch",
    ),
)
