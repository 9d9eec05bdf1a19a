"""Proving that a mailbox or a phone is the person's own."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class MailProof(models.Model):
    """A single-use link sent to `email`; only a hash of its secret is kept."""

    class Kind(models.TextChoices):
        VERIFY = "VERIFY", _("this address is mine")
        CHANGE = "CHANGE", _("this is my new address")
        TAKE_BACK = "TAKE_BACK", _("it was not me who changes the address")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mail_proofs")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    email = models.EmailField(max_length=254)
    secret_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["secret_hash"], name="mail_proof_secret_unique"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["VERIFY", "CHANGE", "TAKE_BACK"]),
                name="mail_proof_kind_known",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="mail_proof_expires")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.user_id}"


class PhoneCode(models.Model):
    """Six digits sent to the person's phone; only a hash of them is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="phone_codes")
    phone = models.CharField(max_length=20)
    code_hash = models.CharField(max_length=64)
    wrong = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="phone_code_expires")]

    def __str__(self) -> str:
        return f"phone code {self.pk}"
