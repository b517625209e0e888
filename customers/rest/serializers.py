"""What the REST surface of customers takes and gives."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from customers.api import MessageStatus
from customers.models.customer import DEFAULT_LOCALE
from customers.policies import (
    MAX_PASSWORD_BYTES,
    MIN_PASSWORD_LENGTH,
    PLACEHOLDERS,
    InvalidEmail,
    PasswordFault,
    normalized_email,
    password_fault,
)
from shared_kernel.http.fields import EmailField, TextField, TimestampField, TypeIdField
from shared_kernel.http.serializers import StrictSerializer

# The well-known part of BCP 47: language, then script, region and variants.
LANGUAGE_TAG = r"^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*$"
LONGEST_LANGUAGE_TAG = 35
LONGEST_REFRESH_TOKEN = 100


class AccountEmailField(EmailField):
    """An e-mail address in the one spelling that accounts are found by."""

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        try:
            return normalized_email(text)
        except InvalidEmail:
            self.fail("invalid")


class PasswordField(TextField):
    """A password as typed, of at most 1024 bytes; blanks belong to it, but are not enough."""

    default_error_messages = {
        PasswordFault.TOO_LONG.value: f"Must have at most {MAX_PASSWORD_BYTES} bytes of UTF-8.",
        PasswordFault.TOO_SHORT.value: f"Must have at least {MIN_PASSWORD_LENGTH} characters.",
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MAX_PASSWORD_BYTES, trim_whitespace=False, write_only=True, **options)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not text.strip():
            self.fail("blank")
        if password_fault(text) is PasswordFault.TOO_LONG:
            self.fail(PasswordFault.TOO_LONG.value)
        return text


class NewPasswordField(PasswordField):
    """A password somebody wants to set: at least 12 characters."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_length=MIN_PASSWORD_LENGTH, **options)


@extend_schema_field({"type": "string", "maxLength": LONGEST_LANGUAGE_TAG, "pattern": LANGUAGE_TAG})
class LocaleField(TextField):
    """A language tag such as `en` or `pt-BR`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=LONGEST_LANGUAGE_TAG, **options)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not re.fullmatch(LANGUAGE_TAG.rstrip("$"), text):
            self.fail("invalid")
        return text


class RegisterRequest(StrictSerializer):
    """What it takes to open an account."""

    email = AccountEmailField()
    password = NewPasswordField()
    name = TextField(max_length=200, required=False, allow_blank=True, default="")
    locale = LocaleField(required=False, default=DEFAULT_LOCALE)


class LoginRequest(StrictSerializer):
    """What it takes to log in."""

    email = AccountEmailField()
    password = PasswordField()


class RefreshRequest(StrictSerializer):
    """A refresh token, to exchange or to end its session."""

    refresh_token = TextField(max_length=LONGEST_REFRESH_TOKEN)


class EditProfileRequest(StrictSerializer):
    """A JSON merge patch of the own profile."""

    name = TextField(max_length=200, required=False, allow_blank=True)
    locale = LocaleField(required=False)


class AcceptedView(serializers.Serializer[Any]):
    """The answer that says nothing but that the request was taken."""

    status = serializers.ChoiceField(choices=["accepted"])


class TokensView(serializers.Serializer[Any]):
    """Credentials of a session, in the words of OAuth 2 (RFC 6749, 5.1); times in seconds from now."""

    access_token = serializers.CharField()
    token_type = serializers.ChoiceField(choices=["Bearer"])
    expires_in = serializers.IntegerField()
    refresh_token = serializers.CharField()
    refresh_expires_in = serializers.IntegerField()


class ProfileView(serializers.Serializer[Any]):
    """A customer, as the customer and staff with scope see it."""

    id = TypeIdField("cus")
    email = serializers.CharField()
    email_verified_at = TimestampField(allow_null=True)
    name = serializers.CharField(allow_blank=True)
    locale = serializers.CharField()
    created_at = TimestampField()
    updated_at = TimestampField()


class MessageView(serializers.Serializer[Any]):
    """A message as staff sees it: to whom by id, never by address, and without its data."""

    id = TypeIdField("msg")
    key = serializers.CharField()
    template = serializers.ChoiceField(choices=sorted(PLACEHOLDERS))
    customer_id = TypeIdField("cus", allow_null=True)
    status = serializers.ChoiceField(choices=[status.value for status in MessageStatus])
    attempts = serializers.IntegerField(help_text="Failed tries in a row; 0 again once one succeeds.")
    last_error = serializers.CharField(allow_null=True)
    created_at = TimestampField()
    sent_at = TimestampField(allow_null=True)


class PublicKeyView(serializers.Serializer[Any]):
    """One public key (RFC 7517, RFC 8037)."""

    kty = serializers.ChoiceField(choices=["OKP"])
    crv = serializers.ChoiceField(choices=["Ed25519"])
    use = serializers.ChoiceField(choices=["sig"])
    alg = serializers.ChoiceField(choices=["EdDSA"])
    kid = serializers.CharField()
    x = serializers.CharField()


class KeySetView(serializers.Serializer[Any]):
    """The public keys that access tokens are verified with."""

    keys = PublicKeyView(many=True)
