"""People: who they are, what they may do, where they live, which tokens they hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Lower, Upper
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from core.append_only import append_only
from core.email_identity import known_identity


class Role(models.TextChoices):
    CUSTOMER = "CUSTOMER", _("customer")
    EMPLOYEE = "EMPLOYEE", _("employee")
    MANAGER = "MANAGER", _("manager")
    ADMIN = "ADMIN", _("admin")


STAFF_ROLES = frozenset({Role.EMPLOYEE, Role.MANAGER, Role.ADMIN})
MANAGER_ROLES = frozenset({Role.MANAGER, Role.ADMIN})


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        identity = known_identity(username or "")
        return self.annotate(address=Lower("email")).get(address=identity)


class DeliveryPreference(models.TextChoices):
    HAND_OVER = "HAND_OVER", _("hand it over")
    LEAVE_AT_DOOR = "LEAVE_AT_DOOR", _("leave at the door")
    SIGNATURE = "SIGNATURE", _("hand over and sign")
    SAFE_PLACE = "SAFE_PLACE", _("a safe place")


class EmailState(models.TextChoices):
    OK = "OK", _("takes letters")
    BOUNCING = "BOUNCING", _("sends letters back")


class User(AbstractBaseUser):
    """A person who signs in by e-mail address (compared without case)."""

    email = models.EmailField(_("e-mail"), max_length=254)
    full_name = models.CharField(_("full name"), max_length=120)
    phone = PhoneNumberField(_("phone"), blank=True, default="")
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.CUSTOMER)
    language = models.CharField(
        _("language"), max_length=2, choices=[("he", "עברית"), ("en", "English")], default="he"
    )
    is_active = models.BooleanField(_("active"), default=True)
    token_version = models.PositiveIntegerField(
        default=0,
        help_text=_("Part of every token; raising it refuses all tokens issued before."),
    )
    documents_consent = models.BooleanField(
        _("papers by e-mail"),
        null=True,
        default=None,
        help_text=_("Whether computerised papers are wanted; empty: not asked yet."),
    )
    delivery_preference = models.CharField(
        _("at the door"),
        max_length=16,
        choices=DeliveryPreference.choices,
        default=DeliveryPreference.HAND_OVER,
        db_default=DeliveryPreference.HAND_OVER,
    )
    delivery_note = models.CharField(
        _("note for the courier"), max_length=200, blank=True, default="", db_default=""
    )
    email_verified = models.BooleanField(_("e-mail verified"), default=False, db_default=False)
    email_state = models.CharField(
        _("mailbox"),
        max_length=8,
        choices=EmailState.choices,
        default=EmailState.OK,
        db_default=EmailState.OK,
    )
    soft_bounces = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        help_text=_("Letters in a row that could not be delivered for now."),
    )
    phone_verified = models.BooleanField(_("phone verified"), default=False, db_default=False)
    pending_email = models.EmailField(
        max_length=254, null=True, blank=True, help_text=_("Asked for, not proved yet.")
    )
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)
    second_factor_since = models.DateTimeField(_("second factor since"), null=True, blank=True)
    created_at = models.DateTimeField(_("joined"), auto_now_add=True)

    sign_in_id: int | None = None
    """Of a caller of the API: which sign-in the token is of."""

    objects = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique"),
            models.CheckConstraint(
                condition=models.Q(role__in=["CUSTOMER", "EMPLOYEE", "MANAGER", "ADMIN"]),
                name="user_role_known",
            ),
        ]
        indexes = [
            models.Index(fields=["role", "is_active"], name="user_role"),
            # As staff look for people: by a part of the e-mail, the name or the phone.
            GinIndex(OpClass(Lower("email"), "gin_trgm_ops"), name="user_email_part"),
            GinIndex(OpClass(Upper("full_name"), "gin_trgm_ops"), name="user_name_part"),
            GinIndex(OpClass("phone", "gin_trgm_ops"), name="user_phone_part"),
        ]

    def __str__(self) -> str:
        return self.shown_name

    @property
    def shown_name(self) -> str:
        """As others read it: who left for good has no name any more."""
        return gettext("erased customer") if self.erased_at else self.full_name or self.email

    @property
    def is_employee(self) -> bool:
        """May enter the staff screens."""
        return self.is_active and self.role in STAFF_ROLES

    @property
    def is_manager(self) -> bool:
        return self.is_active and self.role in MANAGER_ROLES

    @property
    def is_admin(self) -> bool:
        return self.is_active and self.role == Role.ADMIN

    @property
    def needs_second_factor(self) -> bool:
        """Whether the role may not do without one."""
        return settings.STAFF_SECOND_FACTOR == "required" and self.role in MANAGER_ROLES

    @property
    def lacks_second_factor(self) -> bool:
        """Whether they can only set one up."""
        return self.second_factor_since is None and self.needs_second_factor

    @property
    def is_staff(self) -> bool:
        """Django admin's question: may this person enter it?"""
        return self.is_manager

    @property
    def is_superuser(self) -> bool:
        return self.is_admin

    def get_session_auth_hash(self) -> str:
        """What a session is tied to: it ends with the password, and with the tokens."""
        return self._session_hash(None)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._session_hash(secret)

    def _session_hash(self, secret: str | None) -> str:
        value = f"{self.password}:{self.token_version}"
        return salted_hmac("accounts.session", value, secret=secret, algorithm="sha256").hexdigest()

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return self.is_manager

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_manager


