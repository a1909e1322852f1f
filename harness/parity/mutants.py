"""Planted faults: each a patch to the source of a real half. A gate must go red, and in the right place.

A mutant lives in a copy of the packages ``models_torch`` and ``models_keras`` that its workers find first; the
gates, their inputs and the installed packages stay as they are.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from harness.parity.engine import check
from harness.parity.gates import GATES, Finding

PACKAGES = ("models_torch", "models_keras")


@dataclass(frozen=True)
class Mutant:
    """One fault.

    Attributes:
        path: The file it is planted in, below the folder of the packages.
        old: What stands there, exactly once.
        new: What is put in its place.
        workload: Whose pair shows it.
        located: What the first red gate must name: a tensor or tap, or the beginning of one.
    """

    name: str
    path: str
    old: str
    new: str
    workload: str
    located: str


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant.

    Attributes:
        caught: The first gate that went red; None if all stayed green, and the mutant lives.
        where: What that gate named.
    """

    mutant: Mutant
    caught: str | None
    where: str | None

    @property
    def located(self) -> bool:
        """Whether the gate named the right place."""
        return self.where is not None and self.where.startswith(self.mutant.located)

    def as_dict(self) -> dict[str, str | bool | None]:
        """Return the verdict for JSON."""
        return {
            "mutant": self.mutant.name,
            "workload": self.mutant.workload,
            "caught": self.caught,
            "where": self.where,
            "located": self.located,
        }


_LENET, _MLP = "models_keras/architectures/lenet.py", "models_keras/architectures/mlp.py"
_GRU, _BRIDGE = "models_keras/architectures/recurrent.py", "models_keras/bridge.py"
_RESNET, _VIT = "models_keras/architectures/resnet.py", "models_keras/architectures/vit.py"
_NORMALIZATION, _EMBEDDINGS = "models_keras/techniques/normalization.py", "models_keras/techniques/embeddings.py"
_ACTIVATIONS = "models_keras/techniques/activations.py"
_OPTIMIZERS, _ARM = "models_keras/techniques/optimizers.py", "models_keras/arm.py"

