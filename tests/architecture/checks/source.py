"""A source tree as parsed modules, and the findings that checks report on it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from config import topology

CONTEXTS = tuple(context.name for context in topology.CONTEXTS)
FOREIGN_SCHEMAS = ("platform", "public", "sim")
SOURCE_FOLDERS = (*CONTEXTS, "shared_kernel", "config", "tests", "benchmarks")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One violation: where it stands and what is wrong there."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


@dataclass(frozen=True)
class Module:
    """One Python file; `path` is relative to the root of its tree."""

    path: Path
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree of the file."""
        return ast.parse(self.text, filename=str(self.path))

    @property
    def owner(self) -> str:
        """The top folder, which for a context is its name."""
        return self.path.parts[0]

    @property
    def is_migration(self) -> bool:
        """Whether makemigrations writes files like this one."""
        return "migrations" in self.path.parts

    def walk(self) -> Iterator[ast.AST]:
        """Every node of the file."""
        return ast.walk(self.tree)

    def finding(self, node: ast.AST, what: str) -> Finding:
        """A violation at `node`."""
        return Finding(path=str(self.path), line=getattr(node, "lineno", 1), what=what)


class SourceTree:
    """The Python files below `root`, as far as they belong to the project."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @cached_property
    def modules(self) -> list[Module]:
        """Every module, in order of path."""
        return [
            Module(path.relative_to(self.root), path.read_text(encoding="utf-8"))
            for folder in SOURCE_FOLDERS
            for path in sorted((self.root / folder).rglob("*.py"))
        ]

    @property
    def production(self) -> list[Module]:
        """Every module that is not a test."""
        return [module for module in self.modules if module.owner != "tests"]

    @property
    def contexts(self) -> list[Module]:
        """The modules of the four contexts."""
        return [module for module in self.modules if module.owner in CONTEXTS]


def dotted(node: ast.AST) -> str:
    """The dotted name that an expression spells, such as `apps.get_model`; calls inside it read as `()`."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            return f"{dotted(value)}.{attribute}"
        case ast.Call(func=function):
            return f"{dotted(function)}()"
        case _:
            return "?"


def text_of(node: ast.AST | None) -> str | None:
    """The text of a string literal, f-strings with `{}` for their holes; None for anything else."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(text_of(part) or "{}" for part in parts)
        case _:
            return None


def argument(call: ast.Call, keyword: str, position: int | None = None) -> ast.expr | None:
    """The argument of a call by keyword or, where given, by position."""
    for given in call.keywords:
        if given.arg == keyword:
            return given.value
    if position is not None and position < len(call.args):
        return call.args[position]
    return None
