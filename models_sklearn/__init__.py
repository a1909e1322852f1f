"""Classical models of scikit-learn: what a network must beat to be worth its training. Read without importing it."""

from harness.contract import ArmSpec
from models_sklearn.baselines import BASELINES as BASELINES

ARM = ArmSpec(
    name="sklearn",
    entry="models_sklearn.arm:SklearnArm",
    needs=("sklearn",),
    distributions=("scikit-learn", "numpy", "scipy", "joblib", "threadpoolctl"),
    precisions={"cpu": ("fp64",)},
    witness=True,
)
"""How its process is started. It is no arm of a suite: those run workloads, and these models have a dataset."""
