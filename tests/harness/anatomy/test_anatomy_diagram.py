"""The diagram is well-formed, names every layer once, and says in words what it shows."""

import xml.etree.ElementTree as ET

import pytest

from harness.anatomy.diagram import boxes, draw
from harness.anatomy.layers import tree
from harness.anatomy.words import figure, shape
from harness.contract import Call, TensorSpec

SVG = "{http://www.w3.org/2000/svg}"


def network(blocks=3, widths=(8, 8, 8)):
    """Return a stem, blocks of a linear layer and an activation, and a head that is used twice."""
    calls = [Call("", "Net", None, 0, (4,), (2,)), Call("stem", "Linear", "linear", 1, (4,), (8,))]
    specs = {"stem.weight": TensorSpec((8, 4), "linear"), "head.weight": TensorSpec((2, 8), "linear")}
    for i in range(blocks):
        calls += [
            Call(f"blocks.{i}", "Block", None, 1, (8,), (widths[i],)),
            Call(f"blocks.{i}.fc", "Linear", "linear", 2, (8,), (widths[i],)),
            Call(f"blocks.{i}.act", "ReLU", None, 2, (widths[i],), (widths[i],)),
        ]
        specs[f"blocks.{i}.fc.weight"] = TensorSpec((widths[i], 8), "linear")
    calls += [Call("head", "Linear", "linear", 1, (8,), (2,))] * 2
    return tree(calls, specs)


def texts(svg):
    root = ET.fromstring(svg)  # noqa: S314 - our own picture
    return ["".join(element.itertext()) for element in root.iter(f"{SVG}text")]


def test_a_tree_adds_up_and_a_module_that_is_called_twice_has_its_parameters_once():
    model = network()
    assert model.parameters == 8 * 4 + 3 * 64 + 16
    assert model.flops == 2 * (8 * 4 + 3 * 64 + 2 * 16)
    assert [layer.parameters for layer in model.within] == [32, 64, 64, 64, 16, 0]
    assert [depth for depth, _ in model.flat()] == [0, 1, 1, 2, 2, 1, 2, 2, 1, 2, 2, 1, 1]


def test_an_output_layer_that_is_tied_to_an_embedding_is_counted_though_it_is_no_module():
    calls = [
        Call("", "GPT", None, 0, (16,), (16, 99)),
        Call("token", "Embedding", "embedding", 1, (16,), (16, 8)),
    ]
    model = tree(calls, {"token.weight": TensorSpec((99, 8), "embedding")}, tied="token.weight")
    assert [(layer.path, layer.parameters, layer.flops) for _, layer in model.flat()] == [
        ("", 99 * 8, 2 * 16 * 8 * 99),
        ("token", 99 * 8, 0),
        ("output", 0, 2 * 16 * 8 * 99),
    ]


def test_blocks_that_are_alike_are_drawn_once():
    alike = boxes(network().within)
    assert [(box.layer.path, box.count, box.last) for box in alike][:2] == [
        ("stem", 1, "stem"),
        ("blocks.0", 3, "blocks.2"),
    ]
    assert [box.count for box in boxes(network(widths=(8, 8, 16)).within)][:3] == [1, 2, 1]


def test_the_picture_shows_every_layer_with_its_figures():
    shown = texts(draw(network(), "Net", ["a network", "width=8"]))
    for text in ("Net", "a network", "width=8", "stem  Linear", "input  4", "output  2"):
        assert any(text.split() == one.split() or text.replace("  ", "") == one for one in shown), text
    (block,) = [one for one in shown if "Block" in one]
    assert "blocks.0 … 2" in block
    assert "3 × Block" in block
    assert [one for one in shown if one.startswith("fc")] == ["fcLinear"]
    assert figure(3 * 64) in shown


def test_the_picture_can_be_read_without_eyes_and_in_the_dark():
    svg = draw(network(), "Net <&>", ["a network"])
    root = ET.fromstring(svg)  # noqa: S314 - our own picture
    assert root.get("role") == "img"
    named = {element.get("id"): element.text for element in root}
    assert next(named[part] for part in root.get("aria-labelledby").split()) == "Net <&>: a network"
    assert "3 times blocks.0 Block (blocks.0.fc Linear to 8, blocks.0.act ReLU to 8)" in named["desc"]
    assert "prefers-color-scheme: dark" in svg
    assert "script" not in svg


def test_boxes_lie_within_the_picture_and_do_not_overlap():
    root = ET.fromstring(draw(network(), "Net", ["a network"]))  # noqa: S314 - our own picture
    height = float(root.get("height"))
    rects = [e for e in root.iter(f"{SVG}rect") if e.get("class") in ("box", "end", "group")]
    spans = [(float(e.get("y")), float(e.get("y")) + float(e.get("height")), e.get("class")) for e in rects]
    assert all(0 <= low < high <= height for low, high, _ in spans)
    outer = [span for span in spans if not any(o[0] < span[0] and span[1] < o[1] for o in spans)]
    assert all(one[1] < other[0] for one, other in zip(sorted(outer), sorted(outer)[1:], strict=False))


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "–"), (850, "850"), (9_600, "9,600"), (61_706, "61.7 k"), (999_999, "1.00 M"), (4_089_184_256, "4.09 G")],
)
def test_counts_are_short(count, words):
    assert figure(count) == words


def test_shapes_are_written_as_people_do():
    assert shape((3, 224, 224)) == "3 × 224 × 224"
