"""The rules of transactions: entry points open them, use cases ask for them, facade calls refuse them."""

from __future__ import annotations

from django.db import connections


class NoTransaction(RuntimeError):
    """A use case ran without the transaction that its entry point owes it."""


def require(alias: str) -> None:
    """Assert that a transaction is open on `alias`.

    Raises:
        NoTransaction: none is.
    """
    if not connections[alias].in_atomic_block:
        raise NoTransaction(f"this writes to {alias} and needs an open transaction there")


def open_aliases() -> list[str]:
    """The aliases on which application code holds a transaction open in this thread.

    A transaction that a test case wraps around the whole test does not count, as in Django's own durable check.
    """
    return [
        connection.alias
        for connection in connections.all(initialized_only=True)
        if connection.in_atomic_block and not all(map(_is_of_test_case, connection.atomic_blocks))
    ]


def _is_of_test_case(block: object) -> bool:
    # Django marks the blocks of its test cases so, and offers no other way to tell them apart.
    return bool(getattr(block, "_from_testcase", False))
