"""gunicorn's own lines, in the same form and queue as all others."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from config.settings import LOGGING
from shared_kernel.observability import logging


class ServerLog(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Hands what gunicorn says of its processes to our log; requests are logged by the application."""

    def setup(self, cfg: Any) -> None:
        """Configure our log in gunicorn's main process too, which never loads the application."""
        super().setup(cfg)
        logging.configure_from(LOGGING)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
