"""How the simulator misbehaves on demand: by magic tokens, and by a script for the next calls."""

from __future__ import annotations

from enum import StrEnum

SLOW_SECONDS = 2.0


class Kind(StrEnum):
    """What can be asked of the provider."""

    AUTHORIZATION = "authorization"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class Mode(StrEnum):
    """What happens to one call.

    `error` (500) and `rate_limited` (429) have no effect. `timeout_before` cuts the connection before the effect,
    `timeout_after` after it. `declined` refuses for good.
    """

    OK = "ok"
    SLOW = "slow"
    DECLINED = "declined"
    ERROR = "error"
    RATE_LIMITED = "rate_limited"
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"


# Tokens that make the authorization itself misbehave; the cuts only its first try.
_ON_AUTHORIZATION = {
    "sim_slow": Mode.SLOW,
    "sim_error": Mode.ERROR,
    "sim_timeout_before": Mode.TIMEOUT_BEFORE,
    "sim_timeout_after": Mode.TIMEOUT_AFTER,
}
_FIRST_TRY_ONLY = (Mode.TIMEOUT_BEFORE, Mode.TIMEOUT_AFTER)

_DECLINES = {
    (Kind.AUTHORIZATION, "sim_declined"): "card_declined",
    (Kind.AUTHORIZATION, "sim_insufficient_funds"): "insufficient_funds",
    (Kind.CAPTURE, "sim_capture_fails"): "capture_refused",
    (Kind.REFUND, "sim_refund_fails"): "refund_refused",
}
_SCRIPTED_DECLINES = {
    Kind.AUTHORIZATION: "card_declined",
    Kind.CAPTURE: "capture_refused",
    Kind.VOID: "void_refused",
    Kind.REFUND: "refund_refused",
}

TOKENS = frozenset(["sim_ok", *_ON_AUTHORIZATION, *(token for _, token in _DECLINES)])


def mode_of(kind: Kind, token: str, *, tries: int, healed: bool) -> Mode:
    """How a call misbehaves by its token; `tries` counts this one."""
    if kind is not Kind.AUTHORIZATION:
        return Mode.OK
    mode = _ON_AUTHORIZATION.get(token, Mode.OK)
    if (mode in _FIRST_TRY_ONLY and tries > 1) or (mode is Mode.ERROR and healed):
        return Mode.OK
    return mode


def decline_of(kind: Kind, token: str, mode: Mode) -> str | None:
    """Why a call is refused for good, None when it is not."""
    if mode is Mode.DECLINED:
        return _SCRIPTED_DECLINES[kind]
    if kind is Kind.AUTHORIZATION and token not in TOKENS:
        return "payment_method_unknown"
    return _DECLINES.get((kind, token))
