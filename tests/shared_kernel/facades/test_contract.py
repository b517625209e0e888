"""The start-up check refuses every facade that could not become remote."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

import pytest

from customers.api import CustomersApi
from inventory.api import InventoryApi
from orders.api import OrdersApi
from payments.api import PaymentsApi
from shared_kernel.api import ContextApi
from shared_kernel.facades import command, query
from shared_kernel.facades.contract import ContractViolation, breaches_of_implementation, check
from tests.shared_kernel.facades.library import Library, LibraryApi


@dataclass
class Mutable:
    """A shape that is neither frozen nor keyword-only."""

    size: int


def facade_with(annotation: Any, result: Any = int) -> type:
    """A facade whose one method takes an argument of this type."""

    def ask(self: object, *, thing: object) -> None: ...

    ask.__annotations__ = {"thing": annotation, "return": result}
    return type("Planted", (), {"ask": query(ask)})


class TestCheck:
    @pytest.mark.parametrize("protocol", [InventoryApi, PaymentsApi, CustomersApi, OrdersApi, ContextApi, LibraryApi])
    def test_accepts_the_facades_of_ashlar(self, protocol: type) -> None:
        check(protocol)

    @pytest.mark.parametrize(
        "annotation",
        [
            float,
            Decimal,
            bytes,
            object,
            Any,
            tuple[int, int],
            set[int],
            Iterator[int],
            Callable[[], None],
            list[float],
            dict[int, str],
            int | str,
            Mutable,
        ],
    )
    def test_refuses_what_does_not_travel_as_json(self, annotation: Any) -> None:
        with pytest.raises(ContractViolation):
            check(facade_with(annotation))
        with pytest.raises(ContractViolation):
            check(facade_with(int, result=annotation))

    def test_refuses_a_method_that_is_neither_query_nor_command(self) -> None:
        class Unmarked(Protocol):
            def ask(self, *, size: int) -> int: ...

        with pytest.raises(ContractViolation, match="neither a query nor a command"):
            check(Unmarked)

    def test_refuses_positional_arguments(self) -> None:
        class Positional(Protocol):
            @command
            def ask(self, size: int) -> int: ...

        with pytest.raises(ContractViolation, match="not keyword-only"):
            check(Positional)


class TestBreachesOfImplementation:
    def test_are_none_for_a_faithful_one(self) -> None:
        assert list(breaches_of_implementation(LibraryApi, Library)) == []

    def test_name_a_missing_method(self) -> None:
        assert list(breaches_of_implementation(LibraryApi, object)) == [
            "object does not implement lend_book",
            "object does not implement find_loan",
        ]

    def test_name_another_signature(self) -> None:
        class Careless(Library):
            def find_loan(self, *, book_id: str) -> None:  # type: ignore[override]
                """Take text where an id is promised."""

        [breach] = breaches_of_implementation(LibraryApi, Careless)
        assert breach.endswith("Careless.find_loan has another signature than LibraryApi")
