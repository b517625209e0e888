"""Transactions reach their provider: in good weather, in bad, and after a crash at the worst moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from payments.api import PaymentStatus, PaymentSummary
from payments.gateways import calls, registry
from payments.gateways.port import Refused, Succeeded
from payments.models import PaymentTransaction
from payments.policies import TransactionState
from payments.tasks import execute_transaction
from payments.usecases import execution
from shared_kernel import clock
from tests.databases import TestDatabase
from tests.payments.driving import (
    authorized,
    capture,
    captured,
    created,
    eur,
    events,
    now_of,
    operations,
    payments,
    refund,
    settle,
    settle_later,
    void,
)
from tests.payments.simulator import RunningSimulator

pytestmark = pytest.mark.usefixtures("simulator")


def last_transaction() -> PaymentTransaction:
    return PaymentTransaction.objects.order_by("created_at", "id").reverse()[0]


def lost_after_the_call(row_id: Any) -> None:
    """Do what a worker does that is killed between the provider's answer and the second transaction."""
    with transaction.atomic(using="payments", durable=True):
        request = execution.begin(transaction_id=row_id, now=clock.now("payments"))
    assert request is not None
    calls.ask(registry.gateway_of(request.provider), request)


class TestAProviderInTrouble:
    @pytest.mark.parametrize("token", ["sim_timeout_before", "sim_timeout_after"])
    def test_that_cuts_the_connection_is_asked_and_charges_once(self, simulator: RunningSimulator, token: str) -> None:
        payment = created(token)

        settle()
        assert last_transaction().state == TransactionState.UNKNOWN
        now_of(payment, PaymentStatus.PROCESSING)
        settle_later()

        now_of(payment, PaymentStatus.AUTHORIZED)
        assert simulator.effects() == [("authorization", 100)]
        assert events() == ["payment_created", "payment_authorized"]

    def test_is_tried_until_it_is_healed(self, simulator: RunningSimulator) -> None:
        payment = created("sim_error")
        for _ in range(3):
            settle_later()
        waiting = last_transaction()
        assert (waiting.state, waiting.last_error, waiting.attempts) == (TransactionState.UNKNOWN, "status_500", 3)

        simulator.heal()
        settle_later()

        now_of(payment, PaymentStatus.AUTHORIZED)
        assert (last_transaction().due_at, last_transaction().attempts) == (None, 0)

    def test_that_answers_slowly_is_waited_for(self) -> None:
        payment = created("sim_slow")

        settle()

        now_of(payment, PaymentStatus.AUTHORIZED)

    @pytest.mark.parametrize("mode", ["timeout_after", "timeout_before", "error", "rate_limited"])
    def test_captures_and_refunds_once_all_the_same(self, simulator: RunningSimulator, mode: str) -> None:
        payment = authorized()
        for command in (capture, refund):
            simulator.script(mode, kind=command.__name__)
            command(payment, 100)
            settle()
            assert not last_transaction().is_settled
            settle_later()

        settled = now_of(payment, PaymentStatus.CAPTURED)
        assert (settled.captured, settled.refunded) == (eur(100), eur(100))
        assert simulator.effects() == [("authorization", 100), ("capture", 100), ("refund", 100)]
        assert operations.audit_findings(limit=10) == []

    def test_that_is_gone_is_named_and_waited_for(self, simulator: RunningSimulator, settings: Any) -> None:
        settings.ASHLAR_SIM_PROVIDER_URL = "http://127.0.0.1:1"
        payment = created()
        settle()
        waiting = last_transaction()

        settings.ASHLAR_SIM_PROVIDER_URL = simulator.url
        settle_later()

        assert (waiting.state, waiting.last_error) == (TransactionState.PENDING, "unreachable")
        now_of(payment, PaymentStatus.AUTHORIZED)

    def test_that_is_configured_no_more_is_waited_for(self, simulator: RunningSimulator, settings: Any) -> None:
        payment = created()
        settings.ASHLAR_SIM_PROVIDER_URL = None
        settle()

        settings.ASHLAR_SIM_PROVIDER_URL = simulator.url
        settle_later()

        now_of(payment, PaymentStatus.AUTHORIZED)

    def test_that_speaks_of_another_amount_is_not_believed(self, simulator: RunningSimulator) -> None:
        payment = created()
        asked = last_transaction()
        simulator.authorize(asked.provider_key, amount=99)
        with transaction.atomic(using="payments", durable=True):
            execution.begin(transaction_id=asked.id, now=clock.now("payments"))

        execute_transaction(asked.id)

        now_of(payment, PaymentStatus.PROCESSING)
        assert (last_transaction().state, last_transaction().last_error) == ("unknown", "amount_differs")


