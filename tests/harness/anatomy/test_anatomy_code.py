"""Code is counted as a person would count it, and once where several need it."""

import pytest

from harness import registry
from harness.anatomy.code import Code, count, definitions, of_half

SOURCE = '''"""A file."""

import this

WIDTH = 3
"""Of what is wanted."""


def helper(x):  # a remark
    """Tell."""
    if x and WIDTH or not x:
        return [y for y in x if y]

    text = """two
    lines"""
    return text
'''


def test_lines_statements_and_decisions_are_those_of_a_hand_count():
    # import, WIDTH, def, if, return, text (2 lines), return; the function, if, and, or, for and if of the list
    assert count(SOURCE) == Code(lines=8, statements=7, complexity=6)


@pytest.mark.parametrize(
    ("source", "complexity"),
    [
        ("x = 1\n", 0),
        ("def f():\n    pass\n", 1),
        ("f = lambda x: x if x else 0\n", 2),
        ("def f():\n    for x in y:\n        while x:\n            assert x\n", 4),
        ("try:\n    f()\nexcept A:\n    pass\nexcept B:\n    pass\nelse:\n    g()\n", 2),
        ("match x:\n    case 1:\n        pass\n    case _:\n        pass\n", 2),
        ("class A:\n    def f(self):\n        return a or b or c\n\n    def g(self):\n        return 1\n", 4),
        ("if a:\n    f()\nelif b:\n    g()\n", 2),
    ],
)
def test_every_decision_counts_once(source, complexity):
    assert count(source).complexity == complexity


def test_what_only_explains_is_no_code():
    bare = "class A:\n    x = 1\n\n    def f(self):\n        return self.x\n"
    told = (
        '"""Head."""\n\n# remark\n\n\nclass A:\n    """Doc\n\n    of lines."""\n\n    x = 1  # x\n    """Of x."""\n'
        '\n    def f(self):\n        "short"\n        # remark\n        return self.x\n'
    )
    assert count(told) == count(bare) == Code(4, 4, 1)


def test_a_string_that_is_used_is_code():
    assert count('f("""a\nb\nc""")\n').lines == 3


@pytest.fixture
def package(tmp_path):
    """A package of two architectures, which share a layer of another file that needs a constant of its own."""
    (tmp_path / "architectures").mkdir()
    (tmp_path / "architectures" / "net.py").write_text(
        "from pkg.layers import Own, Unused\nimport other\n\n\ndef local():\n    return Own()\n\n\n"
        "class Net:\n    def f(self):\n        return local(), other.thing\n\n\n"
        "class Deep:\n    own = Own\n\n\nclass Alone:\n    x = 1\n"
    )
    (tmp_path / "layers.py").write_text(
        "WIDTH = 3\n\n\ndef mark(c):\n    return c\n\n\n"
        "@mark\nclass Own:\n    width = WIDTH\n\n\nclass Unused:\n    y = 2\n"
    )
    return tmp_path


def names(found):
    return sorted(next(word for word in text.split() if word[0].isupper() or "(" in word) for text in found.values())


def test_a_class_brings_what_it_names_of_its_package_and_nothing_else(package):
    found = definitions(package, [("pkg.architectures.net", "Net")])
    assert names(found) == ["Net:", "Own:", "WIDTH", "local():", "mark(c):"]
    assert names(definitions(package, [("pkg.architectures.net", "Alone")])) == ["Alone:"]
    assert any(text.startswith("@mark\nclass Own:") for text in found.values())


def test_what_two_need_is_there_once(package):
    both = definitions(package, [("pkg.architectures.net", "Net"), ("pkg.architectures.net", "Deep")])
    assert names(both) == ["Deep:", "Net:", "Own:", "WIDTH", "local():", "mark(c):"]


def test_what_is_not_there_is_not_counted(package):
    with pytest.raises(KeyError):
        definitions(package, [("pkg.architectures.net", "Nought")])
    with pytest.raises(FileNotFoundError):
        definitions(package, [("pkg.architectures.nought", "Net")])
    lenet = registry.find_workload("lenet_mnist5k").architecture
    assert of_half("models_numpy", [lenet]) is None
    assert of_half("package_that_nobody_wrote", [lenet]) is None


@pytest.mark.parametrize("package", ["models_torch", "models_keras"])
def test_every_workload_has_code_in_both_halves(package):
    every = [workload.architecture for workload in registry.workloads().values()]
    each = {one.name: of_half(package, [one]) for one in every}
    assert all(code and code.complexity > 0 and 0 < code.statements <= code.lines for code in each.values())
    assert (
        max(code.lines for code in each.values())
        < of_half(package, every).lines
        < sum(code.lines for code in each.values())
    )
