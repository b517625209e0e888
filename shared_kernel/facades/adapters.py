"""The port behind every bound facade, and the adapters that stay inside this process."""

from __future__ import annotations

import time
from typing import Any, Protocol

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError
from psycopg import errors as pg
from psycopg_pool import PoolTimeout

from shared_kernel import call_context, transactions
from shared_kernel.errors import DeadlineExceeded, DomainError, Unavailable
from shared_kernel.facades.codec import Codec
from shared_kernel.facades.methods import Method

log = structlog.get_logger(__name__)

PAUSE_AFTER_DEADLOCK_SECONDS = 0.05
# The statement was rolled back whole, so a second try can have no second effect.
_ROLLED_BACK = (pg.SerializationFailure, pg.DeadlockDetected)
# Cut before the commit was sent: nothing happened.
_CUT_SHORT = (pg.LockNotAvailable, pg.QueryCanceled)


class CallInsideTransaction(RuntimeError):
    """A facade was called while a transaction was open, which no remote call could honor."""


class Adapter(Protocol):
    """Carries one facade call to its implementation, wherever that is."""

    def invoke(self, method: Method, arguments: dict[str, Any]) -> Any:
        """Carry the call and return the answer.

        Raises:
            DomainError: the refusal of the callee, Unavailable or DeadlineExceeded.
            CallInsideTransaction: the caller holds a transaction open.
        """


class LocalAdapter:
    """Calls the implementation in this process, under the rules of a remote call."""

    def __init__(self, implementation: object) -> None:
        self._implementation = implementation

    def invoke(self, method: Method, arguments: dict[str, Any]) -> Any:
        """Call the implementation, once more after a deadlock; a lost database reads as a lost callee."""
        open_aliases = transactions.open_aliases()
        if open_aliases:
            raise CallInsideTransaction(
                f"{method.name} was called with a transaction open on {', '.join(open_aliases)}"
            )
        context = call_context.current()
        context.remaining()
        with call_context.entered(context.with_deadline(method.timeout)):
            try:
                return self._call(method, arguments)
            except DatabaseError as problem:
                if not isinstance(problem.__cause__, _ROLLED_BACK):
                    raise
                log.info("facade_call_retried", method=method.name)
            # At once it could lock its first row again before the other call wakes up, and both would wait as before.
            time.sleep(PAUSE_AFTER_DEADLOCK_SECONDS)
            return self._call(method, arguments)

    def _call(self, method: Method, arguments: dict[str, Any]) -> Any:
        try:
            return getattr(self._implementation, method.name)(**arguments)
        except PoolTimeout as problem:
            raise Unavailable from problem
        except (OperationalError, InterfaceError) as problem:
            if isinstance(problem.__cause__, _ROLLED_BACK):
                raise
            if isinstance(problem.__cause__, (PoolTimeout, *_CUT_SHORT)):
                raise Unavailable from problem
            raise DeadlineExceeded from problem


class CodecAdapter:
    """Sends arguments, results and errors through the wire codec, so that nothing works only in-process."""

    def __init__(self, inner: Adapter, codec: Codec) -> None:
        self._inner = inner
        self._codec = codec

    def invoke(self, method: Method, arguments: dict[str, Any]) -> Any:
        """Carry the call as bytes both ways."""
        sent = self._codec.decode_arguments(method.name, self._codec.encode_arguments(arguments))
        try:
            result = self._inner.invoke(method, sent)
        except DomainError as error:
            raise self._codec.decode_error(self._codec.encode_error(error)) from error
        return self._codec.decode_result(method.name, self._codec.encode_result(result))
