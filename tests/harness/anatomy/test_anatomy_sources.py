"""Halves are cut to what a class needs, and lined up so that like stands beside like."""

import ast

import pytest

from harness import registry
from harness.anatomy.sources import align, excerpt, halves

SOURCE = '''"""A file."""

import this

WIDTH = 3
"""Of what is wanted."""

DEPTH: int = 4
"""Of what is not."""


def helper():
    return WIDTH


# Wanted, with this comment.
@helper
class Wanted:
    def forward(self):
        return helper()


class Other:
    depth = DEPTH
'''


def test_an_excerpt_holds_what_the_class_uses_and_nothing_else():
    lines = list(excerpt(SOURCE, "Wanted"))
    text = "\n".join(line.text for line in lines)
    assert (
        text
        == SOURCE[: SOURCE.index("\nDEPTH")] + SOURCE[SOURCE.index("\n\ndef helper") : SOURCE.index("\n\n\nclass O")]
    )
    assert all(SOURCE.splitlines()[line.number - 1] == line.text for line in lines)


@pytest.mark.parametrize("name", sorted(registry.workloads()))
def test_both_halves_of_every_workload_are_found_and_parse(name):
    architecture = registry.find_workload(name).architecture
    found = halves(architecture)
    assert [source.half for source in found] == ["torch", "keras"]
    for source in found:
        classes = [node.name for node in ast.parse(source.text).body if isinstance(node, ast.ClassDef)]
        assert architecture.name in classes
        assert source.path == f"models_{source.half}/architectures/{architecture.file}.py"


def test_lines_that_are_alike_stand_side_by_side():
    left = ["def forward(self, x: Tensor):", "    x = F.relu(self.fc1(x))", "    return self.fc2(x)"]
    right = ["def call(self, x: KerasTensor):", "    x = self.flatten(x)", "    x = ops.relu(self.fc1(x))", left[2]]
    assert align(left, right) == [(0, 0), (None, 1), (1, 2), (2, 3)]
    assert align(right, left) == [(0, 0), (1, None), (2, 1), (3, 2)]
    assert align([], right[:1]) == [(None, 0)]


def test_every_line_of_a_pair_is_shown_once_and_layers_meet_their_counterparts():
    left, right = halves(registry.find_workload("resnet20_mnist5k").architecture)
    texts = [[line.text for line in source.lines] for source in (left, right)]
    rows = align(*texts)
    assert [i for i, _ in rows if i is not None] == list(range(len(texts[0])))
    assert [j for _, j in rows if j is not None] == list(range(len(texts[1])))
    beside = {texts[0][i].split("=")[0].strip(): texts[1][j] for i, j in rows if i is not None and j is not None}
    for attribute in ("self.conv1", "self.bn1", "self.conv2", "self.bn2", "self.blocks", "self.fc"):
        assert beside[attribute].strip().startswith(attribute)
