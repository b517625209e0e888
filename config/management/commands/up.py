"""`manage.py up`: run everything, supervised, on this machine or in this container."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.environment import environment
from config.environment_values import Environment, ProcessRole
from config.management.commands.load_demo import ADMIN_NAME
from config.supervisor.supervisor import ROLES, Supervisor
from shared_kernel.observability.logging import get_logger

log = get_logger("supervisor")


class Command(BaseCommand):
    """Start servers that are not configured elsewhere, set up the schemas, and supervise the processes."""

    help = "Run web, relay, worker and the payment simulator under supervision; Ctrl-C stops them all."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the roles and the choice of where logs go."""
        roles = [role.value for role in ROLES]
        parser.add_argument("roles", nargs="*", choices=[*roles, []], help=f"Only these of {', '.join(roles)}.")
        parser.add_argument("--logs", action="store_true", help="Print the logs of all processes here, not into files.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until stopped."""
        configuration = environment()
        roles = tuple(ProcessRole(role) for role in options["roles"]) or ROLES
        to_files = not (options["logs"] or configuration.production)
        # Where standard output is a log of JSON lines, ours are too, and the banner has no reader.
        say = self._log if configuration.production else self._say
        supervisor = Supervisor(
            configuration,
            roles=roles,
            logs=configuration.data_directory / "logs" if to_files else None,
            say=say,
            announce=lambda demo: say(
                "Ashlar is running."
                if configuration.production
                else _banner(configuration, roles, demo, to_files=to_files)
            ),
        )
        status = supervisor.run()
        if status:
            sys.exit(status)

    def _log(self, line: str) -> None:
        log.info("supervisor", reason=line)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _banner(configuration: Environment, roles: tuple[ProcessRole, ...], demo: dict[str, str], *, to_files: bool) -> str:
    listeners = configuration.listeners
    address = f"http://{listeners.host}:{listeners.port}"
    health = f"http://{listeners.management_host}:{listeners.management_port}/readyz"
    lines = ["", "Ashlar is running."]
    if ProcessRole.WEB in roles:
        lines.append(f"  API     {address}/v1")
        if configuration.docs_enabled:
            lines.append(f"  Docs    {address}/docs")
        if configuration.admin_enabled:
            login = (
                f"   (user {ADMIN_NAME}, password {configuration.demo_password})" if configuration.demo_password else ""
            )
            lines.append(f"  Admin   {address}/admin/{login}")
    lines.append(f"  Health  {health}")
    if demo:
        lines.append(f"  Buyer   {demo['email']}   (password {demo['password']})")
        lines.append(f"  Key     {demo['api_key']}   (every scope)")
    if to_files:
        lines.append(f"  Logs    {configuration.data_directory / 'logs'}")
    return "\n".join([*lines, "Ctrl-C stops it; the data stays.", ""])
