"""The Django app of shared_kernel."""

from django.apps import AppConfig


class SharedKernelConfig(AppConfig):
    """Registers shared_kernel with Django, and what the contexts declare with the kernel."""

    name = "shared_kernel"
    label = "shared_kernel"

    def ready(self) -> None:
        """Load the declarations of the contexts and bind their facades, once all models are there."""
        from django.conf import settings

        from shared_kernel.discovery import discover
        from shared_kernel.facades import binding

        discover()
        binding.start(through_codec=settings.ASHLAR_FACADES_THROUGH_CODEC)
