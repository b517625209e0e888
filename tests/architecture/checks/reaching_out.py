"""Ways to reach another context that leave no import behind: names in strings, dynamic imports, SQL, aliases."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from tests.architecture.checks.source import (
    CONTEXTS,
    FOREIGN_SCHEMAS,
    Finding,
    Module,
    SourceTree,
    argument,
    dotted,
    text_of,
)

DYNAMIC_IMPORTS = frozenset({"importlib", "imp", "pkgutil", "runpy"})
DYNAMIC_CALLS = frozenset(
    {"get_model", "get_models", "import_string", "import_module", "__import__", "autodiscover_modules"}
)
SQL = re.compile(r"\b(select|insert|update|delete|from|join|into|table|truncate|grant|search_path)\b", re.IGNORECASE)
NAME = re.compile(rf"({'|'.join(CONTEXTS)})\.[A-Za-z_][\w.]*")


def dynamic_access(tree: SourceTree) -> list[Finding]:
    """Dynamic imports and look-ups in the model registry: they reach what the import contracts forbid."""
    return [finding for module in tree.contexts for finding in _dynamic(module)]


def _dynamic(module: Module) -> Iterator[Finding]:
    for node in module.walk():
        match node:
            case ast.Import(names=names):
                taken = [name.name for name in names if name.name.partition(".")[0] in DYNAMIC_IMPORTS]
            case ast.ImportFrom(module=source, names=names):
                root = (source or "").partition(".")[0]
                taken = [name.name for name in names if root in DYNAMIC_IMPORTS or name.name in DYNAMIC_CALLS]
            case ast.Call(func=function) if dotted(function).rpartition(".")[2] in DYNAMIC_CALLS:
                # A data migration asks for the model as it was then; whose model that is, `foreign_names` checks.
                taken = [] if module.is_migration and dotted(function).endswith(".get_model") else [dotted(function)]
            case _:
                continue
        if taken:
            yield module.finding(node, f"{', '.join(taken)} reaches modules that no import contract sees")


def foreign_schemas(tree: SourceTree) -> list[Finding]:
    """SQL that names the schema of somebody else, or moves the search path that keeps it at home."""
    return [finding for module in tree.contexts for finding in _sql(module)]


def _sql(module: Module) -> Iterator[Finding]:
    others = [name for name in (*CONTEXTS, *FOREIGN_SCHEMAS) if name != module.owner]
    qualified = re.compile(rf'(?<![\w.])"?({"|".join(others)})"?\s*\.\s*"?\w+', re.IGNORECASE)
    for node in _literals(module):
        text = text_of(node) or ""
        if not SQL.search(text):
            continue
        for schema in dict.fromkeys(match.group(1) for match in qualified.finditer(text)):
            yield module.finding(node, f"SQL names the schema {schema}")
        if re.search(r"\bset\b[^;]*\bsearch_path\b", text, re.IGNORECASE):
            yield module.finding(node, "SQL moves the search path, which the role sets")


def foreign_names(tree: SourceTree) -> list[Finding]:
    """Strings that name a task, an event, a subscription or a model of another context, such as "payments.capture"."""
    return [
        module.finding(node, f"the name {text_of(node)} belongs to another context")
        for module in tree.contexts
        for node in _literals(module)
        if (match := NAME.fullmatch(text_of(node) or "")) and match.group(1) != module.owner
    ]


def contexts_named_by_the_kernel(tree: SourceTree) -> list[Finding]:
    """Strings of the kernel that name a context or something of it: it serves processes that do not have it."""
    return [
        module.finding(node, f"the kernel names {text_of(node)}")
        for module in tree.modules
        if module.owner == "shared_kernel"
        for node in _literals(module)
        if text_of(node) in CONTEXTS or NAME.fullmatch(text_of(node) or "")
    ]


def foreign_aliases(tree: SourceTree) -> list[Finding]:
    """Database access by an alias that belongs to another context."""
    return [finding for module in tree.contexts for finding in _aliases(module)]


def _aliases(module: Module) -> Iterable[Finding]:
    for node in module.walk():
        match node:
            case ast.Call(func=ast.Attribute(attr="using" | "db_manager" | "get_connection")):
                alias = text_of(argument(node, "using", 0))
            case ast.Call():
                alias = text_of(argument(node, "using"))
            case ast.Subscript(value=value, slice=index) if dotted(value).endswith("connections"):
                alias = text_of(index)
            case _:
                continue
        if alias is not None and alias != module.owner:
            yield module.finding(node, f"the alias {alias} belongs to somebody else")


def _literals(module: Module) -> Iterator[ast.AST]:
    """String literals, without docstrings and without the parts of f-strings."""
    prose = {
        id(node.value) for node in module.walk() if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    pieces = {id(part) for node in module.walk() if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in module.walk():
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in prose | pieces:
            yield node
