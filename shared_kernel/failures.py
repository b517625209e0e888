"""What an exception of background work means: whose fault it is, and how to name it without personal data."""

from __future__ import annotations

import traceback
from pathlib import Path

import psycopg
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError

from shared_kernel.errors import DomainError

_ROOT = Path(__file__).resolve().parent.parent

# Serialization failure and deadlock: the transaction was a victim, a second run will do.
_VICTIM = ("40001", "40P01")
# SQLSTATE classes that say the server is not there, full, stopping or read-only: no event is to blame.
_SERVER_CLASSES = ("08", "53", "58", "XX")
_SERVER_STATES = ("57P01", "57P02", "57P03", "57P05", "25P03", "25006")


def is_victim(error: BaseException) -> bool:
    """Whether the transaction lost to another one and should simply be run again."""
    return _sqlstate(error) in _VICTIM


def is_outage(error: BaseException) -> bool:
    """Whether the database itself is away, so that nothing about the work at hand is known to be wrong."""
    cause = _psycopg_error(error)
    if cause is None:
        return isinstance(error, InterfaceError)
    state = cause.sqlstate
    if state is None:
        return isinstance(cause, psycopg.OperationalError | psycopg.InterfaceError) or isinstance(
            error, OperationalError | InterfaceError
        )
    return state.startswith(_SERVER_CLASSES) or state in _SERVER_STATES


def describe(error: BaseException) -> str:
    """Name a failure for operators: its class, code and place; never its message, which may quote a row."""
    words = [type(error).__name__]
    if isinstance(error, DomainError):
        words.append(error.code)
    cause = _psycopg_error(error)
    if cause is not None:
        words += [word for word in (cause.sqlstate, cause.diag.constraint_name) if word]
    place = _place(error)
    if place:
        words += ["at", place]
    return " ".join(words)


def _place(error: BaseException) -> str | None:
    own = None
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        if path.is_relative_to(_ROOT) and ".venv" not in path.parts:
            own = f"{path.relative_to(_ROOT)}:{frame.lineno}"
    return own


def _sqlstate(error: BaseException) -> str | None:
    cause = _psycopg_error(error)
    return cause.sqlstate if cause else None


def _psycopg_error(error: BaseException | None) -> psycopg.Error | None:
    while error is not None:
        if isinstance(error, psycopg.Error):
            return error
        error = error.__cause__ if isinstance(error, DatabaseError) else None
    return None
