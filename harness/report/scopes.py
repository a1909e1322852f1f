"""What is raced, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.contract import Scope


@dataclass(frozen=True)
class Words:
    """How a scope is spoken of.

    Attributes:
        unit: What a block has many of, or one.
        label: What its race is called beside that of train steps.
        about: What was done, as Markdown.
    """

    unit: str
    label: str
    about: str

    @property
    def many(self) -> str:
        """Several of them."""
        return f"{self.unit}es" if self.unit.endswith("s") else f"{self.unit}s"

    @property
    def one(self) -> str:
        """One of them, with its article."""
        return f"{'an' if self.unit[0] in 'aeiou' else 'a'} {self.unit}"


def phase(name: str) -> str:
    """Return a phase of a process as it is called in a header: a scope by what it has many of."""
    found = next((words for scope, words in WORDS.items() if scope == name), None)
    return name if found is None else found.many


WORDS: Mapping[Scope, Words] = {
    "step": Words("train step", "training", "Train steps over staged batches:"),
    "inference": Words(
        "forward pass",
        "inference",
        "Forward passes over the same staged batches, in inference mode, raced in the same processes after the train "
        "steps:",
    ),
    "latency": Words(
        "single pass",
        "latency",
        "Forward passes one by one, each waited for and timed by itself, raced in the same processes after what is "
        "timed in blocks; no throughput comes from these:",
    ),
    "epoch": Words(
        "epoch",
        "epochs",
        "Whole epochs as each framework's users train them, `Model.fit` in Keras and a loop over batches in PyTorch, "
        "from arrays in memory or the loader that is measured, in the order that is handed over, raced after the train "
        "steps:",
    ),
}
