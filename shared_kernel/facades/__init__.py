"""Calls between contexts: the same in-process and over a network, so that configuration alone decides."""

from shared_kernel.facades.methods import command, query

__all__ = ["command", "query"]
