"""The ledger balances at every instant, and the database itself keeps it so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.api import AmountExceedsPayment, PaymentMethod
from payments.gateways.port import Refused, Succeeded
from payments.models import JournalEntry, JournalLine, LedgerAccount, Payment, PaymentTransaction
from payments.policies import Account, TransactionKind
from payments.usecases import audit, authorization, captures, execution, refunds, voids
from shared_kernel import clock
from shared_kernel.errors import InvalidStateTransition
from shared_kernel.ids import new_id
from shared_kernel.money import Money
from tests.databases import TestDatabase
from tests.payments.driving import captured
from tests.payments.simulator import RunningSimulator

# One step: a command, the amount it asks for, and whether the provider agrees.
steps = st.lists(
    st.tuples(st.sampled_from(["capture", "refund", "void"]), st.integers(1, 120), st.booleans()), max_size=8
)
DATABASES = pytest.mark.django_db(databases="__all__")


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic(using="payments"):
        yield
        transaction.set_rollback(True, using="payments")


def settle_everything(*, agrees: bool) -> None:
    for row in PaymentTransaction.objects.unsettled():
        code = "card_declined"
        outcome = Succeeded(reference=str(row.id), amount=row.money) if agrees else Refused(code=code)
        execution.settle(transaction_id=row.id, outcome=outcome, now=clock.now("payments"))


def give(command: str, payment_id: Any, amount: Money) -> None:
    now = clock.now("payments")
    match command:
        case "capture":
            captures.capture_payment(payment_id=payment_id, capture_id=new_id(), amount=amount, now=now)
        case "refund":
            refunds.refund_payment(payment_id=payment_id, refund_id=new_id(), amount=amount, reason="r", now=now)
        case _:
            voids.void_payment(payment_id=payment_id, reason="r", now=now)


@DATABASES
class TestWhateverHappensToAPayment:
    @given(currency=st.sampled_from(["EUR", "JPY", "KWD"]), script=steps)
    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_the_books_balance_and_agree_with_it(
        self, settings: Any, currency: str, script: list[tuple[str, int, bool]]
    ) -> None:
        settings.ASHLAR_SIM_PROVIDER_URL = "http://127.0.0.1:1"
        with rolled_back():
            payment = authorization.create_payment(
                payment_id=new_id(),
                order_id=new_id(),
                amount=Money(amount=100, currency=currency),
                method=PaymentMethod(type="card", token="t"),
                customer_id=None,
                now=clock.now("payments"),
            )
            settle_everything(agrees=True)
            for command, amount, agrees in script:
                try:
                    give(command, payment.id, Money(amount=amount, currency=currency))
                except (AmountExceedsPayment, InvalidStateTransition):
                    continue
                settle_everything(agrees=agrees)
                connections["payments"].check_constraints()
                assert audit.find_violations(limit=10) == []

            held = Payment.objects.get(id=payment.id)
            balances = {
                row["account_id"]: row["debit"] - row["credit"] for row in JournalLine.objects.balances("account_id")
            }
            assert sum(balances.values()) == 0
            assert balances.get("provider_clearing", 0) == held.captured - held.refunded


@DATABASES
class TestAJournal:
    def entry(self) -> JournalEntry:
        now = clock.now("payments")
        payment = Payment.objects.create(
            order_id=new_id(),
            amount=100,
            currency="EUR",
            method_type="card",
            method_token="t",
            provider="sim",
            status="processing",
            created_at=now,
            updated_at=now,
        )
        row = PaymentTransaction.request(payment, TransactionKind.CAPTURE, reference_id=new_id(), amount=100, at=now)
        return JournalEntry.objects.create(
            transaction=row, payment_id=payment.id, order_id=payment.order_id, kind="capture", created_at=now
        )

    def line(self, entry: JournalEntry, side: str, amount: int, currency: str = "EUR") -> None:
        JournalLine.objects.create(
            entry=entry, account_id="provider_clearing", side=side, amount=amount, currency=currency
        )

    def test_that_balances_is_taken(self) -> None:
        with rolled_back():
            entry = self.entry()
            self.line(entry, "debit", 100)
            self.line(entry, "credit", 60)
            self.line(entry, "credit", 40)

            connections["payments"].check_constraints()

    @pytest.mark.parametrize(
        "lines",
        [
            [],
            [("debit", 100, "EUR")],
            [("debit", 100, "EUR"), ("credit", 99, "EUR")],
            [("debit", 100, "EUR"), ("credit", 100, "USD")],
        ],
    )
    def test_that_does_not_is_refused(self, lines: list[tuple[str, int, str]]) -> None:
        with rolled_back():
            entry = self.entry()
            for side, amount, currency in lines:
                self.line(entry, side, amount, currency)

            with pytest.raises(IntegrityError, match=r"out of balance|has no lines"):
                connections["payments"].check_constraints()

    @pytest.mark.parametrize("amount", [0, -1])
    def test_has_positive_amounts_only(self, amount: int) -> None:
        with pytest.raises(IntegrityError), rolled_back():
            self.line(self.entry(), "debit", amount)

    def test_is_written_once_per_transaction(self) -> None:
        with rolled_back():
            entry = self.entry()
            again = JournalEntry(
                transaction=entry.transaction,
                payment_id=entry.payment_id,
                order_id=entry.order_id,
                kind="capture",
                created_at=entry.created_at,
            )

            with pytest.raises(IntegrityError):
                again.save(force_insert=True)


class TestWhatIsWritten:
    @pytest.mark.parametrize(
        "statement",
        [
            "update payments_journalline set amount = 1",
            "delete from payments_journalline",
            "update payments_journalentry set kind = 'refund'",
            "delete from payments_journalentry",
            "truncate payments_journalline",
            "insert into payments_ledgeraccount values ('mine', 'Mine', 'asset')",
            "update payments_ledgeraccount set name = 'x'",
        ],
    )
    @pytest.mark.django_db(databases="__all__")
    def test_cannot_be_changed_by_the_application(self, statement: str) -> None:
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(using="payments"),
            connections["payments"].cursor() as cursor,
        ):
            cursor.execute(statement)

    @pytest.mark.parametrize(
        "statement",
        ["update payments.payments_journalline set amount = 1", "delete from payments.payments_journalentry"],
    )
    def test_cannot_be_changed_by_anybody(
        self, simulator: RunningSimulator, test_database: TestDatabase, statement: str
    ) -> None:
        captured()

        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            test_database.superuser().execute(statement)

    @pytest.mark.django_db(databases="__all__")
    def test_goes_to_the_accounts_of_the_chart(self) -> None:
        assert {account.id for account in LedgerAccount.objects.all()} == set(Account)


@DATABASES
class TestACap:
    @pytest.mark.parametrize(
        "broken",
        [
            {"authorized": 101},
            {"authorized": 100, "captured": 60, "capturing": 41},
            {"authorized": 100, "captured": 100, "refunded": 60, "refunding": 41},
            {"authorized": 100, "capturing": -1},
            {"status": "lost"},
        ],
    )
    def test_holds_in_the_database_too(self, broken: dict[str, Any]) -> None:
        payment = Payment.objects.get(id=TestAJournal().entry().payment_id)

        with pytest.raises(DatabaseError), transaction.atomic(using="payments"):
            Payment.objects.filter(id=payment.id).update(**broken)
        transaction.set_rollback(True, using="payments")
