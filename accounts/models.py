"""People: who they are, what they may do, where they live, which tokens they hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField


class Role(models.TextChoices):
    CUSTOMER = "CUSTOMER", _("customer")
    EMPLOYEE = "EMPLOYEE", _("employee")
    MANAGER = "MANAGER", _("manager")
    ADMIN = "ADMIN", _("admin")


STAFF_ROLES = frozenset({Role.EMPLOYEE, Role.MANAGER, Role.ADMIN})
MANAGER_ROLES = frozenset({Role.MANAGER, Role.ADMIN})


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


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
    created_at = models.DateTimeField(_("joined"), auto_now_add=True)

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
        indexes = [models.Index(fields=["role", "is_active"], name="user_role")]

    def __str__(self) -> str:
        return self.full_name or self.email

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


class Address(models.Model):
    """A place we deliver to. At most one default per person."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="addresses")
    label = models.CharField(_("name of the place"), max_length=40, blank=True, default="")
    line1 = models.CharField(_("street and number"), max_length=120)
    line2 = models.CharField(_("more"), max_length=120, blank=True, default="")
    city = models.CharField(_("city"), max_length=60)
    postal_code = models.CharField(
        _("postal code"),
        max_length=7,
        blank=True,
        default="",
        validators=[RegexValidator(r"^\d{5}(\d{2})?$", _("A postal code has 7 digits."))],
    )
    floor = models.CharField(_("floor"), max_length=10, blank=True, default="")
    door_code = models.CharField(_("door code"), max_length=20, blank=True, default="")
    instructions = models.CharField(_("for the driver"), max_length=200, blank=True, default="")
    is_default = models.BooleanField(_("default"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        ordering = ["-is_default", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(is_default=True), name="address_one_default"
            ),
            models.CheckConstraint(condition=~models.Q(line1=""), name="address_line1_given"),
            models.CheckConstraint(condition=~models.Q(city=""), name="address_city_given"),
        ]

    def __str__(self) -> str:
        return f"{self.line1}, {self.city}"


class RefreshToken(models.Model):
    """A refresh token handed out; rotation marks it used, a second use ends its whole family."""

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


class PasswordReset(models.Model):
    """A single-use permission to set a new password; only a hash of its secret is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="password_resets")
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
