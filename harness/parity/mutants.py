"""Planted faults: each a patch to the source of a real half. A gate must go red, and in the right place.

A mutant lives in a copy of its package that the workers of that package's arms find first; the gates, their inputs
and the installed packages stay as they are. What the reference answers is asked once for all mutants.
"""

from __future__ import annotations

import contextlib
import functools
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from harness import registry
from harness.parity import engine
from harness.parity.engine import TECHNIQUES, Prover
from harness.parity.gates import GATES
from harness.parity.workers import Workers, package_of
from harness.registry import UnknownName

ARM = "keras-torch"
"""Whose processes start soonest. What backends share is in the packages that mutants change."""


@dataclass(frozen=True)
class Mutant:
    """One fault.

    Attributes:
        path: The file it is planted in, below the folder of the packages.
        old: What stands there, exactly once.
        new: What is put in its place.
        workload: Whose pair shows it, or the gate of techniques that does.
        located: What the first finding of the red gate must name: a tensor or tap, or the beginning of one.
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
_OPTIMIZERS, _ARM = "models_keras/techniques/optimizers.py", "models_keras/arm.py"
_LOSSES = "models_keras/techniques/losses.py"

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
    Mutant("tanh GELU for ReLU", _MLP, "ops.relu(layer(x))", "ops.gelu(layer(x))", "mlp_digits", "fc.1"),
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
        _LOSSES,
        "from_logits=True, ignore_class=ignored)",
        'from_logits=True, ignore_class=ignored, reduction="sum")',
        "mlp_digits",
        "loss",
    ),
    Mutant(
        "probabilities taken for logits",
        _LOSSES,
        "from_logits=True, ignore_class",
        "from_logits=False, ignore_class",
        "mlp_digits",
        "loss",
    ),
    Mutant(
        "channels not moved last",
        _ARM,
        "return np.moveaxis(x, 1, -1) if",
        "return x.reshape(len(x), *x.shape[2:], x.shape[1]) if",
        "lenet_mnist5k",
        "",
    ),
)


def choose(shown_by: Sequence[str]) -> list[Mutant]:
    """Return the mutants that the workloads or gates named show; all if none is named.

    Raises:
        UnknownName: If no mutant is shown by a name.
    """
    known = {mutant.workload for mutant in MUTANTS}
    for name in shown_by:
        if name not in known:
            raise UnknownName("workload or gate that shows a mutant", name, known)
    return [mutant for mutant in MUTANTS if not shown_by or mutant.workload in shown_by]


def run(mutants: Sequence[Mutant], arm: str) -> Iterator[Verdict]:
    """Plant each mutant, run the gates on the arm's half until one is red, and yield what became of it, as it comes.

    Raises:
        ValueError: If a mutant's old text is not in its file exactly once: the source has moved on.
    """
    for mutant in mutants:
        patched(mutant)
    reference = engine.choose_reference([arm])
    with (
        tempfile.TemporaryDirectory(prefix="twinbench-mutants-") as scratch,
        Workers(Path(scratch), 1, reference) as workers,
    ):
        healthy = Prover(workers, seed=0)

        def fate(mutant: Mutant) -> Iterator[Verdict]:
            with tempfile.TemporaryDirectory(dir=scratch) as folder, contextlib.ExitStack() as stack:
                package = planted(mutant, Path(folder))
                hosts = stack.enter_context(workers.patched(package, Path(folder)))
                prover = Prover(hosts, seed=0) if package == package_of(reference) else healthy
                if mutant.workload in TECHNIQUES:
                    of = engine.tasks([], [mutant.workload])
                else:
                    of = engine.tasks([registry.find_workload(mutant.workload)], list(GATES))
                found = (finding for finding in prover.carry_out(arm, of, hosts) if not finding.passed)
                red = next(found, None)
            yield Verdict(mutant, red.gate if red else None, red.where if red else None)

        yield from engine.side_by_side([functools.partial(fate, mutant) for mutant in mutants], workers)


def planted(mutant: Mutant, folder: Path) -> str:
    """Copy the package with the fault into a folder, and return its name."""
    package = mutant.path.partition("/")[0]
    text = patched(mutant)
    shutil.copytree(str(files(package)), folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / mutant.path).write_text(text, encoding="utf-8")
    return package


def patched(mutant: Mutant) -> str:
    """Return the source with the fault in it.

    Raises:
        ValueError: If what it replaces is not there exactly once: the source has moved on.
    """
    package, _, inside = mutant.path.partition("/")
    text = Path(str(files(package)), inside).read_text(encoding="utf-8")
    if (count := text.count(mutant.old)) != 1:
        raise ValueError(f"mutant {mutant.name!r}: {mutant.old!r} stands {count} times in {mutant.path}")
    return text.replace(mutant.old, mutant.new)
