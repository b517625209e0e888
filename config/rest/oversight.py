"""What operators see across all contexts: the audit and the event logs."""

from __future__ import annotations

import json
from datetime import timedelta
from heapq import merge
from itertools import islice
from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.audit.run import audit
from shared_kernel.api import EventSummary
from shared_kernel.contexts import id_prefix, known
from shared_kernel.facades.binding import context_apis
from shared_kernel.http import cursors
from shared_kernel.http.fields import TimestampField, TypeIdField
from shared_kernel.http.listing import DEFAULT_LIMIT, MOST_ROWS, Listing, OneOf, TextIs, WholeNumbers
from shared_kernel.http.openapi import operation
from shared_kernel.http.pagination import Page
from shared_kernel.http.problems import invalid_parameter
from shared_kernel.http.views import ApiView, Surface
from shared_kernel.identity.permissions import HasScope
from shared_kernel.ids import encode_id

QUIET_FOR = timedelta(seconds=60)
MOST_FINDINGS = 100
LONGEST_NAME = 100
EVENT_PREFIX = "evt"
HASH_SUFFIX = "_hash"


class FindingView(serializers.Serializer[Any]):
    """One violation of an invariant."""

    source = serializers.CharField(  # type: ignore[assignment]
        help_text="A context, `between contexts`, or the catalog of a database alias."
    )
    invariant = serializers.CharField()
    subject = serializers.CharField()
    detail = serializers.CharField()


class AuditView(serializers.Serializer[Any]):
    """The outcome of an audit."""

    data = FindingView(many=True)  # type: ignore[assignment]
    clean = serializers.BooleanField()


class EventView(serializers.Serializer[Any]):
    """One logged event; ids inside its payload are TypeIDs."""

    id = TypeIdField(EVENT_PREFIX)
    context = serializers.CharField()  # type: ignore[assignment]
    seq = serializers.IntegerField(help_text="Its place in the log of its context, which has no gaps.")
    name = serializers.CharField()
    aggregate = serializers.CharField(help_text="The id of what it happened to, as a plain UUID.")
    sequence = serializers.IntegerField(help_text="Its place among the events of that aggregate.")
    occurred_at = TimestampField()
    correlation_id = serializers.CharField(allow_null=True)
    causation_id = serializers.CharField(allow_null=True)
    payload = serializers.DictField()


class Audit(ApiView):
    """Every invariant, recomputed from raw rows."""

    surface = Surface.ADMIN
    access = HasScope("audit:read")

    @operation(
        "Run the audit",
        answers={200: AuditView},
    )
    def get(self, request: Request) -> Response:
        """What breaks an invariant, at most 100 findings; an empty list is a clean audit."""
        found = [
            {
                "source": entry.source,
                "invariant": entry.finding.invariant,
                "subject": entry.finding.subject,
                "detail": entry.finding.detail,
            }
            for entry in islice(audit(quiet_for=QUIET_FOR, limit=MOST_FINDINGS), MOST_FINDINGS)
        ]
        return Response(AuditView({"data": found, "clean": not found}).data)


class _Limit(WholeNumbers):
    """How long a page is."""

    operators: ClassVar[tuple[str, ...]] = ()
    meaning = "How many at most."


class _After(TextIs):
    """Where a page begins."""

    meaning = "The `page.next` of the page before."


class Events(ApiView):
    """The event logs of all contexts, merged by time."""

    surface = Surface.ADMIN
    access = HasScope("events:read")
    listings = {
        "GET": Listing(
            filters={
                "context": OneOf([context.name for context in known()]),
                "name": TextIs(max_length=LONGEST_NAME),
                "limit": _Limit(min_value=1, max_value=MOST_ROWS),
                "after": _After(max_length=cursors.LONGEST_CURSOR),
            },
            paged=False,
        )
    }

    @operation("List events", answers={200: EventView}, paged=True)
    def get(self, request: Request) -> Response:
        """A page of the logs, the oldest first; within one context the order is exact."""
        contexts = self.parameters.get("context") or list(context_apis())
        names = self.parameters.get("name", [])
        limit = self.parameters.get("limit", [DEFAULT_LIMIT])[0]
        scope = cursors.scope_of(request.path, sorted(contexts), names)
        places = self._places(scope)
        found, more = read_logs(contexts, places, names=names, limit=limit)
        for context, entry in found:
            places[context] = entry.seq
        following = cursors.write([json.dumps(places, sort_keys=True)], scope=scope) if more else None
        data = [event_document(context, entry) for context, entry in found]
        return Page[Any](rows=[], next=following, request=request).response(EventView(data, many=True).data)

    def _places(self, scope: str) -> dict[str, int]:
        """How far each log has been read."""
        if "after" not in self.parameters:
            return {}
        try:
            places: dict[str, int] = json.loads(cursors.read(self.parameters["after"][0], scope=scope)[0])
        except cursors.InvalidCursor as error:
            raise invalid_parameter("after", "invalid_cursor", "Not a cursor of this list.") from error
        return places


def read_logs(
    contexts: list[str], places: dict[str, int], *, names: list[str], limit: int
) -> tuple[list[tuple[str, EventSummary]], bool]:
    """At most `limit` events after `places`, merged by time, and whether there are more."""
    apis = context_apis()
    logs = [
        [
            (name, entry)
            for entry in apis[name].list_events(after=places.get(name, 0), limit=limit + 1, names=names).events
        ]
        for name in contexts
        if name in apis
    ]
    merged = list(islice(merge(*logs, key=lambda pair: pair[1].occurred_at), limit + 1))
    return merged[:limit], len(merged) > limit


def event_document(context: str, entry: EventSummary) -> dict[str, Any]:
    """One event as it is shown."""
    return {
        "id": entry.event_id,
        "context": context,
        "seq": entry.seq,
        "name": entry.name,
        "aggregate": str(entry.aggregate),
        "sequence": entry.sequence,
        "occurred_at": entry.occurred_at,
        "correlation_id": str(entry.correlation_id) if entry.correlation_id else None,
        "causation_id": str(entry.causation_id) if entry.causation_id else None,
        "payload": with_type_ids(json.loads(entry.payload)),
    }


def with_type_ids(value: Any, name: str = "") -> Any:
    """A payload with the ids it holds written as everywhere else in the API, and without hashes of credentials."""
    if isinstance(value, dict):
        return {key: with_type_ids(item, key) for key, item in value.items() if not key.endswith(HASH_SUFFIX)}
    if isinstance(value, list):
        return [with_type_ids(item, name.removesuffix("s")) for item in value]
    prefix = id_prefix(name)
    if prefix is not None and isinstance(value, str):
        return encode_id(prefix, UUID(value))
    return value
