"""The OpenAPI document: made from the views, complete with every refusal they can answer."""

from shared_kernel.http.openapi.operations import Operation, operation

__all__ = ["Operation", "operation"]
