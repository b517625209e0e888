"""The composition root as a Django app: it brings the management commands that run the deployable."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class ConfigApp(AppConfig):
    """Home of the commands that concern the whole deployable; it has no models."""

    name = "config"
    label = "config"

    def ready(self) -> None:
        """Make our Celery application the current one, in every process that may ring a task."""
        import_module("config.celery")
