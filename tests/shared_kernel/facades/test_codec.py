"""The wire codec gives back what it was given, and reads tolerantly."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from shared_kernel.errors import DeadlineExceeded, Invalid, Rejected
from shared_kernel.facades.codec import Codec
from shared_kernel.facades.contract import ContractViolation
from shared_kernel.ids import new_id
from shared_kernel.money import Money
from tests.shared_kernel.facades.library import BookLent, LibraryApi, Loan, make_undeclared_error

CODEC = Codec(LibraryApi)
BOOK = new_id()
DUE = datetime(2026, 5, 1, 12, tzinfo=UTC)
LOAN = Loan(book_id=BOOK, reader="ann", due_at=DUE, fee=Money(amount=150, currency="EUR"), notes=["torn"])


class TestArguments:
    def test_arrive_with_their_types(self) -> None:
        sent = {"book_id": BOOK, "reader": "ann", "due_at": DUE, "fee": LOAN.fee}

        assert CODEC.decode_arguments("lend_book", CODEC.encode_arguments(sent)) == {**sent, "notes": None}

    def test_of_a_newer_caller_are_read_without_the_unknown(self) -> None:
        data = json.dumps({"book_id": str(BOOK), "color": "red"}).encode()

        assert CODEC.decode_arguments("find_loan", data) == {"book_id": BOOK}

    @pytest.mark.parametrize("body", [{}, {"book_id": 7}, {"book_id": "x"}])
    def test_of_other_types_are_invalid(self, body: dict[str, object]) -> None:
        with pytest.raises(Invalid):
            CODEC.decode_arguments("find_loan", json.dumps(body).encode())

    def test_refuse_a_time_without_zone(self) -> None:
        with pytest.raises(ContractViolation):
            CODEC.encode_arguments({"loans": [{"due_at": datetime(2026, 5, 1)}]})  # noqa: DTZ001 - the point


class TestResult:
    @pytest.mark.parametrize("loan", [LOAN, None])
    def test_arrives_equal(self, loan: Loan | None) -> None:
        assert CODEC.decode_result("find_loan", CODEC.encode_result(loan)) == loan


class TestError:
    def test_arrives_as_the_declared_class_with_typed_attributes(self) -> None:
        error = CODEC.decode_error(CODEC.encode_error(BookLent(book_id=BOOK, due_at=DUE)))

        assert type(error) is BookLent
        assert error.attributes == {"book_id": BOOK, "due_at": DUE}

    def test_of_the_kernel_arrives_as_itself(self) -> None:
        assert type(CODEC.decode_error(CODEC.encode_error(DeadlineExceeded()))) is DeadlineExceeded

    def test_of_a_newer_callee_arrives_as_its_kind(self) -> None:
        data = json.dumps({"kind": "rejected", "code": "book_burnt", "attributes": {"when": "today"}}).encode()

        assert type(CODEC.decode_error(data)) is Rejected

    def test_that_nobody_declared_is_a_breach_of_contract(self) -> None:
        with pytest.raises(ContractViolation, match="does not declare"):
            CODEC.encode_error(make_undeclared_error())
