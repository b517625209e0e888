"""JSON answers: compact, UTF-8, and the only representation on offer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

CONTENT_TYPE = "application/json"


class JsonRenderer(BaseRenderer):
    """Writes plain data; a value that has no JSON form is a fault of ours, never guessed at."""

    media_type = CONTENT_TYPE
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """The bytes of `data`; none for an answer without a body."""
        return b"" if data is None else dumps(data)


class JsonNegotiation(DefaultContentNegotiation):
    """Answers JSON to whoever accepts it or problem documents; parameters of media types (`;q=`, `;v=`) are ignored."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The JSON renderer.

        Raises:
            NotAcceptable: the Accept header rules JSON out.
        """
        header = request.headers.get("Accept") or "*/*"
        wanted = {part.partition(";")[0].strip().lower() for part in header.split(",")}
        if not wanted & {"*/*", "application/*", CONTENT_TYPE, "application/problem+json", ""}:
            raise NotAcceptable
        return next(iter(renderers)), CONTENT_TYPE


def dumps(data: Any) -> bytes:
    """Compact JSON in UTF-8.

    Raises:
        TypeError: a value has no JSON form.
        ValueError: a float is not finite.
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain)
    return text.encode("utf-8")


def _plain(value: Any) -> Any:
    """Translated texts are the only foreign type expected; a raw UUID is a mistake."""
    if isinstance(value, UUID):
        raise TypeError("a UUID is written as a TypeID: use TypeIdField")
    if hasattr(value, "__proxy__") or type(value).__name__ == "__proxy__":
        return str(value)
    raise TypeError(f"{type(value).__qualname__} has no JSON form")