MUTANTS: tuple[Mutant, ...] = (
    Mutant("missing ReLU", _LENET, "ops.relu(self.fc1(x))", "self.fc1(x)", "lenet_mnist5k", "fc2"),
    Mutant(
        "extra ReLU on the logits",
        _LENET,
        "return self.fc3(x)",
        "return ops.relu(self.fc3(x))",
        "lenet_mnist5k",
        "output",
    ),
    Mutant("tanh GELU for ReLU", _ACTIVATIONS, '"relu": ops.relu', '"relu": ops.gelu', "mlp_digits", "fc.1"),
    Mutant("softmax before the loss", _MLP, "return head(x)", "return ops.softmax(head(x))", "mlp_digits", "output"),
    Mutant(
        "average for max pooling", _LENET, "layers.MaxPooling2D", "layers.AveragePooling2D", "lenet_mnist5k", "conv2"
    ),
    Mutant("valid for same padding", _LENET, 'kernel_size=5, padding="same"', "kernel_size=5", "lenet_mnist5k", ""),
    Mutant(
        "padding on the wrong side",
        _LENET,
        "layers.ZeroPadding1D(1)",
        "layers.ZeroPadding1D((2, 0))",
        "cnn_mnist1d",
        "conv1",
    ),
    Mutant(
        "unpermuted flatten",
        _LENET,
        'self.flattened = {"fc1": (5, 5, 16)}',
        "self.flattened = {}",
        "lenet_mnist5k",
        "fc1",
    ),
    Mutant("dropped bias", _LENET, "layers.Dense(84)", "layers.Dense(84, use_bias=False)", "lenet_mnist5k", "fc2.bias"),
    Mutant("swapped GRU gates", _BRIDGE, "[update, reset, new]", "[reset, update, new]", "gru_mnist1d", "gru"),
    Mutant(
        "GRU resets before the product",
        _GRU,
        "layers.GRU(hidden_size,",
        "layers.GRU(hidden_size, reset_after=False,",
        "gru_mnist1d",
        "",
    ),
    Mutant(
        "GRU without its sigmoid",
        _GRU,
        "layers.GRU(hidden_size,",
        'layers.GRU(hidden_size, recurrent_activation="hard_sigmoid",',
        "gru_mnist1d",
        "gru",
    ),
    Mutant(
        "Adam epsilon in Keras' place",
        _OPTIMIZERS,
        "self._epsilon * math.sqrt(",
        "self._epsilon * max(1, ",
        "mlp_digits",
        "fc",
    ),
    Mutant("Adam beta_2 of .99", _OPTIMIZERS, "number(spec.beta_2)", "0.99", "mlp_digits", "fc"),
    Mutant(
        "momentum forgotten",
        _OPTIMIZERS,
        "momentum=number(spec.momentum)",
        "momentum=0.0",
        "softmax_breast_cancer",
        "fc",
    ),
    Mutant(
        "coefficients through float32",
        _OPTIMIZERS,
        "number(spec.beta_1)",
        "float(np.float32(spec.beta_1))",
        "mlp_digits",
        "fc",
    ),
    Mutant(
        "float32 where float64 was asked",
        _ARM,
        'dtypes.BIT64_TO_BIT32_DTYPE.pop("float64", None)',
        "pass",
        "mlp_digits",
        "fc",
    ),
    Mutant(
        "loss summed over the batch",
        _ARM,
        "from_logits=True)",
        'from_logits=True, reduction="sum")',
        "mlp_digits",
        "loss",
    ),
    Mutant("probabilities taken for logits", _ARM, "from_logits=True)", "from_logits=False)", "mlp_digits", "loss"),
    Mutant(
        "channels not moved last",
        _ARM,
        "return np.moveaxis(x, 1, -1) if",
        "return x.reshape(len(x), *x.shape[2:], x.shape[1]) if",
        "lenet_mnist5k",
        "",
    ),
    Mutant(
        "batch norm momentum of .9",
        _NORMALIZATION,
        "momentum: float = 0.1",
        "momentum: float = 0.9",
        "mlp_norm_digits",
        "norm.0.running_mean",
    ),
    Mutant(
        "batch norm epsilon of 1e-3",
        _NORMALIZATION,
        "epsilon: float = 1e-5",
        "epsilon: float = 1e-3",
        "mlp_norm_digits",
        "norm.0",
    ),
    Mutant(
        "biased running variance",
        _NORMALIZATION,
        "added * unbiased",
        "added * variance",
        "mlp_norm_digits",
        "norm.0.running_var",
    ),
    Mutant(
        "running statistics in training",
        _MLP,
        "norm(y, training=training)",
        "norm(y, training=False)",
        "mlp_norm_digits",
        "loss",
    ),
    Mutant("dropped residual", _MLP, "x = x + y if", "x = y if", "mlp_norm_digits", "fc.2"),
    Mutant(
        "layer norm over the positions too",
        _VIT,
        "self.norm1 = layers.LayerNormalization(",
        "self.norm1 = layers.LayerNormalization(axis=(1, 2), ",
        "vit_mnist5k",
        "blocks.0.norm1",
    ),
    Mutant("layer norm epsilon of 1e-3", _VIT, "EPSILON = 1e-6", "EPSILON = 1e-3", "vit_mnist5k", "blocks.0.norm1"),
    Mutant("tanh GELU for the exact one", _VIT, "y = gelu(", "y = ops.gelu(", "vit_mnist5k", "blocks.0.fc2"),
    Mutant("class token behind the patches", _EMBEDDINGS, "width)), x]", "width)), x][::-1]", "vit_mnist5k", "token"),
    Mutant(
        "heads of half the size",
        _VIT,
        "key_dim=width // heads",
        "key_dim=width // heads // 2",
        "vit_mnist5k",
        "blocks.0",
    ),
    Mutant(
        "strided convolution padded on one side",
        _RESNET,
        "layers.ZeroPadding2D(1)",
        "layers.ZeroPadding2D(((0, 1), (0, 1)))",
        "resnet20_mnist5k",
        "blocks.3.conv1",
    ),
    Mutant(
        "zero channels in front of the shortcut",
        _RESNET,
        "(0, self.added)",
        "(self.added, 0)",
        "resnet20_mnist5k",
        "blocks.4.conv1",
    ),
)


def run(mutants: Sequence[Mutant], arm: str) -> Iterator[Verdict]:
    """Plant each mutant, run all gates on the arm's half of its workload, and yield what became of it.

    Raises:
        ValueError: If a mutant's old text is not in its file exactly once: the source has moved on.
    """
    for mutant in mutants:
        with tempfile.TemporaryDirectory(prefix="twinbench-mutant-") as folder, planted(mutant, Path(folder)):
            red = next((finding for finding in _findings(mutant, arm) if not finding.passed), None)
        yield Verdict(mutant, red.gate if red else None, red.where if red else None)


def _findings(mutant: Mutant, arm: str) -> Iterator[Finding]:
    return check([mutant.workload], [arm], list(GATES))


@contextlib.contextmanager
def planted(mutant: Mutant, folder: Path) -> Iterator[None]:
    """Put a copy of the packages with the fault where workers look first."""
    for package in PACKAGES:
        shutil.copytree(str(files(package)), folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    source = folder / mutant.path
    text = source.read_text(encoding="utf-8")
    if text.count(mutant.old) != 1:
        raise ValueError(
            f"mutant {mutant.name!r}: {mutant.old!r} stands {text.count(mutant.old)} times in {mutant.path}"
        )
    source.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(folder), before]))
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
