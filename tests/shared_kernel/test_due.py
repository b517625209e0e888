from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connections

from shared_kernel import call_context, clock, due
from shared_kernel.call_context import CallContext
from shared_kernel.clock import AshlarNow
from shared_kernel.due import Claimed, DueWork, due_work
from shared_kernel.events import relay
from shared_kernel.ids import new_id
from tests.shared_kernel.events import things
from tests.shared_kernel.events.things import PRODUCER, Chore

pytestmark = pytest.mark.usefixtures("stage")
NAME = "inventory.do_chore"


def make_chore(**values: object) -> Chore:
    chore = Chore(**{"id": new_id(), "due_at": clock.now(PRODUCER), **values})
    chore.save(using=PRODUCER)
    return chore


def work(function: object = None, where: str = "relay") -> DueWork:
    due_work(NAME, model=Chore, where=where)(function or finish)  # type: ignore[type-var]
    return due.works(PRODUCER)[0]


def finish(row_id: UUID) -> None:
    chore = Chore.objects.using(PRODUCER).get(id=row_id)
    chore.finish()
    Chore.objects.using(PRODUCER).filter(id=row_id).update(done=chore.done + 1)


def raise_value_error(row_id: UUID) -> None:
    raise ValueError(str(row_id))


def ids(claims: list[Claimed]) -> list[UUID]:
    return [claimed.row_id for claimed in claims]


class TestClaiming:
    def test_takes_the_longest_overdue_rows_first_and_no_future_ones(self) -> None:
        now = clock.now(PRODUCER)
        second = make_chore(due_at=now - timedelta(minutes=1))
        first = make_chore(due_at=now - timedelta(minutes=2))
        make_chore(due_at=now + timedelta(minutes=1))
        make_chore(due_at=None)

        claims = due.claim(work(), limit=10)

        assert ids(claims) == [first.id, second.id]

    def test_leaves_a_row_to_its_holder_until_the_lease_ends(self) -> None:
        chore = make_chore()
        chores = work()

        claims = [ids(due.claim(chores, limit=10)), ids(due.claim(chores, limit=10))]
        clock.advance(PRODUCER, 91)
        claims.append(ids(due.claim(chores, limit=10)))

        assert claims == [[chore.id], [], [chore.id]]

    def test_gives_each_row_to_one_of_many_at_once(self) -> None:
        chores = work()
        expected = {make_chore().id for _ in range(60)}
        claimed: list[UUID] = []

        def keep_claiming() -> None:
            while claims := due.claim(chores, limit=3):
                claimed.extend(ids(claims))

        with things.threads(*[keep_claiming] * 4):
            pass

        assert len(claimed) == 60
        assert set(claimed) == expected

    def test_can_be_undone(self) -> None:
        chore = make_chore()
        chores = work()

        due.release(chores, due.claim(chores, limit=10))

        assert ids(due.claim(chores, limit=10)) == [chore.id]

    def test_is_not_undone_by_a_holder_whose_lease_was_taken_over(self) -> None:
        make_chore()
        chores = work()
        former = due.claim(chores, limit=10)
        clock.advance(PRODUCER, 91)
        due.claim(chores, limit=10)

        due.release(chores, former)

        assert due.claim(chores, limit=10) == []


