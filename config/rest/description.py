"""The API about itself: its OpenAPI document, its state machines, and a page to browse both."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.templatetags.static import static
from django.views.decorators.http import require_safe
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.rest.kept import OPENAPI, STATE_MACHINES, document
from shared_kernel.http.etags import answer, etag_of
from shared_kernel.http.openapi import operation
from shared_kernel.http.views import ApiView
from shared_kernel.identity.permissions import Anyone

SWAGGER = "drf_spectacular_sidecar/swagger-ui-dist"
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Ashlar API</title>
<link rel="icon" href="{files}/favicon-32x32.png">
<link rel="stylesheet" href="{files}/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="{files}/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
# A file of its own, because the content security policy allows no script inside the page.
START = """SwaggerUIBundle({
  url: "/v1/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  docExpansion: "list",
  validatorUrl: null,
});
"""


class TransitionView(serializers.Serializer[Any]):
    """One arrow of a state machine."""

    command = serializers.CharField()
    sources = serializers.ListField(child=serializers.CharField())
    target = serializers.CharField()
    actors = serializers.ListField(child=serializers.CharField())


class StateMachineView(serializers.Serializer[Any]):
    """The life of one resource."""

    context = serializers.CharField()  # type: ignore[assignment]
    resource = serializers.CharField()
    initial = serializers.CharField()
    states = serializers.ListField(child=serializers.CharField())
    transitions = TransitionView(many=True)


class StateMachinesView(serializers.Serializer[Any]):
    """The lives of all resources."""

    data = StateMachineView(many=True)  # type: ignore[assignment]


class OpenApiDocument(ApiView):
    """The description of every operation, also of those that another process serves."""

    access = Anyone()
    personal = False

    @operation("Show the OpenAPI document", answers={200: None}, hidden=True)
    def get(self, request: Request) -> HttpResponse:
        """The committed document; not found where it is switched off."""
        _require_docs()
        return _kept(request, OPENAPI)


class StateMachines(ApiView):
    """Which command leads from which state to which, and who may give it."""

    access = Anyone()
    personal = False

    @operation("List the state machines", answers={200: StateMachinesView}, etag=True)
    def get(self, request: Request) -> HttpResponse:
        """The life of every resource: its states and the commands that move it."""
        return _kept(request, STATE_MACHINES)


@require_safe
def docs(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """A page to browse and try the API, made of bundled files only."""
    _require_docs()
    return HttpResponse(PAGE.format(files=static(SWAGGER)))


@require_safe
def start_script(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """The script that fills the page."""
    _require_docs()
    return HttpResponse(START, content_type="text/javascript")


def _require_docs() -> None:
    if not settings.ASHLAR_DOCS_ENABLED:
        raise Http404


def _kept(request: Request, path: Path) -> Response:
    found = document(path)
    return answer(request, json.loads(found.body), etag=etag_of(1, found.digest))
