"""Settings of Django REST framework and of drf-spectacular: Ashlar's standards instead of their defaults."""

from __future__ import annotations

from typing import Any

# The most bytes that a request's body may have.
LARGEST_BODY = 1_048_576

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_RENDERER_CLASSES": ["shared_kernel.http.json_output.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "shared_kernel.http.json_input.StrictJsonParser",
        "shared_kernel.http.json_input.MergePatchParser",
    ],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "shared_kernel.identity.authentication.AccessTokenAuthentication",
        "shared_kernel.identity.authentication.ApiKeyAuthentication",
        "shared_kernel.identity.authentication.OrderTokenAuthentication",
    ],
    # A view without a permission of its own is closed; `ApiView` demands one.
    "DEFAULT_PERMISSION_CLASSES": ["shared_kernel.identity.permissions.Nobody"],
    "DEFAULT_THROTTLE_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "shared_kernel.http.openapi.schema.ApiSchema",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "shared_kernel.http.json_output.JsonNegotiation",
    "EXCEPTION_HANDLER": "shared_kernel.http.drf_errors.exception_handler",
    "UNAUTHENTICATED_USER": "shared_kernel.identity.principals.anonymous",
    "UNAUTHENTICATED_TOKEN": None,
    "URL_FORMAT_OVERRIDE": None,
    "FORMAT_SUFFIX_KWARG": None,
    "COERCE_DECIMAL_TO_STRING": True,
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Ashlar",
    "DESCRIPTION": (
        "Orders, inventory, payments and customers of one shop.\n\n"
        "Ids are TypeIDs, money is integer minor units, times are RFC 3339 in UTC, every refusal is a problem document "
        "(RFC 9457) with a code of a closed list, and every POST may be repeated under its Idempotency-Key."
    ),
    "VERSION": "1",
    "LICENSE": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/v1(/admin)?",
    "COMPONENT_SPLIT_REQUEST": False,
    "SORT_OPERATIONS": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "PREPROCESSING_HOOKS": ["shared_kernel.http.openapi.document.only_the_api"],
    "POSTPROCESSING_HOOKS": [
        "shared_kernel.http.openapi.document.complete",
    ],
}
