"""Several layers that leave out units: independently of each other, and of the step before."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from harness.contract import Architecture, Optimizer, Workload
from harness.parity.chance import surprise
from harness.parity.workers import Workers

if TYPE_CHECKING:
    from harness.contract import Array

UNITS, OUTPUTS, BLOCKS = 256, 8, 2
SIZES = {"vocabulary": OUTPUTS, "length": 1, "width": UNITS, "depth": BLOCKS, "heads": 1, "dropout": 0.5}


@dataclass(frozen=True)
class Stack:
    """A transformer of a few blocks, for one sample of one token.

    Attributes:
        labels: Their shape: one for each token, or one for the sample.
        hidden: Units between the two layers of a block's MLP.
        head: Whether the outputs have a layer of their own, or the embedding's.
    """

    architecture: Architecture
    labels: tuple[int, ...]
    hidden: int
    head: bool

    def tensors(self, seed: int) -> dict[str, Array]:
        """Draw all tensors of the model."""
        norm = {"weight": (UNITS,), "bias": (UNITS,)}
        maps = {
            "attn.in_proj_": (3 * UNITS, UNITS),
            "attn.out_proj.": (UNITS, UNITS),
            "fc1.": (self.hidden, UNITS),
            "fc2.": (UNITS, self.hidden),
        }
        shapes: dict[str, tuple[int, ...]] = {"token.weight": (OUTPUTS, UNITS), "position.weight": (1, UNITS)}
        for block in range(BLOCKS):
            named: dict[str, tuple[int, ...]] = {
                f"norm{number}.{name}": shape for number in (1, 2) for name, shape in norm.items()
            }
            named |= {f"{name}weight": shape for name, shape in maps.items()}
            named |= {f"{name}bias": (out,) for name, (out, _) in maps.items()}
            shapes |= {f"blocks.{block}.{name}": shape for name, shape in named.items()}
        shapes |= {f"norm.{name}": shape for name, shape in norm.items()}
        if self.head:
            shapes |= {"head.weight": (OUTPUTS, UNITS), "head.bias": (OUTPUTS,)}
        generator = np.random.default_rng([seed, 31])
        return {name: generator.normal(0, 0.1, shape) for name, shape in shapes.items()}


STACKS: Mapping[str, Stack] = {
    "several layers": Stack(Architecture("gpt", "GPT", SIZES, tied="token.weight"), (1, 1), 4 * UNITS, head=False),
    "recomputed layers": Stack(
        Architecture(
            "transformer",
            "BERT",
            {**SIZES, "mlp_width": UNITS, "segments": 0, "norm_first": True, "recompute": True}
            | {"pooling": "mean", "num_classes": OUTPUTS},
        ),
        (1,),
        UNITS,
        head=True,
    ),
}


def tests(workers: Workers, arm: str, seed: int, stack: Stack) -> dict[str, float]:
    """Return −log10 p of tests that the layers of a model leave out units independently of each other, and each step.

    It has one that leaves out of the embedding and one in each block, which is called twice. Each is given what a
    vector has been added to, and of a token by itself nothing else moves that: after a step, the elements that stood
    still are those that were left out. Two independent masks agree in half of their places, and both leave out a
    quarter.
    """
    step = Optimizer("sgd", learning_rate=1.0)
    workload = Workload("apart", "", "", "tokens", stack.architecture, step, 1, 1, "cross_entropy", None, None, 0.0, "")
    tensors = stack.tensors(seed)
    y = np.ones(stack.labels, int)
    branches = [f"blocks.{block}.{last}.bias" for block in range(BLOCKS) for last in ("attn.out_proj", "fc2")]

    def kept(steps: int) -> list[Array]:
        given = {"x": np.ones((1, 1), int), "y": y, "orders": np.zeros((1, steps), int), **tensors}
        asked = {"workload": dataclasses.asdict(workload), "outputs": OUTPUTS, "seed": seed}
        found = workers.ask(arm, "fp64", "epochs", given, **asked)
        return [(found[name] != tensors[name]).ravel() for name in ("position.weight", *branches)]

    def all_of(masks: Iterable[Array], share: float) -> float:
        return max(surprise(stats.binomtest(int(mask.sum()), UNITS, share).pvalue) for mask in masks)

    once, twice = kept(1), kept(2)
    return {
        "rate": all_of(once, 0.5),
        "independence": all_of((one == other for one, other in itertools.combinations(once, 2)), 0.5),
        "independence of steps": all_of(twice, 0.75),
    }
