"""A provider that does not answer for hours: the checkout waits, asks again now and then, and is not forgotten."""

from __future__ import annotations

from datetime import timedelta

from orders.models import CheckoutSaga
from orders.usecases import audit
from tests.scenarios.shop import PlacedOrder, Shop


def canceled_while_the_provider_captures(shop: Shop) -> PlacedOrder:
    order = shop.places(shop.sells())
    shop.settle(["payments"])
    shop.settle(workers=False)
    order.cancel()
    shop.settle(workers=False)
    assert order.saga.waiting_for == "payment_void"
    return order


class TestACheckoutThatWaitsInVain:
    def test_asks_again_ever_more_rarely_and_goes_on_when_the_news_comes(self, shop: Shop) -> None:
        order = canceled_while_the_provider_captures(shop)
        before = len(order.log)

        for _ in range(60):
            shop.later_without_workers(minutes=2)
        asked = len(order.log) - before
        shop.later(minutes=10)

        assert 4 < asked < 30
        assert order.saga.state == "closed"
        assert shop.effects()[-1] == ("refund", 1999)

    def test_is_found_by_the_audit_when_it_has_asked_too_often(self, shop: Shop) -> None:
        order = canceled_while_the_provider_captures(shop)
        CheckoutSaga.objects.filter(pk=order.saga.pk).update(attempts=19)

        shop.later_without_workers(minutes=2)
        found = [finding.invariant for finding in audit.list_findings(limit=10)]
        saga = order.saga

        assert found == ["checkout_has_an_owner"]
        assert saga.due_at is not None
        assert saga.due_at - saga.moved_at == timedelta(hours=1)
