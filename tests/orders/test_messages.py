from __future__ import annotations

from customers.api import CustomersApi
from customers.models import Message
from orders.models import OrderMessage
from shared_kernel.facades.faults import Fault, FaultKind, planned
from shared_kernel.ids import new_id
from tests.customers.people import register
from tests.orders.clients import place_as
from tests.scenarios.shop import Shop


class TestTheBuyer:
    def test_is_told_what_the_order_is_and_costs(self, shop: Shop) -> None:
        order = shop.places(shop.sells(), quantity=2)
        shop.settle()

        message = Message.objects.get()
        assert message.data == {"order_number": order.answer["number"], "total": "39.98 EUR"}
        assert (message.key, message.email) == (f"order-confirmed:{order.id}", "ada@example.test")

    def test_is_told_at_the_address_of_the_account(self, shop: Shop) -> None:
        customer = register("anna@example.test")

        place_as(shop, customer.id)
        shop.settle()

        message = Message.objects.get(template="order_confirmed")
        assert (message.customer_id, message.email) == (customer.id, None)

    def test_is_told_once_although_the_answer_was_lost(self, shop: Shop) -> None:
        order = shop.places(shop.sells())
        with planned(CustomersApi, Fault(kind=FaultKind.LOST_ANSWER)):
            shop.settle()
        assert OrderMessage.objects.get().last_error == "deadline_exceeded"

        shop.later(seconds=5)

        assert (Message.objects.count(), order.messages) == (1, ["order_confirmed"])

    def test_of_each_payment_that_failed_is_told_once(self, shop: Shop) -> None:
        order = shop.places(shop.sells(), token="sim_declined")
        shop.settle()
        order.pay("sim_insufficient_funds")
        shop.settle()

        assert order.messages == ["payment_failed", "payment_failed"]

    def test_whom_customers_does_not_know_is_not_told_and_the_order_goes_on(self, shop: Shop) -> None:
        order = place_as(shop, new_id())
        shop.settle()

        message = OrderMessage.objects.get()
        assert (message.refused, message.due_at, order.status) == ("customer_not_found", None, "confirmed")
