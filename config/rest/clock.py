"""Moving the clock of a test deployment; in production this path does not exist."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from shared_kernel.facades.binding import context_apis
from shared_kernel.http.fields import TimestampField, WholeNumberField
from shared_kernel.http.openapi import operation
from shared_kernel.http.serializers import StrictSerializer
from shared_kernel.http.views import ApiView, parse
from shared_kernel.identity.permissions import Anyone

MOST_SECONDS = 366 * 24 * 60 * 60


class AdvanceClockRequest(StrictSerializer):
    """How far to move, in seconds."""

    seconds = WholeNumberField(min_value=1, max_value=MOST_SECONDS)


class ClocksView(serializers.Serializer[Any]):
    """The new time of each context."""

    clocks = serializers.DictField(child=TimestampField())


class ClockAdvance(ApiView):
    """The clocks of all contexts together."""

    access = Anyone()

    @operation("Advance the test clock", request=AdvanceClockRequest, answers={200: ClocksView}, hidden=True)
    def post(self, request: Request) -> Response:
        """Move every context forward, whatever the server's own clock says."""
        seconds = parse(AdvanceClockRequest, request)["seconds"]
        moved = {name: api.advance_clock(seconds=seconds) for name, api in context_apis().items()}
        return Response(ClocksView({"clocks": moved}).data)
