"""Commands of payments: repeatable by their ids, refused in the wrong state, never beyond what is there."""

from __future__ import annotations

from typing import Any

import pytest

from payments.api import (
    AmountExceedsPayment,
    InvalidAmount,
    PaymentIdReused,
    PaymentInProgress,
    PaymentMethod,
    PaymentMethodNotSupported,
    PaymentNotFound,
    PaymentStatus,
    RefundStatus,
)
from payments.models import Payment, PaymentTransaction, Refund
from shared_kernel.errors import Invalid, InvalidStateTransition
from shared_kernel.ids import new_id
from shared_kernel.money import Money
from tests.payments.driving import (
    authorized,
    capture,
    captured,
    card,
    created,
    eur,
    events,
    now_of,
    payments,
    refund,
    settle,
    void,
)
from tests.payments.simulator import RunningSimulator

pytestmark = pytest.mark.usefixtures("simulator")


class TestCreatingAPayment:
    def test_answers_processing_and_leaves_the_provider_to_a_worker(self, simulator: RunningSimulator) -> None:
        payment = created(amount=1999)

        assert (payment.status, payment.amount, payment.captured) == (PaymentStatus.PROCESSING, eur(1999), eur(0))
        assert simulator.ledger == []

    def test_is_authorized_by_a_worker(self, simulator: RunningSimulator) -> None:
        payment = created()

        settle()

        now_of(payment, PaymentStatus.AUTHORIZED)
        assert simulator.effects() == [("authorization", 100)]
        assert events() == ["payment_created", "payment_authorized"]

    def test_repeated_by_its_id_changes_nothing(self) -> None:
        asked: dict[str, Any] = {"payment_id": new_id(), "order_id": new_id(), "amount": eur(100), "method": card()}
        first = payments.create_payment(**asked)

        again = payments.create_payment(**asked)

        assert again == first
        assert Payment.objects.count() == PaymentTransaction.objects.count() == 1

    @pytest.mark.parametrize("change", [{"amount": eur(101)}, {"order_id": new_id()}, {"method": card("sim_slow")}])
    def test_with_the_id_of_another_is_refused(self, change: dict[str, Any]) -> None:
        asked: dict[str, Any] = {"payment_id": new_id(), "order_id": new_id(), "amount": eur(100), "method": card()}
        payments.create_payment(**asked)

        with pytest.raises(PaymentIdReused):
            payments.create_payment(**{**asked, **change})

    def test_is_refused_while_the_order_has_another(self) -> None:
        order_id = new_id()
        first = created(order_id=order_id)

        with pytest.raises(PaymentInProgress) as refusal:
            created(order_id=order_id)

        assert refusal.value.payment_id == first.payment_id

    def test_after_a_decline_cancels_the_declined_one(self) -> None:
        order_id = new_id()
        declined = created("sim_declined", order_id=order_id)
        settle()

        second = created(order_id=order_id)
        settle()

        now_of(declined, PaymentStatus.CANCELED)
        now_of(second, PaymentStatus.AUTHORIZED)
        assert [summary.payment_id for summary in payments.list_payments(order_ids=[order_id])] == [
            declined.payment_id,
            second.payment_id,
        ]

    def test_by_a_method_nobody_takes_is_refused(self) -> None:
        with pytest.raises(PaymentMethodNotSupported):
            payments.create_payment(
                payment_id=new_id(), order_id=new_id(), amount=eur(1), method=PaymentMethod(type="gold", token="t")
            )

    @pytest.mark.parametrize("amount", [0, -1, 10**12 + 1])
    def test_of_an_impossible_amount_is_refused(self, amount: int) -> None:
        with pytest.raises(InvalidAmount):
            created(amount=amount)

    def test_that_is_declined_can_be_told_why(self) -> None:
        payment = created("sim_insufficient_funds")

        settle()

        declined = now_of(payment, PaymentStatus.REQUIRES_PAYMENT_METHOD)
        assert declined.last_error == "insufficient_funds"
        assert events() == ["payment_created", "payment_declined"]


class TestCapturing:
    def test_collects_the_money_and_books_it(self, simulator: RunningSimulator) -> None:
        payment = authorized()

        asked = capture(payment, 100)
        settle()

        assert asked.status == PaymentStatus.AUTHORIZED
        assert now_of(payment, PaymentStatus.CAPTURED).captured == eur(100)
        assert simulator.effects() == [("authorization", 100), ("capture", 100)]
        assert events()[2:] == ["payment_capture_requested", "payment_captured"]

    def test_of_a_part_leaves_the_rest_to_capture(self) -> None:
        payment = authorized()
        capture(payment, 60)
        settle()

        now_of(payment, PaymentStatus.PARTIALLY_CAPTURED)
        with pytest.raises(AmountExceedsPayment) as refusal:
            capture(payment, 41)
        capture(payment, 40)
        settle()

        assert refusal.value.available == eur(40)
        now_of(payment, PaymentStatus.CAPTURED)

    def test_repeated_by_its_id_charges_once(self, simulator: RunningSimulator) -> None:
        payment, capture_id = authorized(), new_id()

        capture(payment, 100, capture_id=capture_id)
        capture(payment, 100, capture_id=capture_id)
        settle()
        again = capture(payment, 100, capture_id=capture_id)

        assert again.captured == eur(100)
        assert simulator.effects() == [("authorization", 100), ("capture", 100)]

    def test_with_the_id_of_another_is_refused(self) -> None:
        payment, other, capture_id = authorized(), authorized(), new_id()
        capture(payment, 60, capture_id=capture_id)

        with pytest.raises(PaymentIdReused):
            capture(payment, 40, capture_id=capture_id)
        with pytest.raises(PaymentIdReused):
            capture(other, 60, capture_id=capture_id)

    def test_while_another_capture_is_under_way_sees_only_the_rest(self) -> None:
        payment = authorized()
        capture(payment, 100)

        with pytest.raises(AmountExceedsPayment) as refusal:
            capture(payment, 100)

        assert refusal.value.available == eur(0)

    def test_is_refused_before_the_authorization_is_known(self) -> None:
        with pytest.raises(InvalidStateTransition) as refusal:
            capture(created(), 100)

        assert (refusal.value.state, refusal.value.allowed_commands) == ("processing", ["authorize", "decline", "void"])

    @pytest.mark.parametrize("money", [eur(0), eur(-5), Money(amount=5, currency="USD")])
    def test_of_an_impossible_amount_is_refused(self, money: Money) -> None:
        payment = authorized()

        with pytest.raises(InvalidAmount):
            payments.capture_payment(payment_id=payment.payment_id, capture_id=new_id(), amount=money)

    def test_that_the_provider_refuses_leaves_the_payment_authorized(self) -> None:
        payment = authorized("sim_capture_fails")

        capture(payment, 100)
        settle()

        failed = now_of(payment, PaymentStatus.AUTHORIZED)
        assert (failed.captured, failed.last_error) == (eur(0), "capture_refused")
        assert events()[-1] == "payment_capture_failed"


