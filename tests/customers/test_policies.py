"""What customers decides, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.api import MessageStatus, MessageTemplate
from customers.policies import (
    MAX_DELIVERY_FAILURES,
    MESSAGE,
    PLACEHOLDERS,
    AccountTemplate,
    InvalidEmail,
    PasswordFault,
    RefreshVerdict,
    canonical_password,
    guest_email,
    may_send_again,
    missing_placeholders,
    normalized_email,
    password_fault,
    refresh_verdict,
)
from shared_kernel.errors import InvalidStateTransition

NOW = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)


class TestANormalizedEmail:
    @pytest.mark.parametrize(
        ("typed", "stored"),
        [
            ("anna@example.test", "anna@example.test"),
            ("  Anna.B+shop@Example.TEST ", "anna.b+shop@example.test"),
            ("anna@Bücher.example", "anna@xn--bcher-kva.example"),
            ("anna@XN--BCHER-KVA.example", "anna@xn--bcher-kva.example"),
            ("root@localhost", "root@localhost"),
        ],
    )
    def test_has_one_spelling(self, typed: str, stored: str) -> None:
        assert normalized_email(typed) == stored

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            "@",
            "anna",
            "anna@",
            "@example.test",
            "an na@example.test",
            "anna@@example.test",
            ".anna@example.test",
            "anna@-example.test",
            "anna@example..test",
            "anna@example.test\nBcc: all@example.test",
            "änna@example.test",
            f"{'a' * 65}@example.test",
            f"anna@{'a.' * 130}test",
            "anna@\ud800.test",
        ],
    )
    def test_refuses_what_is_no_address(self, typed: str) -> None:
        with pytest.raises(InvalidEmail):
            normalized_email(typed)

    @given(st.text(max_size=60) | st.emails())
    def test_is_its_own_normal_form(self, typed: str) -> None:
        try:
            once = normalized_email(typed)
        except InvalidEmail:
            return

        assert normalized_email(once) == once
        assert once == once.lower()
        assert once.isascii()


class TestAGuestsEmail:
    def test_keeps_the_odd_forms_that_mail_servers_know(self) -> None:
        assert guest_email('"Anna B"@example.test') == '"Anna B"@example.test'
        assert guest_email("anna@[192.0.2.1]") == "anna@[192.0.2.1]"

    @pytest.mark.parametrize("typed", ["", "anna", "anna@example.test\r\nBcc: x@example.test", f"{'a' * 300}@x.test"])
    def test_refuses_what_would_break_a_header(self, typed: str) -> None:
        with pytest.raises(InvalidEmail):
            guest_email(typed)


class TestAPassword:
    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            ("x" * 11, PasswordFault.TOO_SHORT),
            ("x" * 12, None),
            (" " * 12, None),
            ("x" * 1024, None),
            ("x" * 1025, PasswordFault.TOO_LONG),
            ("ä" * 513, PasswordFault.TOO_LONG),
            ("ä" * 512, None),
        ],
    )
    def test_has_12_characters_to_1024_bytes(self, text: str, fault: PasswordFault | None) -> None:
        assert password_fault(text) is fault

    def test_is_the_same_however_its_letters_are_composed(self) -> None:
        assert canonical_password("cafe\u0301 au lait") == canonical_password("caf\u00e9 au lait")


class TestARefreshToken:
    def verdict(self, *, used: timedelta | None = None, successor_unused: bool = True, **changes: object) -> str:
        facts = {"session_over": False, "expires_at": NOW + timedelta(days=1)} | changes
        return refresh_verdict(
            used_at=None if used is None else NOW - used,
            successor_unused=successor_unused,
            now=NOW,
            **facts,  # type: ignore[arg-type]
        )

    def test_is_exchanged_once(self) -> None:
        assert self.verdict() == RefreshVerdict.ROTATE

    def test_is_refused_when_expired(self) -> None:
        assert self.verdict(expires_at=NOW) == RefreshVerdict.REFUSE

    def test_is_refused_when_its_session_is_over(self) -> None:
        assert self.verdict(session_over=True) == RefreshVerdict.REFUSE
        assert self.verdict(session_over=True, used=timedelta(days=1)) == RefreshVerdict.REFUSE

    def test_may_be_shown_again_for_a_moment(self) -> None:
        assert self.verdict(used=timedelta(seconds=30)) == RefreshVerdict.REPEAT

    def test_kills_the_family_when_it_comes_back_later(self) -> None:
        assert self.verdict(used=timedelta(seconds=31)) == RefreshVerdict.REVOKE

    def test_kills_the_family_when_its_successor_was_used_already(self) -> None:
        assert self.verdict(used=timedelta(seconds=1), successor_unused=False) == RefreshVerdict.REVOKE

    def test_kills_the_family_even_long_after_its_own_expiry(self) -> None:
        assert self.verdict(used=timedelta(days=40), expires_at=NOW - timedelta(days=10)) == RefreshVerdict.REVOKE


class TestAMessage:
    def test_names_placeholders_for_every_template(self) -> None:
        assert set(PLACEHOLDERS) == {*MessageTemplate, *AccountTemplate}

    def test_needs_every_placeholder_filled(self) -> None:
        missing = missing_placeholders(MessageTemplate.ORDER_CONFIRMED, {"order_number": " ", "more": "x"})

        assert missing == ["order_number", "total"]

    def test_to_an_unproven_address_holds_nothing_a_stranger_chose(self) -> None:
        assert all(PLACEHOLDERS[template] == () for template in AccountTemplate)

    def test_can_be_sent_again_only_once_it_is_out_of_our_hands(self) -> None:
        assert MESSAGE.target(MessageStatus.SENT, "resend") == MessageStatus.PENDING
        assert MESSAGE.target(MessageStatus.FAILED, "resend") == MessageStatus.PENDING
        with pytest.raises(InvalidStateTransition):
            MESSAGE.target(MessageStatus.PENDING, "resend")

    def test_is_given_up_after_two_unknown_outcomes(self) -> None:
        assert may_send_again(failures=0, unknown_deliveries=1)
        assert not may_send_again(failures=0, unknown_deliveries=2)

    def test_is_given_up_after_many_failures(self) -> None:
        assert may_send_again(failures=MAX_DELIVERY_FAILURES - 1, unknown_deliveries=0)
        assert not may_send_again(failures=MAX_DELIVERY_FAILURES, unknown_deliveries=0)
