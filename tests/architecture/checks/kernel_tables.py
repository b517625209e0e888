"""The kernel's tables exist once per schema, so a query on them must say in which."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.checks.source import Finding, Module, SourceTree, dotted

SAYS_WHERE = frozenset({"using", "db_manager"})


def queries_without_alias(tree: SourceTree) -> list[Finding]:
    """Uses of a kernel model's manager that do not go through `.using(alias)` at once."""
    tables = kernel_models(tree)
    return [finding for module in tree.production for finding in _in_module(module, tables)]


def kernel_models(tree: SourceTree) -> frozenset[str]:
    """The names of the concrete models of the kernel, by their source."""
    return frozenset(
        node.name
        for module in tree.modules
        if module.path.parts[:2] == ("shared_kernel", "models")
        for node in module.walk()
        if isinstance(node, ast.ClassDef) and node.bases and not _is_abstract(node)
    )


def _is_abstract(model: ast.ClassDef) -> bool:
    return any(
        isinstance(line, ast.Assign) and dotted(line.targets[0]) == "abstract" and ast.unparse(line.value) == "True"
        for meta in model.body
        if isinstance(meta, ast.ClassDef)
        for line in meta.body
    )


def _in_module(module: Module, tables: frozenset[str]) -> Iterator[Finding]:
    said = {id(node.value) for node in module.walk() if isinstance(node, ast.Attribute) and node.attr in SAYS_WHERE}
    for node in module.walk():
        if isinstance(node, ast.Attribute) and node.attr == "objects" and id(node) not in said:
            owner = dotted(node.value).rpartition(".")[2]
            if owner in tables:
                yield module.finding(node, f"{owner}.objects without using: every schema has this table")
