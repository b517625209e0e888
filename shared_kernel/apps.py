"""The Django app of shared_kernel."""

from django.apps import AppConfig


class SharedKernelConfig(AppConfig):
    """Registers shared_kernel with Django, and what the contexts declare with the kernel."""

    name = "shared_kernel"
    label = "shared_kernel"

    def ready(self) -> None:
        """Load the declarations of the contexts, once all models are there."""
        from shared_kernel.discovery import discover

        discover()