class TestAWorkerThatDies:
    @pytest.mark.parametrize("command", [None, capture, refund, void])
    def test_after_the_provider_has_answered_leaves_one_effect(self, simulator: RunningSimulator, command: Any) -> None:
        payment = created() if command is None else captured() if command is refund else authorized()
        if command is not None:
            command(payment, *([] if command is void else [100]))
        row = last_transaction()
        lost_after_the_call(row.id)
        before = simulator.effects()

        execute_transaction(row.id)

        assert last_transaction().state == TransactionState.SUCCEEDED
        assert simulator.effects() == before
        settle()
        assert operations.audit_findings(limit=10) == []

    def test_before_the_provider_was_called_leaves_nothing_lost(self, simulator: RunningSimulator) -> None:
        payment = created()
        with transaction.atomic(using="payments", durable=True):
            execution.begin(transaction_id=last_transaction().id, now=clock.now("payments"))
        assert simulator.ledger == []

        settle()

        now_of(payment, PaymentStatus.AUTHORIZED)

    def test_in_the_second_transaction_leaves_nothing_half_applied(
        self, simulator: RunningSimulator, test_database: TestDatabase
    ) -> None:
        payment = authorized()
        capture(payment, 100)
        row = last_transaction()
        with a_ledger_that_takes_nothing(test_database), pytest.raises(IntegrityError):
            execute_transaction(row.id)
        assert now_of(payment, PaymentStatus.AUTHORIZED).captured == eur(0)

        execute_transaction(row.id)

        now_of(payment, PaymentStatus.CAPTURED)
        assert simulator.effects() == [("authorization", 100), ("capture", 100)]

    def test_is_no_reason_to_void_without_asking(self, simulator: RunningSimulator) -> None:
        payment = created()
        lost_after_the_call(last_transaction().id)

        assert void(payment).status == PaymentStatus.PROCESSING
        settle()

        now_of(payment, PaymentStatus.CANCELED)
        assert simulator.effects() == [("authorization", 100), ("void", 100)]


@contextmanager
def a_ledger_that_takes_nothing(database: TestDatabase) -> Iterator[None]:
    connection = database.superuser()
    connection.execute("alter table payments.payments_journalentry add constraint closed check (false) not valid")
    try:
        yield
    finally:
        connection.execute("alter table payments.payments_journalentry drop constraint closed")


class TestAVoidOfAPaymentOnItsWay:
    def payment_on_its_way(self, token: str = "sim_ok") -> PaymentSummary:
        payment = created(token)
        with transaction.atomic(using="payments", durable=True):
            execution.begin(transaction_id=last_transaction().id, now=clock.now("payments"))
        return payment

    def test_is_carried_out_once_it_is_authorized(self, simulator: RunningSimulator) -> None:
        payment = self.payment_on_its_way()

        asked = void(payment)
        settle()

        assert asked.status == PaymentStatus.PROCESSING
        now_of(payment, PaymentStatus.CANCELED)
        assert simulator.effects() == [("authorization", 100), ("void", 100)]
        assert events() == ["payment_created", "payment_void_requested", "payment_canceled"]

    def test_needs_no_provider_when_it_is_declined(self, simulator: RunningSimulator) -> None:
        payment = self.payment_on_its_way("sim_declined")

        void(payment)
        settle()

        assert now_of(payment, PaymentStatus.CANCELED).last_error == "card_declined"
        assert simulator.effects() == []
        assert events() == ["payment_created", "payment_void_requested", "payment_canceled"]

    def test_that_the_provider_refuses_leaves_it_authorized(self, simulator: RunningSimulator) -> None:
        simulator.script("declined", kind="void")
        payment = self.payment_on_its_way()

        void(payment)
        settle()

        assert now_of(payment, PaymentStatus.AUTHORIZED).last_error == "void_refused"
        assert events()[-2:] == ["payment_void_failed", "payment_authorized"]
        void(payment)
        settle()
        now_of(payment, PaymentStatus.CANCELED)

    def test_is_settled_when_the_provider_holds_nothing_any_more(self, simulator: RunningSimulator) -> None:
        payment = authorized()
        authorization = PaymentTransaction.objects.get().provider_reference
        simulator.post("/v1/voids", "somebody else", authorization=authorization, amount=100, currency="EUR")

        void(payment)
        settle()

        now_of(payment, PaymentStatus.CANCELED)


class TestASecondAnswer:
    def test_changes_nothing(self, simulator: RunningSimulator) -> None:
        payment = authorized()
        row = last_transaction()

        with transaction.atomic(using="payments", durable=True):
            for late in (Succeeded(reference="other", amount=eur(100)), Refused(code="card_declined")):
                execution.settle(transaction_id=row.id, outcome=late, now=clock.now("payments"))

        now_of(payment, PaymentStatus.AUTHORIZED)
        assert last_transaction().provider_reference == row.provider_reference
        assert events() == ["payment_created", "payment_authorized"]

    def test_is_not_asked_for(self, simulator: RunningSimulator) -> None:
        payment = authorized()

        execute_transaction(last_transaction().id)

        assert payments.get_payment(payment_id=payment.payment_id) == payment
        assert len(simulator.ledger) == 1
