"""The witness: networks, backpropagation and optimizers by hand, in NumPy and float64. It checks the arms."""

from harness.contract import ArmSpec

ARMS = (
    ArmSpec(
        name="numpy",
        entry="models_numpy.arm:NumpyArm",
        needs=(),
        distributions=("numpy",),
        precisions={"cpu": ("fp32", "fp64")},
        witness=True,
        architectures={
            "linear": ("in_features", "out_features"),
            "mlp": ("in_features", "hidden", "out_features"),
        },
        optimizers=("sgd", "adam"),
        losses=("cross_entropy", "mse", "binary_cross_entropy", "perceptron"),
    ),
)
