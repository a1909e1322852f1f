"""How large every workload's model is: a file that ``python -m harness.anatomy.sizes`` renews and a test holds true.

Kept because only a framework can build a model, and ``twinbench list`` imports none.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Mapping
from pathlib import Path

FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "sizes.json"


@dataclasses.dataclass(frozen=True)
class Size:
    """What a model comes to.

    Attributes:
        parameters: Trained numbers.
        flops: Of one sample's forward pass; see ``harness.measure.flops``.
        input: Shape of a sample, canonical.
        activations: Numbers that its layers read and write in one sample's forward pass, each its input and its output.
        weights: Trained numbers that they read beside that, once for a whole batch; of embeddings none, for what is
            looked up in one is its output.
        spared: Of ``flops``, those that a train step takes twice and not three times: the layer that reads the data
            gives no gradient by them. Behind an embedding 0.
        spared_activations: Of ``activations``, likewise.
        spared_weights: Of ``weights``, likewise.
    """

    parameters: int
    flops: int
    input: tuple[int, ...]
    activations: int
    weights: int
    spared: int
    spared_activations: int
    spared_weights: int

    @property
    def step_flops(self) -> int:
        """Of a sample's train step: three forward passes, but for what nobody needs."""
        return 3 * self.flops - self.spared

    def moved(self, batch_size: int) -> int:
        """Return how many numbers the layers read and write, each by itself, in a forward pass.

        They are the operands and results of the products that ``flops`` counts. What activations and losses move comes
        on top; where layers are computed together, what lies between them need not move.
        """
        return self.weights + batch_size * self.activations

    def step_moved(self, batch_size: int) -> int:
        """Return the same of a train step, whose products are three of each, but for what nobody needs.

        What optimizers move comes on top.
        """
        return 3 * self.moved(batch_size) - self.spared_weights - batch_size * self.spared_activations


@functools.cache
def read() -> dict[str, Size]:
    """Return the size of every workload's model that is on file, by the name of the workload."""
    stored = json.loads(FILE.read_text(encoding="utf-8"))
    return {name: Size(**{**fields, "input": tuple(fields["input"])}) for name, fields in stored.items()}


def as_text(found: Mapping[str, Size]) -> str:
    """Return the file: one line for each workload, so that two branches seldom meet in one."""
    lines = [f" {json.dumps(name)}: {json.dumps(dataclasses.asdict(found[name]))}" for name in sorted(found)]
    return "{\n" + ",\n".join(lines) + "\n}\n"
