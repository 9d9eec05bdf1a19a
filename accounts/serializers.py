"""What people send and are told about themselves."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import Role
from mami.api.fields import Id, Instant, Text
from mami.api.queries import CursorPaging


class PasswordIn(serializers.CharField):
    """Spaces in a password are part of it; its rules are judged with the person at hand."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, max_length=1024, write_only=True, **options)


class RegisterIn(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)
    password = PasswordIn(help_text="8 to 128 characters, not a common one, not like the e-mail.")
    full_name = Text(max_length=120)
    phone = Text(max_length=20, required=False, allow_blank=True, help_text="E.g. 054-223-4567.")


class LoginIn(serializers.Serializer[Any]):
    email = serializers.CharField(max_length=254)
    password = PasswordIn()


class RefreshIn(serializers.Serializer[Any]):
    refresh_token = serializers.CharField(max_length=2000)


class ChangePasswordIn(serializers.Serializer[Any]):
    current_password = PasswordIn()
    new_password = PasswordIn()


class ForgotPasswordIn(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)


class ResetPasswordIn(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=200)
    new_password = PasswordIn()


class ProfileIn(serializers.Serializer[Any]):
    full_name = Text(max_length=120, required=False)
    phone = Text(max_length=20, required=False, allow_blank=True)
    language = serializers.ChoiceField(choices=["he", "en"], required=False)


class PersonOut(serializers.Serializer[Any]):
    id = Id()
    email = serializers.EmailField()
    full_name = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.values)


class TokensOut(serializers.Serializer[Any]):
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    expires_at = Instant(help_text="When the access token ends.")


class SignedInOut(TokensOut):
    user = PersonOut()


class ProfileOut(PersonOut):
    phone = serializers.CharField(help_text="E.164, or empty.")
    language = serializers.ChoiceField(choices=["he", "en"])


class AddressIn(serializers.Serializer[Any]):
    label = Text(max_length=40)
    line1 = Text(max_length=120)
    line2 = Text(max_length=120, required=False, allow_blank=True)
    city = Text(max_length=60)
    postal_code = serializers.RegexField(r"^\d{5}(\d{2})?$", max_length=7)
    floor = Text(max_length=10, required=False, allow_blank=True)
    door_code = Text(max_length=20, required=False, allow_blank=True)
    instructions = Text(max_length=200, required=False, allow_blank=True)
    is_default = serializers.BooleanField(required=False, default=False)


class AddressPatchIn(AddressIn):
    is_default = serializers.BooleanField(required=False)


class AddressOut(serializers.Serializer[Any]):
    id = Id()
    label = serializers.CharField()
    line1 = serializers.CharField()
    line2 = serializers.CharField()
    city = serializers.CharField()
    postal_code = serializers.CharField()
    floor = serializers.CharField()
    door_code = serializers.CharField()
    instructions = serializers.CharField()
    is_default = serializers.BooleanField()


class PeopleQuery(CursorPaging):
    q = Text(required=False, max_length=120, allow_blank=True, help_text="In e-mail or name.")
    role = serializers.ChoiceField(choices=Role.values, required=False)
    isActive = serializers.BooleanField(required=False, source="is_active")  # noqa: N815


class PersonPatchIn(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=Role.values, required=False)
    is_active = serializers.BooleanField(required=False)


class PersonAdminOut(ProfileOut):
    is_active = serializers.BooleanField()
    created_at = Instant()
