"""Commands given at the same moment, on connections of their own."""

from __future__ import annotations

from functools import partial

import pytest

from payments.api import AmountExceedsPayment, PaymentInProgress, PaymentStatus, PaymentSummary, RefundSummary
from payments.models import Payment, PaymentTransaction
from payments.tasks import execute_transaction
from shared_kernel.errors import InvalidStateTransition
from shared_kernel.ids import new_id
from tests.payments.driving import (
    all_at_once,
    authorized,
    capture,
    captured,
    card,
    created,
    eur,
    events,
    now_of,
    operations,
    payments,
    refund,
    settle,
    void,
)
from tests.payments.simulator import RunningSimulator

pytestmark = pytest.mark.usefixtures("simulator")
ROUNDS = range(3)


class TestTheSameCommandAtOnce:
    @pytest.mark.parametrize("round_", ROUNDS)
    def test_creates_one_payment(self, round_: int) -> None:
        create = partial(
            payments.create_payment, payment_id=new_id(), order_id=new_id(), amount=eur(100), method=card()
        )

        answers = all_at_once([create] * 8)

        assert isinstance(answers[0], PaymentSummary)
        assert [answer for answer in answers if answer != answers[0]] == []
        assert PaymentTransaction.objects.count() == 1

    @pytest.mark.parametrize("round_", ROUNDS)
    def test_captures_once(self, simulator: RunningSimulator, round_: int) -> None:
        payment, capture_id = authorized(), new_id()

        answers = all_at_once([partial(capture, payment, 100, capture_id=capture_id)] * 8)
        settle()

        assert all(isinstance(answer, PaymentSummary) for answer in answers)
        assert simulator.effects() == [("authorization", 100), ("capture", 100)]
        assert operations.audit_findings(limit=10) == []

    def test_voids_once(self, simulator: RunningSimulator) -> None:
        payment = authorized()

        all_at_once([partial(void, payment)] * 8)
        settle()

        assert simulator.effects() == [("authorization", 100), ("void", 100)]

    @pytest.mark.parametrize("round_", ROUNDS)
    def test_carried_out_by_several_workers_takes_effect_once(self, simulator: RunningSimulator, round_: int) -> None:
        payment = authorized()
        capture(payment, 100)
        row_id = PaymentTransaction.objects.get(kind="capture").id

        all_at_once([partial(execute_transaction, row_id)] * 4)

        assert now_of(payment, PaymentStatus.CAPTURED).captured == eur(100)
        assert simulator.effects() == [("authorization", 100), ("capture", 100)]
        assert events().count("payment_captured") <= 1
        settle()
        assert events().count("payment_captured") == 1
        assert operations.audit_findings(limit=10) == []


class TestDifferentCommandsAtOnce:
    @pytest.mark.parametrize("round_", ROUNDS)
    def test_create_one_payment_of_an_order(self, round_: int) -> None:
        order_id = new_id()

        answers = all_at_once([partial(created, order_id=order_id)] * 8)

        assert sum(isinstance(answer, PaymentSummary) for answer in answers) == 1
        assert sum(isinstance(answer, PaymentInProgress) for answer in answers) == 7
        assert Payment.objects.count() == 1

    def test_pay_a_declined_order_anew_once(self) -> None:
        order_id = new_id()
        created("sim_declined", order_id=order_id)
        settle()

        answers = all_at_once([partial(created, order_id=order_id)] * 6)

        assert sum(isinstance(answer, PaymentSummary) for answer in answers) == 1
        assert sum(isinstance(answer, PaymentInProgress) for answer in answers) == 5

    @pytest.mark.parametrize("round_", ROUNDS)
    def test_never_refund_more_than_was_captured(self, simulator: RunningSimulator, round_: int) -> None:
        payment = captured()

        answers = all_at_once([partial(refund, payment, 30)] * 8)
        settle()

        assert sum(isinstance(answer, RefundSummary) for answer in answers) == 3
        assert sum(isinstance(answer, AmountExceedsPayment) for answer in answers) == 5
        assert now_of(payment).refunded == eur(90)
        assert simulator.effects()[2:] == [("refund", 30)] * 3
        assert operations.audit_findings(limit=10) == []

    @pytest.mark.parametrize("round_", ROUNDS)
    def test_never_capture_more_than_is_authorized(self, simulator: RunningSimulator, round_: int) -> None:
        payment = authorized()

        answers = all_at_once([partial(capture, payment, 30) for _ in range(8)])
        settle()

        assert sum(isinstance(answer, PaymentSummary) for answer in answers) == 3
        assert now_of(payment, PaymentStatus.PARTIALLY_CAPTURED).captured == eur(90)
        assert simulator.effects()[1:] == [("capture", 30)] * 3

    @pytest.mark.parametrize("round_", ROUNDS)
    def test_either_capture_or_void(self, simulator: RunningSimulator, round_: int) -> None:
        payment = authorized()

        answers = all_at_once([partial(capture, payment, 100), partial(void, payment)] * 2)
        settle()

        refused = [answer for answer in answers if isinstance(answer, Exception)]
        assert refused
        assert all(isinstance(error, InvalidStateTransition | AmountExceedsPayment) for error in refused)
        assert len(simulator.effects()) == 2
        assert now_of(payment).status in {PaymentStatus.CAPTURED, PaymentStatus.CANCELED}
