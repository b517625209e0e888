"""Strict JSON: what two readers could understand differently is refused (I-JSON, RFC 7493), and size has bounds."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import IO, Any

from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import BaseParser

from shared_kernel.http import codes
from shared_kernel.http.pointers import escape
from shared_kernel.http.problems import FieldError, ProblemError
from shared_kernel.http.settings import LARGEST_BODY

DEEPEST = 20
# Wider numbers than this fit no field anywhere; Python would spend quadratic time on really long ones.
LONGEST_NUMBER = 40


class StrictJsonParser(BaseParser):
    """Reads `application/json` in UTF-8."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The value of the body.

        Raises:
            ProblemError: 400 when it is no JSON, has duplicate members, NaN or Infinity; 422 when it is nested too
                deeply or holds text that cannot be stored.
        """
        charset = str((parser_context or {}).get("encoding") or "utf-8").lower()
        if charset not in {"utf-8", "utf8", "us-ascii", "ascii"}:
            raise UnsupportedMediaType(media_type or self.media_type)
        body = stream.read(LARGEST_BODY)
        return loads(body)


class MergePatchParser(StrictJsonParser):
    """Reads `application/merge-patch+json` (RFC 7396)."""

    media_type = "application/merge-patch+json"


def loads(body: bytes) -> Any:
    """Read strict JSON; the errors are those of `StrictJsonParser.parse`."""
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_unique_members,
            parse_constant=_refuse_constant,
            parse_int=_integer,
            parse_float=_number,
        )
    except UnicodeDecodeError as error:
        raise ProblemError(codes.MALFORMED_JSON, "The body is not UTF-8.") from error
    except RecursionError as error:
        raise _too_deep("") from error
    except json.JSONDecodeError as error:
        detail = f"The body is not JSON: line {error.lineno}, column {error.colno}."
        raise ProblemError(codes.MALFORMED_JSON, detail) from error
    _check(value)
    return value


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ProblemError(codes.MALFORMED_JSON, "An object in the body has two members of the same name.")
    return members


def _refuse_constant(text: str) -> Any:
    raise ProblemError(codes.MALFORMED_JSON, f"{text} is not JSON.")


def _integer(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ProblemError(codes.MALFORMED_JSON, "A number in the body has too many digits.")
    return int(text)


def _number(text: str) -> float:
    value = float(text) if len(text) <= LONGEST_NUMBER else math.inf
    if not math.isfinite(value):
        raise ProblemError(codes.MALFORMED_JSON, "A number in the body is too large.")
    return value


def _check(root: Any) -> None:
    """Refuse depth, and text that PostgreSQL or UTF-8 cannot hold, wherever it stands."""
    for value, pointer, depth in _walk(root):
        if depth > DEEPEST:
            raise _too_deep("")
        if isinstance(value, str) and not is_storable(value):
            raise _refused(pointer, "invalid_text", "The text holds NUL or half a surrogate pair.")


def is_storable(text: str) -> bool:
    """Whether text has no NUL and no lone surrogate."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _walk(root: Any) -> Iterator[tuple[Any, str, int]]:
    """Every value and every member name, with its pointer and depth; without recursion."""
    waiting: list[tuple[Any, str, int]] = [(root, "", 0)]
    while waiting:
        value, pointer, depth = waiting.pop()
        yield value, pointer, depth
        if depth > DEEPEST:
            continue
        if isinstance(value, dict):
            for key, item in value.items():
                yield key, pointer, depth
                waiting.append((item, f"{pointer}/{escape(key)}", depth + 1))
        elif isinstance(value, list):
            waiting.extend((item, f"{pointer}/{index}", depth + 1) for index, item in enumerate(value))


def _too_deep(pointer: str) -> ProblemError:
    return _refused(pointer, "too_deep", f"The body may be nested {DEEPEST} levels deep.")


def _refused(pointer: str, code: str, detail: str) -> ProblemError:
    error = FieldError(pointer=pointer, code=code, detail=detail)
    return ProblemError(codes.VALIDATION_FAILED, "The input is not valid; see errors.", errors=(error,))
