"""Filters of the catalog that no plain column answers."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q

from inventory.models import Price
from shared_kernel.clock import AshlarNow
from shared_kernel.http.listing import OneOf, TextIs
from shared_kernel.money import CURRENCY_DIGITS


class TitleBegins(TextIs):
    """The beginning of a product's title, whatever the case."""

    meaning = "How the title begins, whatever the case."

    def __init__(self) -> None:
        super().__init__(max_length=100, column="search_title", lookup="startswith")

    def read(self, text: str) -> str:
        return super().read(text).lower()


class CurrencyIs(OneOf):
    """One currency; where products are listed, those that have a price in it now."""

    several = False
    meaning = "Only prices in this currency; a list leaves out products that have none."

    def __init__(self) -> None:
        super().__init__(sorted(CURRENCY_DIGITS))

    def condition(self, name: str, operator: str | None, values: list[Any]) -> Q:
        prices = Price.objects.valid(AshlarNow())
        return Q(Exists(prices.filter(variant__product=OuterRef("pk"), currency=values[0])))
