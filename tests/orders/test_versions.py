from __future__ import annotations

import dataclasses

import pytest

from orders.checkout import versions
from orders.checkout.definition import Definition, MalformedDefinition, State
from orders.checkout.version_1 import VERSION_1
from orders.models import CheckoutSaga
from tests.scenarios.shop import Shop

# A release ago the saga told the state of waiting by another name.
FORMER_NAMES = {"awaiting_authorization": "waiting_for_bank", "awaiting_refund": "waiting_for_money_back"}


def renamed(state: State) -> State:
    arrows = tuple(dataclasses.replace(arrow, to=FORMER_NAMES.get(arrow.to, arrow.to)) for arrow in state.arrows)
    return dataclasses.replace(state, name=FORMER_NAMES.get(state.name, state.name), arrows=arrows)


VERSION_0 = Definition(
    version=0,
    initial=VERSION_1.initial,
    initial_when_free=VERSION_1.initial_when_free,
    states=tuple(renamed(state) for state in VERSION_1.states),
)


@pytest.fixture
def _with_version_0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(versions.DEFINITIONS, 0, VERSION_0)


class TestAnOrderOfAFormerRelease:
    @pytest.mark.usefixtures("_with_version_0")
    def test_finishes_by_the_rules_it_began_under(self, shop: Shop) -> None:
        order = shop.places(shop.sells())
        CheckoutSaga.objects.filter(order_id=order.id).update(definition=0, state="waiting_for_bank")

        shop.settle()
        assert (order.status, order.saga.definition) == ("confirmed", 0)

        order.cancel()
        shop.settle()
        assert (order.status, order.sums, order.saga.state) == ("canceled", (1999, 1999), "closed")
        assert "waiting_for_money_back" in [state for _, _, state in order.log]

    def test_whose_rules_are_gone_is_left_alone_and_tried_again(self, shop: Shop) -> None:
        order = shop.places(shop.sells())
        CheckoutSaga.objects.filter(order_id=order.id).update(definition=7, due_at="2020-01-01T00:00:00Z")

        shop.settle(["orders"])
        assert (order.saga.state, order.saga.attempts) == ("awaiting_authorization", 1)
        assert "MalformedDefinition" in (order.saga.last_error or "")

        CheckoutSaga.objects.filter(order_id=order.id).update(definition=1)
        shop.settle()
        assert order.status == "confirmed"

    def test_is_not_guessed_at(self) -> None:
        with pytest.raises(MalformedDefinition, match="version 7"):
            versions.definition_of(7)
        with pytest.raises(MalformedDefinition, match="waiting_for_bank"):
            VERSION_1.state("waiting_for_bank")
