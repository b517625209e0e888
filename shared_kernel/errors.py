"""The closed taxonomy of domain errors; they know no HTTP, one handler renders them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, ClassVar


class ErrorKind(StrEnum):
    """What a caller may conclude from an error, wherever it was raised."""

    NOT_FOUND = "not_found"
    INVALID = "invalid"
    REJECTED = "rejected"
    CONFLICT = "conflict"
    FORBIDDEN = "forbidden"
    UNAVAILABLE = "unavailable"
    DEADLINE_EXCEEDED = "deadline_exceeded"


@dataclass(kw_only=True, eq=False)
class DomainError(Exception):
    """A refusal with a stable code, a message that is safe to show, and typed attributes.

    Subclasses are dataclasses: their fields are the attributes, JSON-able, and travel between contexts. They set the
    class variables `code` (snake_case, unique) and `summary` (a `str.format` template over the fields).
    """

    kind: ClassVar[ErrorKind]
    code: ClassVar[str]
    summary: ClassVar[str]

    def __str__(self) -> str:
        return self.message

    @property
    def message(self) -> str:
        """The sentence for the reader, free of personal data."""
        return self.summary.format(**self.attributes)

    @property
    def attributes(self) -> dict[str, Any]:
        """The typed facts of this refusal, by field name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed later unchanged."""
        return self.kind in (ErrorKind.UNAVAILABLE, ErrorKind.DEADLINE_EXCEEDED)


@dataclass(kw_only=True, eq=False)
class NotFound(DomainError):
    """The thing asked for does not exist, or not for this caller."""

    kind = ErrorKind.NOT_FOUND
    code = "not_found"
    summary = "There is no such resource."


@dataclass(kw_only=True, eq=False)
class Invalid(DomainError):
    """The input breaks a rule that the caller could have known."""

    kind = ErrorKind.INVALID
    code = "invalid"
    summary = "The input is not valid."


@dataclass(kw_only=True, eq=False)
class Rejected(DomainError):
    """The command is understood and refused in the present state."""

    kind = ErrorKind.REJECTED
    code = "rejected"
    summary = "The command was refused."


@dataclass(kw_only=True, eq=False)
class InvalidStateTransition(Rejected):
    """A state machine does not allow this command from its present state."""

    code = "invalid_state_transition"
    summary = "The {resource} is {state} and cannot take the command {command}."

    resource: str
    state: str
    command: str
    allowed_commands: list[str]


@dataclass(kw_only=True, eq=False)
class Conflict(DomainError):
    """Somebody else got there first; read again, then decide."""

    kind = ErrorKind.CONFLICT
    code = "conflict"
    summary = "The resource was changed by somebody else."


@dataclass(kw_only=True, eq=False)
class Forbidden(DomainError):
    """The caller is known and may not do this."""

    kind = ErrorKind.FORBIDDEN
    code = "permission_denied"
    summary = "This principal may not do that."


@dataclass(kw_only=True, eq=False)
class Unavailable(DomainError):
    """The callee did not take the call; nothing happened; try again after the given seconds."""

    kind = ErrorKind.UNAVAILABLE
    code = "service_unavailable"
    summary = "The service is not available now."

    retry_after_seconds: int = 1


@dataclass(kw_only=True, eq=False)
class DeadlineExceeded(DomainError):
    """The time was up before an answer came: the outcome is unknown, so ask by id or repeat."""

    kind = ErrorKind.DEADLINE_EXCEEDED
    code = "deadline_exceeded"
    summary = "No answer came in time; the outcome is unknown."
