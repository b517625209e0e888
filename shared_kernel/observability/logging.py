"""Structured JSON logs to standard output through a bounded queue, for our own code and for libraries alike."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any, TextIO

import structlog
from structlog.typing import FilteringBoundLogger, Processor

from shared_kernel import call_context
from shared_kernel.observability.bounded_queue import BoundedQueue
from shared_kernel.observability.fields import ExceptionFields, keep_allowed, shorten

# Their lines repeat the access log with full paths, or narrate every statement and connection.
QUIET_LOGGERS = {
    "django.request": logging.CRITICAL,
    "django.security.DisallowedHost": logging.CRITICAL,
    "django.server": logging.ERROR,
    "django.db.backends": logging.WARNING,
    "celery": logging.WARNING,
    "kombu": logging.WARNING,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "psycopg": logging.WARNING,
    "psycopg.pool": logging.WARNING,
}

_sink: BoundedQueue | None = None


def get_logger(name: str) -> FilteringBoundLogger:
    """The logger of a module; events are snake_case facts, everything else is a field."""
    logger: FilteringBoundLogger = structlog.get_logger(name)
    return logger


def flush(timeout: float = 1.0) -> None:
    """Wait at most `timeout` seconds for queued lines to be written."""
    if _sink:
        _sink.flush(timeout)


def configure(
    *,
    service: str,
    role: str,
    version: str,
    env: str,
    level: str = "INFO",
    production: bool,
    stream: TextIO | None = None,
) -> None:
    """Send every log line of this process to `stream` (standard output) as one JSON object.

    In production, fields that are not on the allow-list are hashed, exceptions lose their messages, and the messages of
    libraries stay templates ("%s timed out"), because their arguments may be personal data.
    """
    global _sink  # noqa: PLW0603 - one sink per process
    _sink = sink = BoundedQueue(stream)
    threshold = logging.getLevelNamesMapping()[level]
    fixed = {"service": service, "role": role, "version": version, "env": env}
    ours: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        *_common(fixed, production=production),
    ]
    structlog.configure(
        processors=ours,
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=lambda *names: _Line(sink, *names),
        cache_logger_on_first_use=False,
    )
    handler = _LibraryHandler(sink, fixed, production=production)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(threshold)
    for name, lowest in QUIET_LOGGERS.items():
        logging.getLogger(name).setLevel(max(lowest, threshold))
    logging.captureWarnings(capture=True)


def configure_from(settings: dict[str, Any]) -> None:
    """Configure from Django's `LOGGING`; the setting `LOGGING_CONFIG` names this function."""
    configure(**settings)


def add_correlation(_logger: object, _method: str, event: Any) -> Any:
    """Name the customer action behind a line, so that one order is followed through web, relay and worker."""
    context = call_context.running()
    if context is None:
        return event
    named = {"correlation_id": str(context.correlation_id)}
    if context.causation_id is not None:
        named["causation_id"] = str(context.causation_id)
    return {**named, **event}


def _common(fixed: dict[str, str], *, production: bool) -> Sequence[Processor]:
    def add_fixed(_logger: Any, _method: str, event: Any) -> Any:
        return {"logger": getattr(_logger, "name", None), **event, **fixed}

    hiding: list[Processor] = [keep_allowed] if production else []
    return [
        add_fixed,
        add_correlation,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        ExceptionFields(with_message=not production),
        *hiding,
        shorten,
        structlog.processors.JSONRenderer(serializer=_serialize),
    ]


def _serialize(event: Any, **_: Any) -> str:
    return json.dumps(event, default=str, ensure_ascii=True, separators=(",", ":"))


class _Line:
    """What structlog calls a logger: any level's method takes the finished line."""

    def __init__(self, sink: BoundedQueue, name: str = "") -> None:
        self._sink = sink
        self.name = name

    def msg(self, line: str) -> None:
        self._sink.put(line)

    debug = info = warning = warn = error = critical = exception = fatal = log = msg


class _LibraryHandler(logging.Handler):
    """Takes the records of the standard library's logging into the same queue, in the same form."""

    def __init__(self, sink: BoundedQueue, fixed: dict[str, str], *, production: bool) -> None:
        super().__init__()
        self._sink = sink
        self._production = production
        self._processors = _common(fixed, production=production)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            event: Any = {
                **structlog.contextvars.get_contextvars(),
                "event": str(record.msg) if self._production else record.getMessage(),
                "level": record.levelname.lower(),
                "logger": record.name,
                "exc_info": record.exc_info,
            }
            for processor in self._processors:
                event = processor(None, record.levelname.lower(), event)
            self._sink.put(event)
        except Exception:  # noqa: BLE001 - a log line never breaks its caller
            self.handleError(record)
