"""Migrations that need another context's migrations: they could not run where that context is absent."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.checks.source import CONTEXTS, Finding, Module, SourceTree, dotted, text_of


def foreign_migrations(tree: SourceTree) -> list[Finding]:
    """Entries of `dependencies` and `run_before` that lead to the migrations of another app."""
    return [
        finding
        for module in tree.modules
        if module.is_migration and module.owner in {*CONTEXTS, "shared_kernel"}
        for finding in _in_module(module)
    ]


def _in_module(module: Module) -> Iterator[Finding]:
    for node in module.walk():
        match node:
            case ast.Assign(targets=[ast.Name(id="dependencies" | "run_before" as key)], value=ast.List(elts=entries)):
                pass
            case ast.AnnAssign(target=ast.Name(id="dependencies" | "run_before" as key), value=ast.List(elts=entries)):
                pass
            case _:
                continue
        for entry in entries:
            label = text_of(entry.elts[0]) if isinstance(entry, ast.Tuple) and entry.elts else dotted(entry)
            if label != module.owner:
                yield module.finding(entry, f"{key} leads to {label}")
