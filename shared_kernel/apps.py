"""The Django app of shared_kernel."""

from django.apps import AppConfig


class SharedKernelConfig(AppConfig):
    """Registers shared_kernel with Django."""

    name = "shared_kernel"
    label = "shared_kernel"
