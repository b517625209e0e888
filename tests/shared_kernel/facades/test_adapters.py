"""Adapters carry calls under the rules of a network, also inside one process."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, transaction
from psycopg import errors as pg

from shared_kernel import call_context
from shared_kernel.errors import DeadlineExceeded, Unavailable
from shared_kernel.facades.adapters import CallInsideTransaction, CodecAdapter, LocalAdapter
from shared_kernel.facades.binding import Proxy
from shared_kernel.facades.codec import Codec
from shared_kernel.facades.faults import Fault, FaultAdapter, FaultKind
from shared_kernel.ids import new_id
from shared_kernel.money import Money
from tests.shared_kernel.facades.library import BookLent, Library, LibraryApi, Loan, make_undeclared_error

DUE = datetime(2026, 5, 1, 12, tzinfo=UTC)
FEE = Money(amount=150, currency="EUR")


@pytest.fixture
def library() -> Library:
    return Library()


def lend(proxy: Proxy, reader: str = "ann", book: object = None) -> Loan:
    loan: Loan = proxy.lend_book(book_id=book or new_id(), reader=reader, due_at=DUE, fee=FEE)
    return loan


class TestLocalAdapter:
    def test_answers_what_the_implementation_answers(self, library: Library) -> None:
        loan = lend(Proxy(LibraryApi, LocalAdapter(library)))

        assert library.loans[loan.book_id] is loan

    def test_refuses_a_call_past_its_deadline(self, library: Library) -> None:
        late = call_context.CallContext(correlation_id=new_id(), deadline=datetime.now(UTC) - timedelta(seconds=1))

        with call_context.entered(late), pytest.raises(DeadlineExceeded):
            lend(Proxy(LibraryApi, LocalAdapter(library)))
        assert library.calls == 0

    @pytest.mark.parametrize(
        ("cause", "error", "calls"),
        [
            (pg.LockNotAvailable(), Unavailable, 1),
            (pg.QueryCanceled(), Unavailable, 1),
            (pg.ConnectionFailure(), DeadlineExceeded, 1),
            (pg.DeadlockDetected(), OperationalError, 2),
        ],
    )
    def test_says_what_a_lost_database_leaves_known(
        self, library: Library, cause: Exception, error: type[Exception], calls: int
    ) -> None:
        library.fails_with = OperationalError()
        library.fails_with.__cause__ = cause

        with pytest.raises(error):
            lend(Proxy(LibraryApi, LocalAdapter(library)))
        assert library.calls == calls


@pytest.mark.usefixtures("committed")
class TestLocalAdapterInsideTransaction:
    @pytest.mark.parametrize("alias", ["orders", "inventory", "platform"])
    def test_refuses_the_call_whichever_alias_it_is(self, library: Library, alias: str) -> None:
        with transaction.atomic(using=alias), pytest.raises(CallInsideTransaction, match=alias):
            lend(Proxy(LibraryApi, LocalAdapter(library)))
        assert library.calls == 0


@pytest.mark.django_db(databases=["orders"])
class TestLocalAdapterInsideTestCase:
    def test_allows_the_transaction_of_the_test_itself(self, library: Library) -> None:
        lend(Proxy(LibraryApi, LocalAdapter(library)))

        assert library.calls == 1

    def test_still_refuses_one_of_the_application(self, library: Library) -> None:
        with transaction.atomic(using="orders"), pytest.raises(CallInsideTransaction):
            lend(Proxy(LibraryApi, LocalAdapter(library)))


class TestCodecAdapter:
    def test_hands_over_copies_not_the_callers_objects(self, library: Library) -> None:
        proxy = Proxy(LibraryApi, CodecAdapter(LocalAdapter(library), Codec(LibraryApi)))

        loan = lend(proxy)

        assert loan == library.loans[loan.book_id]
        assert loan is not library.loans[loan.book_id]

    def test_raises_the_declared_error(self, library: Library) -> None:
        proxy = Proxy(LibraryApi, CodecAdapter(LocalAdapter(library), Codec(LibraryApi)))
        loan = lend(proxy)

        with pytest.raises(BookLent) as refusal:
            lend(proxy, reader="bob", book=loan.book_id)
        assert refusal.value.due_at == DUE

    def test_does_not_let_an_undeclared_error_pass(self, library: Library) -> None:
        library.fails_with = make_undeclared_error()

        with pytest.raises(TypeError, match="does not declare"):
            lend(Proxy(LibraryApi, CodecAdapter(LocalAdapter(library), Codec(LibraryApi))))


class TestFaultAdapter:
    def test_can_make_the_callee_unavailable(self, library: Library) -> None:
        adapter = FaultAdapter(LocalAdapter(library))
        adapter.plan(Fault(kind=FaultKind.UNAVAILABLE))

        with pytest.raises(Unavailable):
            lend(Proxy(LibraryApi, adapter))
        assert library.calls == 0

    def test_can_lose_the_answer_after_the_effect(self, library: Library) -> None:
        adapter = FaultAdapter(LocalAdapter(library))
        adapter.plan(Fault(kind=FaultKind.LOST_ANSWER))

        with pytest.raises(DeadlineExceeded):
            lend(Proxy(LibraryApi, adapter))
        assert len(library.loans) == 1

    def test_can_carry_a_call_twice(self, library: Library) -> None:
        adapter = FaultAdapter(LocalAdapter(library))
        adapter.plan(Fault(kind=FaultKind.DUPLICATE))

        lend(Proxy(LibraryApi, adapter))

        assert library.calls == 2
        assert len(library.loans) == 1

    def test_waits_for_the_method_it_is_meant_for(self, library: Library) -> None:
        adapter = FaultAdapter(LocalAdapter(library))
        adapter.plan(Fault(kind=FaultKind.UNAVAILABLE, method="find_loan"))
        proxy = Proxy(LibraryApi, adapter)

        loan = lend(proxy)

        with pytest.raises(Unavailable):
            proxy.find_loan(book_id=loan.book_id)
        assert proxy.find_loan(book_id=loan.book_id) is loan
