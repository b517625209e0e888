"""The second net on Django's registry: what the models turned out to be, however they were declared."""

from __future__ import annotations

from django.apps import apps
from django.db import models, router
from django.test.utils import isolate_apps

from config import topology
from tests.architecture.checks.relations import foreign_model_relations

OURS = {"shared_kernel", *(context.name for context in topology.CONTEXTS)}


def our_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in OURS]


class TestTheModels:
    def test_have_relations_only_inside_their_context(self) -> None:
        assert foreign_model_relations(our_models()) == []

    def test_are_reported_when_a_relation_leaves(self) -> None:
        with isolate_apps("orders", "inventory"):

            class Variant(models.Model):
                class Meta:
                    app_label = "inventory"

            class Line(models.Model):
                variant = models.ForeignKey(Variant, on_delete=models.CASCADE)

                class Meta:
                    app_label = "orders"

            found = foreign_model_relations([Line])

        assert found == ["orders.Line.variant ends at inventory.Variant"]

    def test_of_a_context_may_be_migrated_on_its_own_alias_only(self) -> None:
        allowed = {
            model._meta.label: [alias for alias in OURS - {"shared_kernel"} if router.allow_migrate_model(alias, model)]
            for model in our_models()
            if model._meta.app_label != "shared_kernel"
        }

        assert allowed
        assert all(aliases == [label.partition(".")[0]] for label, aliases in allowed.items())

    def test_of_the_kernel_may_be_migrated_on_every_context(self) -> None:
        kernel = [model for model in our_models() if model._meta.app_label == "shared_kernel"]

        assert kernel
        assert all(router.allow_migrate_model(name, model) for model in kernel for name in OURS - {"shared_kernel"})
