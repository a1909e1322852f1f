"""Every architecture and technique in Keras 3, and the arms that run them on its backends.

Importing this imports no framework.
"""

import dataclasses

from harness.contract import ON_GPU_TOO, ArmSpec, Export

ONNX = "harness.run.onnx:run"

TENSORFLOW = ArmSpec(
    name="keras-tensorflow",
    entry="models_keras.arm:KerasArm",
    needs=("keras", "tensorflow"),
    distributions=("keras", "tensorflow|tensorflow-cpu"),
    precisions=ON_GPU_TOO,
    environment={"KERAS_BACKEND": "tensorflow"},
    loading=("tf_data", "pydataset", "grain"),
    weights=".weights.h5",
    parts=("forward", "forward+backward"),
    exports=(
        Export("saved_model", "models_keras.backends.tensorflow:run_saved_model"),
        Export("onnx", ONNX, needs=("tf2onnx", "onnx", "onnxruntime")),
        Export("litert", "models_keras.backends.tensorflow:run_litert"),
    ),
    out_of_memory=((), ("OOM when allocating tensor", "RESOURCE_EXHAUSTED")),
)

ARMS = (
    TENSORFLOW,
    ArmSpec(
        name="keras-jax",
        entry="models_keras.arm:KerasArm",
        needs=("keras", "jax"),
        distributions=("keras", "jax", "jaxlib"),
        precisions=ON_GPU_TOO,
        environment={"KERAS_BACKEND": "jax"},
        loading=("pydataset", "grain"),
        weights=".weights.h5",
        parts=("forward", "forward+backward"),
        exports=(
            Export("saved_model", "models_keras.backends.tensorflow:run_saved_model", needs=("tensorflow",)),
            Export("onnx", ONNX, needs=("jax2onnx", "onnx", "onnxruntime")),
        ),
        out_of_memory=((), ("RESOURCE_EXHAUSTED",)),
    ),
    ArmSpec(
        name="keras-torch",
        entry="models_keras.arm:KerasArm",
        needs=("keras", "torch"),
        distributions=("keras", "torch"),
        precisions=ON_GPU_TOO,
        environment={"KERAS_BACKEND": "torch"},
        loading=("dataloader", "pydataset", "grain"),
        weights=".weights.h5",
        parts=("forward", "forward+backward", "optimizer", "bookkeeping"),
        exports=(
            Export("torch_export", "models_keras.backends.torch:run_program"),
            Export(
                "saved_model", "models_keras.backends.tensorflow:run_saved_model", needs=("tensorflow", "torch_xla")
            ),
            Export("onnx", ONNX, needs=("onnx", "onnxscript", "onnxruntime")),
            Export("litert", "models_keras.backends.tensorflow:run_litert", needs=("tensorflow", "litert_torch")),
        ),
        out_of_memory=(("DefaultCPUAllocator: can't allocate memory",), ("CUDA out of memory",)),
    ),
    dataclasses.replace(
        TENSORFLOW,
        name="keras-tensorflow-xla",
        entry="models_keras.arm:CompiledKerasArm",
        form_of="keras-tensorflow",
    ),
    dataclasses.replace(
        TENSORFLOW,
        name="keras-tensorflow-tuned",
        entry="models_keras.arm:TunedKerasArm",
        form_of="keras-tensorflow",
    ),
)
