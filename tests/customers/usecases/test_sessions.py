"""Log-ins and their chains of refresh tokens, on committed rows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from customers.models import CUSTOMERS, RefreshToken, Session
from customers.policies import SessionEnd
from customers.usecases import sessions
from customers.usecases.sessions import OpenSession
from shared_kernel import clock
from tests.customers.people import log_in, race, refresh, register

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def opened(committed: None) -> OpenSession:
    return log_in(register())


def reason_of(opened: OpenSession) -> str | None:
    return Session.objects.get(pk=opened.session_id).end_reason


class TestAnOpenedSession:
    def test_keeps_no_token_in_the_database(self, opened: OpenSession) -> None:
        token = RefreshToken.objects.get()

        assert opened.refresh_token not in str(RefreshToken.objects.values().get())
        assert len(opened.refresh_token) >= 43
        assert token.expires_at - token.issued_at == timedelta(days=30)

    def test_is_refused_when_the_password_changed_after_it_was_checked(self) -> None:
        customer = register()

        with transaction.atomic(using=CUSTOMERS):
            opened = sessions.open_session(customer_id=customer.id, password_hash="of old", now=clock.now(CUSTOMERS))

        assert opened is None
        assert not Session.objects.exists()


class TestRefreshing:
    def test_exchanges_the_token(self, opened: OpenSession) -> None:
        second = refresh(opened.refresh_token)

        assert second is not None
        assert second.refresh_token != opened.refresh_token
        assert second.session_id == opened.session_id
        assert refresh(second.refresh_token) is not None

    def test_gives_a_repeat_the_same_answer(self, opened: OpenSession) -> None:
        first = refresh(opened.refresh_token)

        assert refresh(opened.refresh_token) == first
        assert RefreshToken.objects.count() == 2

    def test_ends_the_session_when_a_used_token_comes_back_late(self, opened: OpenSession) -> None:
        second = refresh(opened.refresh_token)
        clock.advance(CUSTOMERS, 31)

        assert refresh(opened.refresh_token) is None
        assert reason_of(opened) == SessionEnd.TOKEN_REUSED
        assert second is not None
        assert refresh(second.refresh_token) is None

    def test_ends_the_session_when_a_token_before_the_last_comes_back(self, opened: OpenSession) -> None:
        second = refresh(opened.refresh_token)
        assert second is not None
        third = refresh(second.refresh_token)

        assert refresh(opened.refresh_token) is None
        assert reason_of(opened) == SessionEnd.TOKEN_REUSED
        assert third is not None
        assert refresh(third.refresh_token) is None

    def test_leaves_other_sessions_of_the_customer_alone(self, opened: OpenSession) -> None:
        other = log_in(register("other@example.test"))
        refresh(opened.refresh_token)
        clock.advance(CUSTOMERS, 31)
        refresh(opened.refresh_token)

        assert refresh(other.refresh_token) is not None

    def test_refuses_an_expired_token_without_harm(self, opened: OpenSession) -> None:
        clock.advance(CUSTOMERS, 30 * 24 * 3600)

        assert refresh(opened.refresh_token) is None
        assert reason_of(opened) is None

    @pytest.mark.parametrize("text", ["", "rt_", "rt_unknown", "\ud800", "x" * 5000])
    def test_refuses_an_unknown_token(self, opened: OpenSession, text: str) -> None:
        assert refresh(text) is None


class TestRacingRefreshes:
    @pytest.mark.parametrize("attempt", range(5))
    def test_with_one_token_get_one_successor(self, opened: OpenSession, attempt: int) -> None:
        answers = race(6, lambda _: refresh(opened.refresh_token))

        assert None not in answers
        assert len({answer.refresh_token for answer in answers if answer}) == 1
        assert RefreshToken.objects.count() == 2
        assert reason_of(opened) is None

    @pytest.mark.parametrize("attempt", range(5))
    def test_with_a_stolen_token_leave_no_live_session(self, opened: OpenSession, attempt: int) -> None:
        second = refresh(opened.refresh_token)
        assert second is not None
        clock.advance(CUSTOMERS, 31)

        race(2, lambda number: refresh([opened, second][number].refresh_token))

        unused = RefreshToken.objects.filter(used_at=None)
        assert reason_of(opened) == SessionEnd.TOKEN_REUSED
        assert unused.count() == 1

    def test_cannot_leave_two_unused_tokens(self, opened: OpenSession) -> None:
        now = clock.now(CUSTOMERS)

        with pytest.raises(IntegrityError, match="refresh_token_is_one_unused_per_session"):
            RefreshToken.objects.create(session_id=opened.session_id, token_hash="x", issued_at=now, expires_at=now)


class TestLoggingOut:
    def test_ends_the_session_of_the_token(self, opened: OpenSession) -> None:
        with transaction.atomic(using=CUSTOMERS):
            sessions.end_session(refresh_token=opened.refresh_token, now=clock.now(CUSTOMERS))
            sessions.end_session(refresh_token="rt_unknown", now=clock.now(CUSTOMERS))

        assert reason_of(opened) == SessionEnd.LOGGED_OUT
        assert refresh(opened.refresh_token) is None

    def test_everywhere_ends_the_sessions_of_one_customer(self, opened: OpenSession) -> None:
        customer = Session.objects.get(pk=opened.session_id).customer
        second, other = log_in(customer), log_in(register("other@example.test"))

        with transaction.atomic(using=CUSTOMERS):
            ended = sessions.end_all_sessions(customer_id=customer.id, now=clock.now(CUSTOMERS))

        assert ended == 2
        assert reason_of(opened) == reason_of(second) == SessionEnd.LOGGED_OUT_EVERYWHERE
        assert reason_of(other) is None
