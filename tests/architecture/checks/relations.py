"""Relations that leave their context: the database could not keep them once the schemas part."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from django.db import models

from tests.architecture.checks.source import Finding, Module, SourceTree, argument, dotted, text_of

RELATION_FIELDS = frozenset({"ForeignKey", "OneToOneField", "ManyToManyField", "ForeignObject"})
GENERIC_FIELDS = frozenset({"GenericForeignKey", "GenericRelation"})


def foreign_relations(tree: SourceTree) -> list[Finding]:
    """Relation fields, also in migrations, whose target is another app or whose constraint is switched off."""
    return [finding for module in [*tree.contexts, *_kernel(tree)] for finding in _in_module(module)]


def _kernel(tree: SourceTree) -> list[Module]:
    return [module for module in tree.modules if module.owner == "shared_kernel"]


def _in_module(module: Module) -> Iterable[Finding]:
    for node in module.walk():
        if not isinstance(node, ast.Call):
            continue
        name = dotted(node.func).rpartition(".")[2]
        if name in GENERIC_FIELDS:
            yield module.finding(node, f"{name} points through the content types, which live in platform")
        if name in RELATION_FIELDS:
            yield from _in_relation(module, node, name)


def _in_relation(module: Module, call: ast.Call, name: str) -> Iterable[Finding]:
    target = argument(call, "to", 0)
    label, dot, _ = (text_of(target) or "").partition(".")
    if dot and label.lower() != module.owner:
        yield module.finding(call, f"{name} to {text_of(target)} leaves {module.owner}")
    if target is not None and dotted(target).startswith("settings."):
        yield module.finding(call, f"{name} to {dotted(target)}, which lives in platform")
    constraint = argument(call, "db_constraint")
    if isinstance(constraint, ast.Constant) and constraint.value is False:
        yield module.finding(call, f"{name} without a constraint would query another schema in silence")


def foreign_model_relations(tables: Iterable[type[models.Model]]) -> list[str]:
    """Relations of registered models that end at a model of another app, however they were declared."""
    return [
        f"{model._meta.label}.{field.name} ends at {field.related_model._meta.label}"
        for model in tables
        for field in model._meta.get_fields(include_hidden=True)
        if field.is_relation
        and isinstance(field.related_model, type)
        and field.related_model._meta.app_label != model._meta.app_label
    ]
