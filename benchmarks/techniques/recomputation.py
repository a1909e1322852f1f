"""Recomputation: activations of a block that are not kept for the gradient, but computed once more (Chen et al., 2016).

Known as gradient checkpointing in PyTorch and as rematerialization in Keras. The transformer on film reviews, with four
blocks: the function is the same, dropout included, and so is what is learnt; a step takes longer and less memory.
``twinbench memory recomputation`` tells what a further sample takes of either.
"""

from benchmarks.techniques.variation import vary
from benchmarks.workloads.transformer_movie_sentences import WORKLOAD
from harness.contract import Expectation, Technique, Variant

DEPTH = 4
ROUNDING = 0.01
"""Of a training loss: what four epochs may make of sums in another order."""


def variant(name: str, about: str, recompute: bool) -> Variant:
    """Return the transformer with or without."""
    return vary("recomputation", WORKLOAD, name, about, arguments={"depth": DEPTH, "recompute": recompute})


TECHNIQUE = Technique(
    name="recomputation",
    title="Recomputation",
    about="A transformer of four blocks whose activations are kept for the gradient, or computed once more.",
    variants=(
        variant("none", "all activations are kept", recompute=False),
        variant("blocks", "of every block its input is kept", recompute=True),
    ),
    expectations=(
        Expectation(
            "train_loss",
            "blocks",
            "what is computed twice is computed alike, masks of dropout included",
            against="none",
            at_least=-ROUNDING,
            at_most=ROUNDING,
        ),
    ),
)