class TestVoiding:
    def test_lets_go_of_the_authorization(self, simulator: RunningSimulator) -> None:
        payment = authorized()

        asked = void(payment)
        settle()

        assert asked.status == PaymentStatus.AUTHORIZED
        now_of(payment, PaymentStatus.CANCELED)
        assert simulator.effects() == [("authorization", 100), ("void", 100)]
        assert events()[2:] == ["payment_void_requested", "payment_canceled"]

    def test_repeated_voids_once(self, simulator: RunningSimulator) -> None:
        payment = authorized()

        void(payment)
        void(payment)
        settle()

        assert void(payment).status == PaymentStatus.CANCELED
        assert simulator.effects() == [("authorization", 100), ("void", 100)]

    def test_before_anything_left_for_the_provider_ends_the_payment_at_once(self, simulator: RunningSimulator) -> None:
        payment = created()

        assert void(payment).status == PaymentStatus.CANCELED
        settle()

        assert simulator.ledger == []
        assert events() == ["payment_created", "payment_canceled"]

    def test_of_a_declined_payment_ends_it_at_once(self) -> None:
        payment = created("sim_declined")
        settle()

        assert void(payment).status == PaymentStatus.CANCELED

    def test_is_refused_once_money_was_captured(self) -> None:
        with pytest.raises(InvalidStateTransition) as refusal:
            void(captured())

        assert refusal.value.allowed_commands == ["refund"]

    def test_is_refused_while_a_capture_is_under_way(self) -> None:
        payment = authorized()
        capture(payment, 100)

        with pytest.raises(InvalidStateTransition):
            void(payment)

    def test_bars_captures(self) -> None:
        payment = authorized()
        void(payment)

        with pytest.raises(InvalidStateTransition):
            capture(payment, 100)


class TestRefunding:
    def test_sends_the_money_back_and_books_it(self, simulator: RunningSimulator) -> None:
        payment = captured()

        asked = refund(payment, 30)
        settle()

        assert (asked.status, asked.amount) == (RefundStatus.PENDING, eur(30))
        assert now_of(payment, PaymentStatus.CAPTURED).refunded == eur(30)
        assert Refund.objects.get().status == RefundStatus.SUCCEEDED
        assert simulator.effects()[-1] == ("refund", 30)
        assert events()[-2:] == ["refund_created", "refund_succeeded"]

    def test_repeated_by_its_id_sends_back_once(self, simulator: RunningSimulator) -> None:
        payment, refund_id = captured(), new_id()
        refund(payment, 30, refund_id=refund_id)
        settle()

        again = refund(payment, 30, refund_id=refund_id)
        settle()

        assert again.status == RefundStatus.SUCCEEDED
        assert simulator.effects()[2:] == [("refund", 30)]

    def test_goes_up_to_what_was_captured(self) -> None:
        payment = captured()
        refund(payment, 70)

        with pytest.raises(AmountExceedsPayment) as refusal:
            refund(payment, 31)
        refund(payment, 30)
        settle()

        assert refusal.value.available == eur(30)
        assert now_of(payment).refunded == eur(100)

    def test_is_refused_when_nothing_was_captured(self) -> None:
        with pytest.raises(InvalidStateTransition):
            refund(authorized(), 1)

    def test_with_the_id_of_another_is_refused(self) -> None:
        payment, refund_id = captured(), new_id()
        refund(payment, 30, refund_id=refund_id)

        with pytest.raises(PaymentIdReused):
            refund(payment, 31, refund_id=refund_id)

    def test_that_the_provider_refuses_can_be_tried_again(self) -> None:
        payment = captured("sim_refund_fails")
        refund(payment, 100)
        settle()

        assert now_of(payment).refunded == eur(0)
        assert Refund.objects.get().failure_code == "refund_refused"
        assert events()[-1] == "refund_failed"
        assert refund(payment, 100).status == RefundStatus.PENDING


class TestAskingForPayments:
    def test_that_do_not_exist_is_refused(self) -> None:
        with pytest.raises(PaymentNotFound):
            payments.get_payment(payment_id=new_id())
        with pytest.raises(PaymentNotFound):
            payments.void_payment(payment_id=new_id(), reason="x")

    def test_of_unknown_orders_finds_none(self) -> None:
        assert payments.list_payments(order_ids=[new_id()]) == []

    def test_of_too_many_orders_is_refused(self) -> None:
        with pytest.raises(Invalid):
            payments.list_payments(order_ids=[new_id() for _ in range(101)])