class TestDueWork:
    def test_runs_once_for_a_due_row(self) -> None:
        chore = make_chore()
        work()

        done = [relay.drain().due, relay.drain().due]

        chore.refresh_from_db()
        assert done == [1, 0]
        assert (chore.done, chore.due_at, chore.leased_until) == (1, None, None)

    def test_waits_for_its_time(self) -> None:
        make_chore(due_at=clock.now(PRODUCER) + timedelta(hours=1))
        work()

        before = relay.drain().due
        clock.advance(PRODUCER, 3601)

        assert (before, relay.drain().due) == (0, 1)

    def test_is_tried_again_after_a_pause_when_it_raises(self) -> None:
        chore = make_chore()
        work(raise_value_error)

        tries = [relay.drain().due, relay.drain().due]
        clock.advance(PRODUCER, 2)
        tries.append(relay.drain().due)

        chore.refresh_from_db()
        assert tries == [1, 0, 1]
        assert chore.attempts == 2
        assert (chore.last_error or "").startswith("ValueError at tests/shared_kernel/test_due.py:")

    def test_leaves_the_row_alone_when_it_raises_after_somebody_asked_for_something_else(self) -> None:
        later = clock.now(PRODUCER) + timedelta(days=1)

        def reschedule_and_raise(row_id: UUID) -> None:
            Chore.objects.using(PRODUCER).get(id=row_id).schedule(later)
            raise ValueError

        chore = make_chore()
        work(reschedule_and_raise)

        relay.drain()

        chore.refresh_from_db()
        assert (chore.due_at, chore.attempts) == (later, 0)

    def test_does_not_blame_the_row_for_the_loss_of_the_database(self) -> None:
        def lose_database(_: UUID) -> None:
            things.execute(PRODUCER, "select pg_terminate_backend(pg_backend_pid())")

        chore = make_chore()
        work(lose_database)

        with pytest.raises(OperationalError):
            relay.drain()

        connections.close_all()
        chore.refresh_from_db()
        assert (chore.attempts, chore.last_error) == (0, None)

    def test_runs_in_the_correlation_of_whoever_made_the_row(self) -> None:
        seen: list[UUID] = []
        work(lambda _: seen.append(call_context.current().correlation_id))
        context = CallContext(correlation_id=uuid4())

        with call_context.entered(context):
            make_chore()
        relay.drain()

        assert seen == [context.correlation_id]

    def test_for_a_worker_is_left_to_the_worker_unless_asked_for(self) -> None:
        make_chore()
        work(where="worker")

        assert relay.drain().due == 0
        assert relay.drain(run_worker_tasks=True).due == 1

    @pytest.mark.parametrize(("name", "model"), [("orders.do_chore", Chore), ("inventory.do_chore", "payments.Chore")])
    def test_belongs_to_the_context_of_its_rows(self, name: str, model: str | type[Chore]) -> None:
        with pytest.raises(ValueError, match="its own"):
            due_work(name, model=model, where="relay")


class TestARungRow:
    def test_is_worked_on_while_it_is_due(self) -> None:
        chore = make_chore()
        [claimed] = due.claim(work(where="worker"), limit=1)

        assert due.run_one(NAME, chore.id, claimed.lease)
        assert not due.run_one(NAME, chore.id, claimed.lease)

        chore.refresh_from_db()
        assert chore.done == 1

    def test_has_its_lease_begin_anew(self) -> None:
        chore = make_chore()
        chores = work(lambda _: None, where="worker")
        [claimed] = due.claim(chores, limit=1)
        clock.advance(PRODUCER, 80)
        due.run_one(NAME, chore.id, claimed.lease)
        clock.advance(PRODUCER, 20)

        assert due.claim(chores, limit=1) == []

    def test_is_left_to_whoever_was_rung_for_it_later(self) -> None:
        chore = make_chore()
        chores = work(where="worker")
        [first] = due.claim(chores, limit=1)
        clock.advance(PRODUCER, 91)
        [second] = due.claim(chores, limit=1)

        assert not due.run_one(NAME, chore.id, first.lease)
        assert due.run_one(NAME, chore.id, second.lease)

    def test_is_worked_on_again_when_its_worker_is_known_to_be_dead(self) -> None:
        chore = make_chore()
        [claimed] = due.claim(work(lambda _: None, where="worker"), limit=1)
        due.run_one(NAME, chore.id, claimed.lease)

        assert not due.run_one(NAME, chore.id, claimed.lease)
        assert due.run_one(NAME, chore.id, None)

    def test_is_left_for_later_when_worker_after_worker_dies_of_it(self) -> None:
        chore = make_chore()
        begun: list[UUID] = []
        [claimed] = due.claim(work(begun.append, where="worker"), limit=1)

        due.run_one(NAME, chore.id, claimed.lease)
        runs = [due.run_one(NAME, chore.id, None) for _ in range(10)]

        chore.refresh_from_db()
        assert len(begun) < 10
        assert not runs[-1]
        assert chore.due_at is not None
        assert chore.due_at > clock.now(PRODUCER)
        assert chore.leased_until is None
        assert (chore.last_error or "").startswith("WorkerDied")


class TestARow:
    def test_that_is_retried_waits_longer_each_time_up_to_a_limit(self) -> None:
        chore = make_chore()

        waits = []
        for _ in range(14):
            chore.retry(error="provider_busy")
            assert chore.due_at is not None
            waits.append((chore.due_at - clock.now(PRODUCER)).total_seconds())

        assert 0 < waits[0] <= 1
        assert waits[5] > waits[0]
        assert 140 < waits[-1] <= 300
        assert (chore.attempts, chore.last_error) == (14, "provider_busy")

    def test_that_is_scheduled_forgets_its_failures(self) -> None:
        chore = make_chore(attempts=3, last_error="provider_busy")

        chore.schedule(clock.now(PRODUCER))

        chore.refresh_from_db()
        assert (chore.attempts, chore.last_error) == (0, None)

    def test_may_be_made_due_by_the_server_s_own_clock(self) -> None:
        make_chore(due_at=AshlarNow())
        work()

        assert relay.drain().due == 1
