"""`manage.py events …`: look after the event logs and those who follow them."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.database.owners import as_owner
from config.environment import ROOT, environment
from shared_kernel import contexts
from shared_kernel.events import archive, operations, registry, schemas
from shared_kernel.events.feed import NoFeed
from shared_kernel.events.operations import Lag, Refused
from shared_kernel.models import ParkedEvent

SNAPSHOTS = ROOT / "tests" / "contracts" / "events"


class Command(BaseCommand):
    """One subcommand per thing an operator does; each names what it did, and refuses in one sentence."""

    help = "Show how far subscriptions are, free parked events, replay, archive, keep schemas."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the subcommands."""
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

        lag = actions.add_parser("lag", help="how far each subscription is behind its producer's log")
        _add_context(lag)

        parked = actions.add_parser("parked", help="events whose handler failed, and those that wait behind them")
        _add_context(parked)
        parked.add_argument("--subscription", help="only those of this subscription")
        parked.add_argument("--dead", action="store_true", help="only those that are no longer tried")
        parked.add_argument("--limit", type=int, default=100, help="rows per context at most (default: 100)")

        retry = actions.add_parser("retry", help="try parked events again now, dead ones too")
        retry.add_argument("subscription")
        retry.add_argument("--seq", type=int, help="only this one; otherwise all that failed")

        skip = actions.add_parser("skip", help="give up one parked event for good; those behind it go on")
        skip.add_argument("subscription")
        skip.add_argument("--seq", type=int, required=True)

        replay = actions.add_parser("replay", help="handle the log again from an event on")
        replay.add_argument("subscription")
        replay.add_argument("--from-seq", type=int, default=1, help="the first event to handle again (default: 1)")
        replay.add_argument("--insist", action="store_true", help="also if its effects would happen twice")

        keep = actions.add_parser("archive", help="move old events from a log into a file, as owner")
        keep.add_argument("--context", required=True, help="whose log")
        keep.add_argument("--before", type=_moment, required=True, help="ISO 8601; UTC unless it says otherwise")
        keep.add_argument("--to", type=Path, required=True, metavar="DIRECTORY", help="where the NDJSON file goes")
        keep.add_argument(
            "--remote-cursor",
            type=int,
            metavar="SEQ",
            help="how far contexts hosted elsewhere are, the slowest of them",
        )
        keep.add_argument("--give-up-rebuild", action="store_true", help="also if a read model needs the whole log")

        shapes = actions.add_parser("schemas", help="compare the events in the code with their schemas on file")
        shapes.add_argument("--write", action="store_true", help="write what was added; breaking changes are refused")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        """Do the subcommand."""
        try:
            getattr(self, f"_{action}")(**options)
        except (Refused, NoFeed, contexts.UnknownContext, schemas.BreakingChange) as refusal:
            raise CommandError(str(refusal)) from refusal
        except LookupError as error:
            raise CommandError(error.args[0]) from error

    def _lag(self, *, context: str | None, **_: Any) -> None:
        lags = [lag for name in _chosen(context) for lag in operations.lags(name)]
        self._table(
            ("SUBSCRIPTION", "PART", "FOLLOWS", "AT", "HEAD", "BEHIND", "PARKED", "DEAD", "LAST MOVED"),
            [_lag_row(lag) for lag in lags],
        )
        for lag in lags:
            if lag.log_replaced:
                self.stdout.write(
                    f"{lag.subscription} has halted: the log of {lag.producer} was replaced; see `events replay`."
                )

    def _parked(self, *, context: str | None, subscription: str | None, dead: bool, limit: int, **_: Any) -> None:
        rows = [
            _parked_row(event)
            for name in _chosen(context)
            for event in operations.parked(name, subscription=subscription, dead=dead, limit=limit)
        ]
        self._table(("SUBSCRIPTION", "SEQ", "EVENT", "AGGREGATE", "TRIES", "STATE", "WHY"), rows)

    def _retry(self, *, subscription: str, seq: int | None, **_: Any) -> None:
        self.stdout.write(f"Events to be tried again: {operations.retry(subscription, seq)}.")

    def _skip(self, *, subscription: str, seq: int, **_: Any) -> None:
        if not operations.skip(subscription, seq):
            raise CommandError(f"Event {seq} is not parked for {subscription}.")
        self.stdout.write(f"Event {seq} will never take effect in {subscription}.")

    def _replay(self, *, subscription: str, from_seq: int, insist: bool, **_: Any) -> None:
        operations.replay(subscription, from_seq=from_seq, insist=insist)
        self.stdout.write(f"{subscription} goes on from event {from_seq}.")

    def _archive(
        self,
        *,
        context: str,
        before: datetime,
        to: Path,
        remote_cursor: int | None,
        give_up_rebuild: bool,
        **_: Any,
    ) -> None:
        [name] = _chosen(context)
        if not to.is_dir():
            raise CommandError(f"{to} is no directory.")
        span = archive.archivable(name, before)
        if span is None:
            self.stdout.write(f"The log of {name} has no event before {before.isoformat()}.")
            return
        first, last = span
        archive.check(name, last, remote_cursor=remote_cursor, give_up_rebuild=give_up_rebuild)
        with as_owner(environment().databases[name]):
            target = archive.archive(name, first, last, to)
        self.stdout.write(f"Events {first} to {last} of {name} are now in {target}.")

    def _schemas(self, *, write: bool, **_: Any) -> None:
        events = registry.declared_events()
        if write:
            for file in schemas.write(SNAPSHOTS, events):
                self.stdout.write(f"wrote {file}")
            return
        stale = [
            name
            for name, event in events.items()
            if not (path := schemas.schema_path(SNAPSHOTS, name)).exists()
            or schemas.read(path) != schemas.schema_of(event)
        ]
        if stale:
            raise CommandError(f"Not as on file: {', '.join(sorted(stale))}. Run `manage.py events schemas --write`.")
        self.stdout.write(f"All {len(events)} events are as on file.")

    def _table(self, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        lines = [list(map(str, row)) for row in (head, *rows)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
        for line in lines:
            cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())


def _add_context(parser: CommandParser) -> None:
    parser.add_argument("--context", help="only this consumer; otherwise every hosted one")


def _chosen(context: str | None) -> list[str]:
    hosted = [each.name for each in contexts.hosted()]
    if context is None:
        return hosted
    if context not in hosted:
        raise contexts.UnknownContext(f"{context} is not hosted here; these are: {', '.join(hosted)}")
    return [context]


def _lag_row(lag: Lag) -> Sequence[object]:
    return (
        lag.subscription,
        lag.partition,
        lag.producer,
        lag.cursor,
        "?" if lag.head is None else lag.head,
        "?" if lag.behind is None else lag.behind,
        lag.waiting,
        lag.dead,
        lag.moved_at.isoformat(timespec="seconds") if lag.moved_at else "never",
    )


def _parked_row(event: ParkedEvent) -> Sequence[object]:
    if event.dead_at:
        state = f"dead since {event.dead_at.isoformat(timespec='seconds')}"
    elif event.next_at:
        state = f"next at {event.next_at.isoformat(timespec='seconds')}"
    else:
        state = "waits for an earlier one"
    why = event.last_error or ""
    return (event.subscription, event.seq, event.name, event.aggregate, event.attempts, state, why)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no ISO 8601 date or time") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
