"""Integration events: declared, recorded in the business transaction, numbered, delivered in order with one effect.

`event` and `subscribe` declare; the modules `outbox` and `delivery` record and tell what is being handled. This file
reaches no Django, so that a context's `events.py` may import it.
"""

from shared_kernel.events.registry import event, subscribe

__all__ = ["event", "subscribe"]
