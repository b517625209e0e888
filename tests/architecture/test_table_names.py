"""The names in the database: one convention, so that a table, a constraint or an index is found without a search."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.db import models

from config import topology

MODELS = [model for context in topology.CONTEXTS for model in apps.get_app_config(context.name).get_models()]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
class TestATableOfAContext:
    def test_is_named_as_django_does(self, model: type[models.Model]) -> None:
        assert model._meta.db_table == f"{model._meta.app_label}_{model._meta.model_name}"

    def test_gives_its_name_to_its_constraints_and_indexes(self, model: type[models.Model]) -> None:
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", model.__name__).lower()
        names = [each.name for each in (*model._meta.constraints, *model._meta.indexes)]

        assert [name for name in names if not name.startswith(f"{words}_")] == []

    def test_says_by_what_an_index_finds(self, model: type[models.Model]) -> None:
        names = [index.name for index in model._meta.indexes]

        assert [name for name in names if "_by_" not in name] == []
