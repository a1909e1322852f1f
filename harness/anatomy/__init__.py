"""An architecture taken apart: the sources of its halves side by side, its layers as a table and as a diagram."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import registry
from harness.contract import Architecture, Workload

if TYPE_CHECKING:
    from rich.console import RenderableType

    from harness.anatomy.code import Code
    from harness.anatomy.layers import Layer
    from harness.anatomy.sources import Source


@dataclasses.dataclass
class Anatomy:
    """What is known of an architecture.

    Attributes:
        workload: The one that it is seen in.
        sources: Its halves.
        arm: Which arm told the layers; None if none could.
        model: The model with all its layers; None if no arm could tell.
        reason: Why there are no layers.
        diagram: Where the picture was written.
    """

    workload: Workload
    sources: list[Source]
    arm: str | None = None
    model: Layer | None = None
    reason: str | None = None
    diagram: str | None = None

    def draw(self, path: Path) -> None:
        """Write the diagram of the layers, as SVG; without layers there is none.

        Raises:
            OSError: If the file cannot be written.
        """
        from harness.anatomy.diagram import draw
        from harness.anatomy.words import figure
        from harness.store.atomic import write_atomically

        if self.model is None:
            return
        counts = f"{self.model.parameters:,} parameters · {figure(self.model.flops)} FLOPs for one sample"
        architecture = self.workload.architecture
        notes = [f"{self.workload.title} · {counts}", arguments(architecture)]
        try:
            write_atomically(path, draw(self.model, architecture.name, notes))
        except OSError as error:  # which names the temporary file
            raise OSError(error.errno, error.strerror, str(path)) from error
        self.diagram = str(path)

    @property
    def code(self) -> dict[str, Code]:
        """How much code each half is: its class, and what that needs of the half's package."""
        from harness.anatomy.code import of_half

        found = {source.half: of_half(f"models_{source.half}", [self.workload.architecture]) for source in self.sources}
        return {half: code for half, code in found.items() if code}

    def page(self) -> RenderableType:
        """Return the whole for a terminal."""
        from rich.console import Group
        from rich.text import Text

        from harness.anatomy.page import SideBySide, layer_table

        architecture = self.workload.architecture
        title = f"{architecture.name}({arguments(architecture)})"
        head = Text.assemble((title, "bold"), f"\n{self.workload.title}, on {self.workload.dataset}\n")
        table = [layer_table(self.model, self.arm or "")] if self.model else []
        code = [Text(f"{half}: {one}") for half, one in self.code.items()]
        return Group(head, SideBySide(self.sources), Text(), *code, *table)

    def as_dict(self) -> dict[str, Any]:
        """Return the whole for JSON."""
        from harness.anatomy.sources import align

        architecture = self.workload.architecture
        texts = [[line.text for line in source.lines] for source in self.sources]
        return {
            "workload": self.workload.name,
            "architecture": architecture.name,
            "file": architecture.file,
            "arguments": dict(architecture.arguments),
            "dataset": self.workload.dataset,
            "halves": [dataclasses.asdict(source) for source in self.sources],
            "code": {half: dataclasses.asdict(code) for half, code in self.code.items()},
            "aligned": align(*texts) if len(texts) == 2 else None,
            "arm": self.arm,
            "input": list(self.model.input) if self.model else None,
            "parameters": self.model.parameters if self.model else None,
            "flops": self.model.flops if self.model else None,
            "layers": [layer.as_dict() | {"depth": depth} for depth, layer in self.model.flat()]
            if self.model
            else None,
            "reason": self.reason,
            "diagram": self.diagram,
        }


def arguments(architecture: Architecture) -> str:
    """Return what an architecture's class is called with: depth=20, in_channels=1, num_classes=10."""
    return ", ".join(f"{name}={value!r}" for name, value in architecture.arguments.items())


def find(name: str) -> Workload:
    """Return the workload of that name, or the first with an architecture of that name, if possible one that learns.

    An architecture goes by its class (LeNet5), its file (mlp), or what its workloads' names begin with (resnet20).

    Raises:
        UnknownName: If there is neither.
    """
    workloads = registry.workloads()
    if name in workloads:
        return workloads[name]
    called = name.lower()
    names_of: Sequence[Callable[[Workload], str]] = (
        lambda workload: workload.architecture.name.lower(),
        lambda workload: workload.name.partition("_")[0],
        lambda workload: workload.architecture.file,
    )
    for name_of in names_of:
        for workload in sorted(workloads.values(), key=lambda workload: workload.metric is None):
            if name_of(workload) == called:
                return workload
    known = {name_of(workload) for workload in workloads.values() for name_of in names_of[1:]}
    classes = {workload.architecture.name for workload in workloads.values()}
    raise registry.UnknownName("workload or architecture", name, known | classes | workloads.keys())


def take_apart(workload: Workload, arm: str = "") -> Anatomy:
    """Return all that is known of a workload's architecture.

    Args:
        workload: In which it is seen.
        arm: Which arm is to tell the layers; by default the first that can run here.

    Raises:
        UnknownName: If there is no such arm.
    """
    from harness.anatomy.layers import NoArm, dissect, find_arm, processes
    from harness.anatomy.sources import halves
    from harness.run.process import WorkerFailure

    found = Anatomy(workload, halves(workload.architecture))
    try:
        find_arm(workload, arm)
        with processes() as workers:
            found.arm, found.model = dissect(workload, workers, arm)
    except (NoArm, WorkerFailure) as reason:
        found.reason = str(reason)
    return found
