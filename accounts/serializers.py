"""What people send and are told about themselves."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.export_models import DataExport
from accounts.models import ConsentKind, DeliveryPreference, Role, SignInKind
from api.fields import Id, Instant, Sought, Text, instant
from api.queries import CursorPaging
from branches.area_serializers import LocalityCode, LocalityNameOut


class PasswordIn(serializers.CharField):
    """Spaces in a password are part of it; its rules are judged with the person at hand."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, max_length=1024, write_only=True, **options)


class RegisterIn(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)
    password = PasswordIn(
        help_text="8 to 128 characters (staff: 12), not easy to guess, not like the e-mail."
    )
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
    delivery_preference = serializers.ChoiceField(choices=DeliveryPreference.values, required=False)
    delivery_note = Text(max_length=200, required=False, allow_blank=True)
    documents_consent = serializers.BooleanField(
        required=False, help_text="Papers by computer; false: printed into the bag."
    )


class PersonOut(serializers.Serializer[Any]):
    id = Id()
    email = serializers.EmailField()
    full_name = serializers.CharField()
    role = serializers.ChoiceField(choices=Role.values)


class TokensOut(serializers.Serializer[Any]):
    access_token = serializers.CharField()
    refresh_token = serializers.CharField()
    expires_at = Instant(help_text="When the access token ends.")


class KnownTokensOut(TokensOut):
    device_token = serializers.CharField(
        help_text="Send it as `X-Device-Token` at the next sign-in; it stays good for 400 days."
    )


class SignedInOut(KnownTokensOut):
    user = PersonOut()


class ProfileOut(PersonOut):
    phone = serializers.CharField(help_text="E.164, or empty.")
    language = serializers.ChoiceField(choices=["he", "en"])
    documents_consent = serializers.BooleanField(allow_null=True, help_text="Null: not asked yet.")
    delivery_preference = serializers.ChoiceField(
        choices=DeliveryPreference.values, help_text="What checkout starts with."
    )
    delivery_note = serializers.CharField()
    email_verified = serializers.BooleanField()
    phone_verified = serializers.BooleanField()
    pending_email = serializers.EmailField(allow_null=True, help_text="Asked for, not proved yet.")


class MailTokenIn(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=200)


class EmailChangeIn(serializers.Serializer[Any]):
    new_email = serializers.EmailField(max_length=254)
    current_password = PasswordIn()


class PhoneCodeIn(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=20)


class ConsentIn(serializers.Serializer[Any]):
    given = serializers.BooleanField()


class ConsentOut(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=ConsentKind.values)
    given = serializers.BooleanField()
    version = serializers.CharField(help_text="Of the text that was shown.")
    at = Instant()


class ExportOut(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=["NONE", "PREPARING", "READY", "EXPIRED"])
    requested_at = Instant(allow_null=True)
    ready_at = Instant(allow_null=True)
    expires_at = Instant(allow_null=True)
    size = Id(allow_null=True, help_text="Bytes.")

    def to_representation(self, export: DataExport | None) -> dict[str, Any]:
        return {
            "state": export.state if export else "NONE",
            "requested_at": instant(export.requested_at) if export else None,
            "ready_at": instant(export.ready_at) if export else None,
            "expires_at": instant(export.expires_at) if export else None,
            "size": export.size if export else None,
        }


class AddressIn(serializers.Serializer[Any]):
    label = Text(max_length=40)
    line1 = Text(max_length=120)
    line2 = Text(max_length=120, required=False, allow_blank=True)
    city = Text(max_length=60, required=False, help_text="Not needed with `locality_code`.")
    locality_code = LocalityCode(required=False, allow_null=True)
    city_confirmed = serializers.BooleanField(
        required=False, help_text="The name is right, though nobody knows the place."
    )
    postal_code = serializers.RegexField(
        r"^[0-9]{5}([0-9]{2})?$", max_length=7, required=False, allow_blank=True
    )
    floor = Text(max_length=10, required=False, allow_blank=True)
    door_code = Text(max_length=20, required=False, allow_blank=True)
    instructions = Text(max_length=200, required=False, allow_blank=True)
    is_default = serializers.BooleanField(required=False, default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """With a code the city may be left out: then it is called as the place is."""
        if not self.partial and "city" not in attrs:
            if attrs.get("locality_code") is None:
                required = serializers.Field.default_error_messages["required"]
                raise serializers.ValidationError({"city": [required]})
            attrs["city"] = ""
        return attrs


class AddressPatchIn(AddressIn):
    is_default = serializers.BooleanField(required=False)


class AddressOut(serializers.Serializer[Any]):
    id = Id()
    label = serializers.CharField()
    line1 = serializers.CharField()
    line2 = serializers.CharField()
    city = serializers.CharField()
    locality = LocalityNameOut(allow_null=True)
    is_served = serializers.BooleanField()
    postal_code = serializers.CharField()
    floor = serializers.CharField()
    door_code = serializers.CharField()
    instructions = serializers.CharField()
    is_default = serializers.BooleanField()


class PeopleQuery(CursorPaging):
    q = Sought(required=False, max_length=120, allow_blank=True, help_text="In e-mail or name.")
    role = serializers.ChoiceField(choices=Role.values, required=False)
    isActive = serializers.BooleanField(required=False, source="is_active")  # noqa: N815


class PersonPatchIn(serializers.Serializer[Any]):
    role = serializers.ChoiceField(choices=Role.values, required=False)
    is_active = serializers.BooleanField(required=False)


class PersonAdminOut(ProfileOut):
    is_active = serializers.BooleanField()
    created_at = Instant()


class SignInOut(serializers.Serializer[Any]):
    id = Id()
    kind = serializers.ChoiceField(choices=SignInKind.values)
    device = serializers.CharField(help_text="Such as `Chrome on Android`, or empty.")
    created_at = Instant()
    last_seen_at = Instant()
    is_current = serializers.BooleanField()


class SecondFactorOut(serializers.Serializer[Any]):
    enabled = serializers.BooleanField()
    required = serializers.BooleanField(help_text="The role may not do without one.")
    since = Instant(allow_null=True)
    recovery_codes_left = serializers.IntegerField(min_value=0)


class CurrentPasswordIn(serializers.Serializer[Any]):
    current_password = PasswordIn()


class SetUpOut(serializers.Serializer[Any]):
    secret = serializers.CharField(help_text="Base32, for typing into the app.")
    otpauth_uri = serializers.CharField(help_text="The same, for a QR code.")


class CodeIn(serializers.Serializer[Any]):
    code = serializers.CharField(
        max_length=20, help_text="Six digits of the app, or a recovery code `xxxxx-xxxxx`."
    )


class PasswordAndCodeIn(CodeIn):
    current_password = PasswordIn()


class ChallengeIn(CodeIn):
    challenge = serializers.CharField(max_length=200)


class RecoveryCodesOut(serializers.Serializer[Any]):
    recovery_codes = serializers.ListField(child=serializers.CharField())


class SecondFactorOnOut(TokensOut):
    recovery_codes = serializers.ListField(child=serializers.CharField())
