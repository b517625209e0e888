"""Every path of a process: what spans contexts, and what each hosted context serves below /v1 and /v1/admin."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config.rest.clock import ClockAdvance
from config.rest.description import OpenApiDocument, StateMachines, docs, start_script
from config.rest.oversight import Audit, Events
from shared_kernel import contexts

handler400 = "shared_kernel.http.django_errors.bad_request"
handler403 = "shared_kernel.http.django_errors.permission_denied"
handler404 = "shared_kernel.http.django_errors.not_found"
handler500 = "shared_kernel.http.django_errors.server_error"

admin.site.site_header = admin.site.site_title = "Ashlar"


def _own() -> Iterator[URLPattern | URLResolver]:
    yield path("v1/openapi.json", OpenApiDocument.as_view())
    yield path("v1/meta/state-machines", StateMachines.as_view())
    yield path("v1/admin/audit", Audit.as_view())
    yield path("v1/admin/events", Events.as_view())
    yield path("docs", docs)
    yield path("docs/start.js", start_script)
    if settings.ASHLAR_TEST_MODE:
        yield path("v1/test/clock/advance", ClockAdvance.as_view())
    if settings.ASHLAR_ADMIN_ENABLED:
        yield path("admin/", admin.site.urls)


def _of_contexts() -> Iterator[URLResolver]:
    for context in contexts.hosted():
        urls = import_module(context.urls)
        yield path("v1/", include(urls.urlpatterns))
        yield path("v1/admin/", include(urls.admin_urlpatterns))


urlpatterns = [*_own(), *_of_contexts()]
