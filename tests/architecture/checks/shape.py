"""How the tree is cut: packages, sizes, names and the few Django features that hide work."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeGuard

from tests.architecture.checks.source import CONTEXTS, Finding, Module, SourceTree, dotted

CEILING = 300
TEST_CEILING = 400
VAGUE_NAMES = frozenset({"base", "common", "helper", "helpers", "misc", "util", "utils"})
MODEL_SIGNALS = frozenset({"django.dispatch", "django.db.models.signals"})
FRAMEWORK_SIGNALS = frozenset({"django.core.signals", "celery.signals"})


def missing_packages(tree: SourceTree) -> list[Finding]:
    """Folders of a context that hold modules and no `__init__.py`: the import contracts would not see into them."""
    folders = {tree.root / name for name in CONTEXTS}
    for name in CONTEXTS:
        for path in (tree.root / name).rglob("*.py"):
            folders.update(parent for parent in path.parents if parent.is_relative_to(tree.root / name))
    return [
        Finding(path=str(folder.relative_to(tree.root)), line=1, what="a folder with modules and without __init__.py")
        for folder in sorted(folders)
        if not (folder / "__init__.py").exists()
    ]


def long_modules(tree: SourceTree) -> list[Finding]:
    """Modules past the ceiling: 300 lines, 400 for tests; what makemigrations writes is not counted."""
    found = []
    for module in tree.modules:
        ceiling = TEST_CEILING if module.owner == "tests" else CEILING
        length = len(module.text.splitlines())
        if length > ceiling and not module.is_migration:
            found.append(Finding(path=str(module.path), line=length, what=f"{length} lines, the ceiling is {ceiling}"))
    return found


def vague_names(tree: SourceTree) -> list[Finding]:
    """Modules and packages whose name says nothing about what lives in them."""
    return [
        Finding(path=str(module.path), line=1, what=f"the name {part} says nothing")
        for module in tree.modules
        for part in module.path.with_suffix("").parts
        if part in VAGUE_NAMES
    ]


def hidden_work(tree: SourceTree) -> list[Finding]:
    """Signals and overridden `save` or `delete`: work that a reader of the caller does not see."""
    return [
        finding
        for module in tree.modules
        if module.owner in {*CONTEXTS, "shared_kernel"}
        for finding in _hidden(module)
    ]


def _hidden(module: Module) -> Iterator[Finding]:
    # The kernel adapts Django and Celery, so it may listen to their life cycle; rows are never watched, by anybody.
    forbidden = MODEL_SIGNALS | FRAMEWORK_SIGNALS if module.owner in CONTEXTS else MODEL_SIGNALS
    for node in module.walk():
        match node:
            case ast.ImportFrom(module=str(source), names=names):
                for signals in sorted(forbidden.intersection({source, *(f"{source}.{name.name}" for name in names)})):
                    yield module.finding(node, f"{signals} hides who does the work")
            case ast.ClassDef(body=body) if module.owner in CONTEXTS and "models" in module.path.with_suffix("").parts:
                for item in body:
                    if isinstance(item, ast.FunctionDef) and item.name in {"save", "delete"}:
                        yield module.finding(item, f"an overridden {item.name} hides work")


def transactions_below_the_door(tree: SourceTree) -> list[Finding]:
    """Use cases, models, policies and handlers that open a transaction: their entry point owes it to them.

    A savepoint in a `try`, there to survive a statement that may fail, is no transaction.
    """
    below = {"usecases", "models", "policies", "projections", "handlers"}
    return [
        finding
        for module in tree.contexts
        if below.intersection(module.path.with_suffix("").parts[1:2])
        for finding in _transactions(module)
    ]


def _transactions(module: Module) -> Iterator[Finding]:
    savepoints = {
        id(node)
        for attempt in module.walk()
        if isinstance(attempt, ast.Try)
        for statement in attempt.body
        for node in ast.walk(statement)
        if _opens_transaction(node) and not _is_durable(node)
    }
    for node in module.walk():
        if _opens_transaction(node) and id(node) not in savepoints:
            yield module.finding(node, "opens a transaction, which is its caller's to open")


def _opens_transaction(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] == "atomic"


def _is_durable(call: ast.Call) -> bool:
    return any(given.arg == "durable" for given in call.keywords)
