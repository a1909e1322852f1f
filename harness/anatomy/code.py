"""How much code a half is: lines, statements and complexity, counted from the sources of what it needs."""

from __future__ import annotations

import ast
import dataclasses
import importlib.util
import io
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

from harness.anatomy.sources import defines
from harness.contract import Architecture

ABOUT = (
    "the architecture's class and whatever it names of its half's package, directly or not (layers of our own, checks "
    "of inputs, tables of choices as a whole), each definition once; imports, docstrings, comments and blank lines are "
    "left out"
)
"""What is counted, in words."""

_NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_DECISIONS = (
    ast.If,
    ast.IfExp,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.ExceptHandler,
    ast.Assert,
    ast.match_case,
)


@dataclasses.dataclass(frozen=True)
class Code:
    """What a piece of code comes to.

    Attributes:
        lines: Those with code in them.
        statements: Those of Python's grammar; a string by itself is none.
        complexity: Cyclomatic (McCabe, 1976): 1 for every function, and 1 for every decision: if, for, while, except,
            assert, case, each ``for`` and ``if`` of a comprehension, each operand of ``and`` or ``or`` but the first.
    """

    lines: int = 0
    statements: int = 0
    complexity: int = 0

    def __add__(self, other: Code) -> Code:
        return Code(self.lines + other.lines, self.statements + other.statements, self.complexity + other.complexity)

    def __str__(self) -> str:
        return f"{self.lines} lines of code, {self.statements} statements, cyclomatic complexity {self.complexity}"


def count(source: str) -> Code:
    """Return what a piece of source comes to.

    Raises:
        SyntaxError: If it is no Python.
    """
    nodes = list(ast.walk(ast.parse(source)))
    strings = [node for node in nodes if isinstance(node, ast.Expr) and _is_string(node.value)]
    told = {line for one in strings for line in range(one.lineno, (one.end_lineno or one.lineno) + 1)}
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    written = [token for token in tokens if token.type not in _NO_CODE and not _tells(token, told)]
    return Code(
        lines=len({line for token in written for line in range(token.start[0], token.end[0] + 1)}),
        statements=sum(isinstance(node, ast.stmt) for node in nodes) - len(strings),
        complexity=sum(map(_paths, nodes)),
    )


def _is_string(value: ast.expr) -> bool:
    """Return whether what stands by itself is a docstring, or is said of the constant above it."""
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _tells(token: tokenize.TokenInfo, told: set[int]) -> bool:
    return token.type == tokenize.STRING and token.start[0] in told


def _paths(node: ast.AST) -> int:
    """Return what a node adds to the cyclomatic complexity."""
    if isinstance(node, ast.BoolOp):
        return len(node.values) - 1
    if isinstance(node, ast.comprehension):
        return 1 + len(node.ifs)
    return int(isinstance(node, (*_FUNCTIONS, *_DECISIONS)))


def of_half(package: str, architectures: Iterable[Architecture]) -> Code | None:
    """Return what a half's package has for some architectures, what several of them need counted once.

    Args:
        package: ``models_torch``, ``models_keras``.
        architectures: Of the workloads that are looked at.

    Returns:
        None if the package lacks one of them.
    """
    spec = importlib.util.find_spec(package)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if not folders:
        return None
    wanted = [(f"{package}.architectures.{one.file}", one.name) for one in architectures]
    try:
        return sum((count(text) for text in definitions(Path(folders[0]), wanted).values()), Code())
    except (FileNotFoundError, KeyError):
        return None


def definitions(folder: Path, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, int], str]:
    """Return the source of some definitions of a package and of all that they need of it, by module and line.

    Args:
        folder: Of the package.
        wanted: Module and name of each.

    Raises:
        FileNotFoundError: If there is no such module.
        KeyError: If a module has no such definition.
    """
    modules: dict[str, _Module] = {}
    found: dict[tuple[str, int], str] = {}
    todo, seen = list(wanted), set[tuple[str, str]]()
    while todo:
        name, own = todo.pop()
        if (name, own) in seen:
            continue
        seen.add((name, own))
        if name not in modules:
            modules[name] = _Module.read(folder, name)
        module = modules[name]
        statement = module.defined[own]
        found[name, statement.lineno] = module.text(statement)
        for used in {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}:
            if used in module.defined:
                todo.append((name, used))
            elif used in module.imported:
                todo.append(module.imported[used])
    return found


@dataclasses.dataclass(frozen=True)
class _Module:
    """A file of a package.

    Attributes:
        defined: Name -> the statement that defines it.
        imported: Name here -> module of the same package and name there.
    """

    lines: list[str]
    defined: dict[str, ast.stmt]
    imported: dict[str, tuple[str, str]]

    @classmethod
    def read(cls, folder: Path, name: str) -> _Module:
        package, *inside = name.split(".")
        source = folder.joinpath(*inside).with_suffix(".py").read_text(encoding="utf-8")
        body = ast.parse(source).body
        return cls(
            lines=source.splitlines(),
            defined={own: statement for statement in body for own in defines(statement)},
            imported=dict(_imports(body, package)),
        )

    def text(self, statement: ast.stmt) -> str:
        """Return a definition with its decorators."""
        above = (decorator.lineno for decorator in getattr(statement, "decorator_list", ()))
        return "\n".join(self.lines[min([statement.lineno, *above]) - 1 : statement.end_lineno]) + "\n"


def _imports(body: Iterable[ast.stmt], package: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield what a module takes from others of its package, name by name."""
    for statement in body:
        if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith(f"{package}."):
            for alias in statement.names:
                yield alias.asname or alias.name, (str(statement.module), alias.name)
