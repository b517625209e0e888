"""An aggregate, its fact and a place for effects, in tables that exist only while a test of the kernel runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from django.apps.registry import Apps
from django.db import connections, models, transaction

from shared_kernel.events import delivery, outbox
from shared_kernel.models import Aggregate, DueRow
from tests.databases import TestDatabase

PRODUCER = "inventory"
CONSUMER = "orders"

# A registry of their own: these models are nobody else's business.
APPS = Apps()


class Thing(Aggregate):
    objects: ClassVar[models.Manager[Any]] = models.Manager()

    class Meta:
        app_label = PRODUCER
        db_table = "kernel_thing"
        managed = False
        apps = APPS


class Chore(DueRow):
    id = models.UUIDField(primary_key=True)
    done = models.IntegerField(default=0)
    objects: ClassVar[models.Manager[Any]] = models.Manager()

    class Meta:
        app_label = PRODUCER
        db_table = "kernel_chore"
        managed = False
        apps = APPS


@dataclass(frozen=True, kw_only=True)
class ThingHappened:
    thing_id: UUID
    number: int
    at: datetime
    note: str | None = None


TABLES = """
create table {producer}.kernel_thing (id uuid primary key, version int not null, created_at timestamptz not null,
  updated_at timestamptz not null);
create table {producer}.kernel_chore (id uuid primary key, done int not null, due_at timestamptz,
  leased_until timestamptz, attempts int not null, last_error text, correlation_id uuid);
create table {consumer}.kernel_effect (id bigint generated always as identity primary key, thing uuid, number int,
  event_id uuid, correlation_id uuid, causation_id uuid, constraint kernel_effect_once unique (event_id));
create table {consumer}.kernel_parent (id int primary key);
create table {consumer}.kernel_child (parent int references {consumer}.kernel_parent deferrable initially deferred);
grant select, insert, update, delete on {producer}.kernel_thing, {producer}.kernel_chore to {producer}_app;
grant select, insert, update, delete on {consumer}.kernel_effect, {consumer}.kernel_parent, {consumer}.kernel_child
  to {consumer}_app;
"""
DROP = """
drop table if exists {producer}.kernel_thing, {producer}.kernel_chore, {consumer}.kernel_effect,
  {consumer}.kernel_child, {consumer}.kernel_parent
"""


@contextmanager
def tables(database: TestDatabase) -> Iterator[None]:
    """Make the tables, and take them away again."""
    names = {"producer": PRODUCER, "consumer": CONSUMER}
    database.superuser().execute(DROP.format(**names).encode())
    database.superuser().execute(TABLES.format(**names).encode())
    try:
        yield
    finally:
        database.superuser().execute(DROP.format(**names).encode())


def make_thing() -> Thing:
    now = datetime.now(UTC)
    thing = Thing(created_at=now, updated_at=now)
    thing.save(using=PRODUCER)
    return thing


def happen(thing: Thing, *numbers: int) -> None:
    """Record one fact for each number, all in one transaction."""
    with transaction.atomic(using=PRODUCER, durable=True):
        outbox.record_all([fact(thing, number) for number in numbers], aggregate=thing)


def fact(thing: Thing, number: int) -> ThingHappened:
    return ThingHappened(thing_id=thing.id, number=number, at=datetime(2026, 11, 20, tzinfo=UTC))


def note_effect(event: ThingHappened) -> None:
    """A handler that writes down what it saw."""
    envelope = delivery.current()
    execute(
        CONSUMER,
        "insert into kernel_effect (thing, number, event_id, correlation_id, causation_id) values (%s, %s, %s, %s, %s)",
        [event.thing_id, event.number, envelope.id, envelope.correlation_id, envelope.causation_id],
    )


def effects(thing: Thing | None = None) -> list[int]:
    """The numbers that took effect, in the order in which they did."""
    where, parameters = ("where thing = %s", [thing.id]) if thing else ("", [])
    return [row[0] for row in rows(CONSUMER, f"select number from kernel_effect {where} order by id", parameters)]  # noqa: S608


def logged(columns: str = "seq, sequence", using: str = PRODUCER) -> list[tuple[Any, ...]]:
    return rows(using, f"select {columns} from event_log order by seq")  # noqa: S608


def execute(using: str, statement: str, parameters: Iterable[Any] = ()) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute(statement, list(parameters))


def rows(using: str, statement: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
    with connections[using].cursor() as cursor:
        cursor.execute(statement, list(parameters))
        return list(cursor.fetchall())


@contextmanager
def threads(*work: Callable[[], object]) -> Iterator[None]:
    """Run each function in a thread of its own with connections of its own, and wait for all at the end."""
    errors: list[BaseException] = []

    def guarded(function: Callable[[], object]) -> None:
        try:
            function()
        except BaseException as error:  # noqa: BLE001 - raised again below
            errors.append(error)
        finally:
            connections.close_all()

    running = [threading.Thread(target=guarded, args=(function,)) for function in work]
    for thread in running:
        thread.start()
    try:
        yield
    finally:
        for thread in running:
            thread.join(30)
    if errors:
        raise errors[0]
