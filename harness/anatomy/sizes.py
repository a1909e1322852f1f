"""Write how large every workload's model is to ``benchmarks/sizes.json``, with ``--check`` compare it.

``python -m harness.anatomy.sizes`` asks the first arm that can run here; ``twinbench list`` reads the file.
"""

from __future__ import annotations

import difflib
import math
import sys

from harness import registry
from harness.anatomy.layers import Layer, dissect, processes
from harness.measure.flops import MULTIPLY_ADD
from harness.measure.sizes import FILE, Size, as_text
from harness.store.atomic import write_atomically


def measure() -> dict[str, Size]:
    """Return the size of every workload's model, by the name of the workload."""
    found = {}
    with processes() as workers:
        for name, workload in registry.workloads().items():
            _, model = dissect(workload, workers)
            found[name] = of_model(model)
    return found


def of_model(model: Layer) -> Size:
    """Return the size of a model that was taken apart."""
    layers = [layer for _, layer in model.flat() if layer.kind is not None]
    spared, spared_activations, spared_weights = _spared(layers[0])
    return Size(
        parameters=model.parameters,
        flops=model.flops,
        input=model.input,
        activations=sum(math.prod(layer.input) + math.prod(layer.output) for layer in layers),
        weights=sum(layer.parameters for layer in layers if layer.kind != "embedding"),
        spared=spared,
        spared_activations=spared_activations,
        spared_weights=spared_weights,
    )


def _spared(first: Layer) -> tuple[int, int, int]:
    """Return the FLOPs, activations and weights of the product that gives the gradient by a model's first input.

    Behind an embedding there is none, nor is any spared where the first layer has nothing else to multiply with.
    """
    if not first.on_input:
        return 0, 0, 0
    given, taken = math.prod(first.input), math.prod(first.output)
    if first.kind in ("recurrent", "attention"):  # what reads its output is needed all the same, for what lies within
        return MULTIPLY_ADD * first.on_input * first.input[0], given, first.on_input
    return first.flops, given + taken, first.parameters


def main() -> None:
    """Write the file, or say how it differs."""
    text = as_text(measure())
    if "--check" in sys.argv[1:]:
        on_file = FILE.read_text(encoding="utf-8")
        difference = difflib.unified_diff(on_file.splitlines(), text.splitlines(), str(FILE), "now", lineterm="")
        if lines := list(difference):
            sys.exit("\n".join([*lines, "make sizes renews it"]))
        return
    write_atomically(FILE, text)


if __name__ == "__main__":
    main()
