from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import pytest
from celery import Celery, shared_task
from celery._state import get_current_app
from celery.contrib.testing.worker import start_worker
from celery.signals import task_postrun
from django.conf import settings
from django.db import connections

from shared_kernel import call_context, clock, due, tasks
from shared_kernel.call_context import CallContext
from shared_kernel.due import due_work
from shared_kernel.events import relay
from shared_kernel.events.workers import Ringer
from shared_kernel.ids import new_id
from tests.databases import TestDatabase
from tests.shared_kernel.events import things
from tests.shared_kernel.events.things import PRODUCER, Chore
from tests.shared_kernel.events.waiting import until

seen: list[tuple[object, ...]] = []


@shared_task(name="inventory.look_around", base=tasks.ContextTask)
def look_around(*, number: int, **_: object) -> None:
    context = call_context.current()
    seen.append((number, context.correlation_id, context.causation_id, context.traceparent))


@shared_task(name="inventory.look_at_the_clock", base=tasks.ContextTask)
def look_at_the_clock() -> None:
    seen.append((clock.now(PRODUCER),))


@pytest.fixture(autouse=True)
def rested() -> Iterator[None]:
    seen.clear()
    yield
    tasks._Broker.resting_until = 0.0


@contextmanager
def worker() -> Iterator[None]:
    """A worker of the real application in a thread, on the queue of the producer; knows the tasks declared so far."""

    def close(**_: object) -> None:
        connections.close_all()

    # A worker process keeps its connections; these threads end with the test. (The solo pool would take this process
    # for one of a pool, and end it with its parent.)
    task_postrun.connect(close)
    try:
        with start_worker(get_current_app(), pool="threads", perform_ping_check=False, queues=[PRODUCER]):
            yield
    finally:
        task_postrun.disconnect(close)


@contextmanager
def no_broker() -> Iterator[None]:
    """Make an application current whose broker nobody serves."""
    usual = get_current_app()
    Celery("nowhere", broker="redis://127.0.0.1:1/0", set_as_current=False).set_current()
    try:
        yield
    finally:
        usual.set_current()


def make_chore() -> Chore:
    chore = Chore(id=new_id(), due_at=clock.now(PRODUCER))
    chore.save(using=PRODUCER)
    return chore


def finish(row_id: UUID) -> None:
    Chore.objects.using(PRODUCER).get(id=row_id).finish()


class TestRinging:
    @pytest.mark.usefixtures("redis_url")
    def test_has_the_task_run_in_the_context_of_the_ringer(self) -> None:
        context = CallContext(correlation_id=uuid4(), causation_id=uuid4(), traceparent="00-1-2-01")

        with worker(), call_context.entered(context):
            rung = tasks.ring("inventory.look_around", number=7, a_keyword_of_next_year="ignored")
            until(lambda: bool(seen))

        assert rung
        assert seen == [(7, context.correlation_id, context.causation_id, context.traceparent)]

    def test_reports_a_broker_that_is_away_and_then_lets_it_rest(self) -> None:
        with no_broker():
            rung = tasks.ring("inventory.look_around", number=1)

        assert not rung
        assert tasks.broker_rests()
        assert not tasks.ring("inventory.look_around", number=1)

    def test_is_refused_to_web_processes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(settings, "ASHLAR_ROLE", "web")

        with pytest.raises(RuntimeError, match="request thread"):
            tasks.ring("inventory.look_around", number=1)


@pytest.mark.usefixtures("committed")
class TestATask:
    def test_takes_a_new_connection_when_the_database_has_restarted(self, test_database: TestDatabase) -> None:
        clock.now(PRODUCER)
        with connections[PRODUCER].cursor() as cursor:
            cursor.execute("select pg_backend_pid()")
            (session,) = cursor.fetchone()
        test_database.superuser().execute("select pg_terminate_backend(%s, 5000)", [session])

        look_at_the_clock.apply(throw=True)

        assert len(seen) == 1


@pytest.mark.usefixtures("stage")
class TestDueWorkOfAWorker:
    @pytest.mark.usefixtures("redis_url")
    def test_is_rung_by_the_relay(self) -> None:
        due_work("inventory.do_chore", model=Chore, where="worker")(finish)
        chores = [make_chore() for _ in range(5)]
        stop = threading.Event()

        with worker(), things.threads(lambda: relay.run(stop, [PRODUCER])):
            try:
                until(lambda: not Chore.objects.using(PRODUCER).filter(due_at__isnull=False).exists())
            finally:
                stop.set()

        assert Chore.objects.using(PRODUCER).filter(leased_until__isnull=True).count() == len(chores)

    def test_is_given_back_at_once_when_the_broker_is_away(self) -> None:
        due_work("inventory.do_chore", model=Chore, where="worker")(finish)
        [work] = due.works(PRODUCER)
        chores = [make_chore() for _ in range(3)]
        ringer = Ringer(threading.Event())

        ringer.hand_over(work, due.claim(work, limit=10))
        with no_broker():
            ringer.turn()

        assert not ringer.ready
        assert {claimed.row_id for claimed in due.claim(work, limit=10)} == {chore.id for chore in chores}