class SignInKind(models.TextChoices):
    WEB = "WEB", _("browser")
    APP = "APP", _("app")


class SignIn(models.Model):
    """A browser session or a family of refresh tokens, from its beginning to its end."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_ins")
    kind = models.CharField(max_length=3, choices=SignInKind.choices)
    session_key = models.CharField(max_length=40, blank=True, default="", db_index=True)
    family = models.UUIDField(null=True, db_index=True)
    device = models.CharField(max_length=40, blank=True, default="")
    last_seen_at = models.DateTimeField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="WEB", family=None)
                | models.Q(kind="APP", family__isnull=False, session_key=""),
                name="sign_in_of_one_kind",
            )
        ]
        indexes = [models.Index(fields=["user", "ended_at"], name="sign_in_user_open")]

    def __str__(self) -> str:
        return f"sign-in {self.pk}"


class RefreshToken(models.Model):
    """A refresh token handed out; rotation marks it used, a late second use ends its whole family."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="refresh_tokens")
    family = models.UUIDField(db_index=True)
    jti = models.UUIDField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["jti"], name="refresh_token_jti_unique")]
        indexes = [models.Index(fields=["expires_at"], name="refresh_token_expires")]

    def __str__(self) -> str:
        return f"refresh token {self.pk}"


class Device(models.Model):
    """A browser or app that somebody signed in with; only a hash of its secret is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="devices")
    secret_hash = models.CharField(max_length=64)
    family = models.CharField(max_length=40, blank=True, default="")
    last_seen_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["secret_hash"], name="device_secret_unique")]
        indexes = [models.Index(fields=["last_seen_at"], name="device_last_seen")]

    def __str__(self) -> str:
        return f"device {self.pk}"


class KnownPlace(models.Model):
    """A place somebody signed in from, as a keyed hash of the network address."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="known_places")
    place_hash = models.CharField(max_length=64)
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "place_hash"], name="known_place_unique")
        ]
        indexes = [models.Index(fields=["last_seen_at"], name="known_place_last_seen")]

    def __str__(self) -> str:
        return f"known place {self.pk}"


class SecondFactor(models.Model):
    """The secret of a person's authenticator app, sealed; on since `User.second_factor_since`."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="second_factor")
    secret = models.CharField(max_length=300)
    last_step = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"second factor {self.pk}"


class RecoveryCode(models.Model):
    """A code for the day the app is lost; only a hash is kept, and it works once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=128)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"recovery code {self.pk}"


class SignInChallenge(models.Model):
    """A sign-in whose password was right and whose code is still to come."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="challenges")
    secret_hash = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    wrong = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["secret_hash"], name="challenge_secret_unique")
        ]
        indexes = [models.Index(fields=["expires_at"], name="challenge_expires")]

    def __str__(self) -> str:
        return f"challenge {self.pk}"


class PasswordReset(models.Model):
    """A single-use permission to set a new password; only a hash of its secret is kept.

    Asking for one writes a row without a person where no account has that e-mail, so that nothing
    tells from outside whether there is one.
    """

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, related_name="password_resets"
    )
    secret_hash = models.CharField(max_length=64)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["secret_hash"], name="password_reset_secret_unique")
        ]

    def __str__(self) -> str:
        return f"password reset {self.pk}"


class ConsentKind(models.TextChoices):
    TERMS = "TERMS", _("terms of sale")
    PRIVACY = "PRIVACY", _("privacy")
    DOCUMENTS = "DOCUMENTS", _("computerised papers")
    MARKETING_EMAIL = "MARKETING_EMAIL", _("offers by e-mail")
    MARKETING_SMS = "MARKETING_SMS", _("offers by SMS")
    OFF_SESSION_CARD = "OFF_SESSION_CARD", _("later charges to the card")


class Consent(models.Model):
    """What a person agreed to or withdrew, with the text they saw. Rows are only ever added."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="consents")
    kind = models.CharField(max_length=16, choices=ConsentKind.choices)
    given = models.BooleanField()
    version = models.CharField(
        max_length=20, help_text=_("Of the text, such as 2026-11; the texts stay readable.")
    )
    language = models.CharField(max_length=2)
    face = models.CharField(
        max_length=5, blank=True, default="", db_default="", help_text=_("Where: PAGES or API.")
    )
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-id"]
        triggers = append_only()
        indexes = [models.Index(fields=["user", "kind", "-id"], name="consent_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.given} of {self.user_id}"


from accounts.address_models import Address as Address  # noqa: E402
from accounts.contact_models import MailProof, PhoneCode  # noqa: E402, F401
from accounts.export_models import DataExport  # noqa: E402, F401
