"""The kernel's own tables, one set in the schema of every context."""

from shared_kernel.models.aggregate import Aggregate

__all__ = ["Aggregate"]
