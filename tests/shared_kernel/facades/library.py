"""A tiny facade to try the adapters on: a library that lends books."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared_kernel.errors import DomainError, Rejected
from shared_kernel.facades import command, query
from shared_kernel.money import Money


@dataclass(frozen=True, kw_only=True)
class Loan:
    """A book lent until a date, for a fee."""

    book_id: UUID
    reader: str
    due_at: datetime
    fee: Money
    notes: list[str]


@dataclass(kw_only=True, eq=False)
class BookLent(Rejected):
    """The book is with somebody else."""

    code = "book_lent"
    summary = "The book is lent until {due_at}."

    book_id: UUID
    due_at: datetime


class LibraryApi(Protocol):
    """What readers may ask."""

    @command
    def lend_book(
        self, *, book_id: UUID, reader: str, due_at: datetime, fee: Money, notes: list[str] | None = None
    ) -> Loan:
        """Lend a book."""

    @query
    def find_loan(self, *, book_id: UUID) -> Loan | None:
        """The loan of a book, if it is lent."""


@dataclass
class Library:
    """Keeps its loans in memory, counts its calls, and raises `fails_with` if told to."""

    loans: dict[UUID, Loan] = field(default_factory=dict)
    calls: int = 0
    fails_with: Exception | None = None

    def lend_book(
        self, *, book_id: UUID, reader: str, due_at: datetime, fee: Money, notes: list[str] | None = None
    ) -> Loan:
        """Lend a book to one reader at a time."""
        self.calls += 1
        if self.fails_with is not None:
            raise self.fails_with
        loan = Loan(book_id=book_id, reader=reader, due_at=due_at, fee=fee, notes=notes or [])
        loan = self.loans.setdefault(book_id, loan)
        if loan.reader != reader:
            raise BookLent(book_id=book_id, due_at=loan.due_at)
        return loan

    def find_loan(self, *, book_id: UUID) -> Loan | None:
        """Look the loan up."""
        self.calls += 1
        return self.loans.get(book_id)


def make_undeclared_error() -> DomainError:
    """An error that the module of the Protocol does not declare."""

    @dataclass(kw_only=True, eq=False)
    class Hidden(Rejected):
        code = "hidden"

    Hidden.__module__ = "elsewhere"
    return Hidden()
