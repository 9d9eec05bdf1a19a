"""Who did what to what, with the values before and after. Rows are only ever added."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.append_only import append_only


class AuditEntry(models.Model):
    """One write of the shop. `entity_type` is a model in lower snake case, `entity_id` its key."""

    class Action(models.TextChoices):
        CREATE = "CREATE", _("created")
        UPDATE = "UPDATE", _("changed")
        DEACTIVATE = "DEACTIVATE", _("deactivated")
        ACTIVATE = "ACTIVATE", _("activated")
        DELETE = "DELETE", _("deleted")
        STATUS_CHANGE = "STATUS_CHANGE", _("status changed")
        PICK = "PICK", _("picked")
        CANCEL = "CANCEL", _("cancelled")
        APPROVE = "APPROVE", _("approved")
        REJECT = "REJECT", _("rejected")
        RESERVE = "RESERVE", _("reserved")
        RELEASE = "RELEASE", _("released")
        CAPTURE = "CAPTURE", _("captured")
        VOID = "VOID", _("voided")
        REFUND = "REFUND", _("refunded")
        SET_DEFAULT = "SET_DEFAULT", _("made default")
        LOGIN_SUCCESS = "LOGIN_SUCCESS", _("signed in")
        LOGIN_FAILURE = "LOGIN_FAILURE", _("sign-in refused")
        PASSWORD_CHANGE = "PASSWORD_CHANGE", _("password changed")
        PASSWORD_RESET = "PASSWORD_RESET", _("password reset")
        READ = "READ", _("looked at")

    entity_type = models.CharField(_("what"), max_length=40)
    entity_id = models.BigIntegerField(_("number"))
    action = models.CharField(_("action"), max_length=20, choices=Action.choices)
    old_value = models.JSONField(_("before"), default=dict)
    new_value = models.JSONField(_("after"), default=dict)
    context = models.JSONField(_("context"), default=dict)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("who"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(_("when"), auto_now_add=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        ordering = ["-created_at", "-id"]
        triggers = append_only()
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="audit_created"),
            models.Index(fields=["entity_type", "entity_id", "-created_at"], name="audit_entity"),
            models.Index(fields=["entity_type", "-created_at", "-id"], name="audit_type"),
            models.Index(fields=["actor", "-created_at"], name="audit_actor"),
            models.Index(fields=["action", "-created_at"], name="audit_action"),
            # What is asked together and may be nowhere, which is seen at once by these.
            models.Index(
                fields=["entity_type", "action", "-created_at", "-id"], name="audit_type_action"
            ),
            models.Index(fields=["actor", "action", "-created_at"], name="audit_actor_action"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    action__in=[
                        "CREATE",
                        "UPDATE",
                        "DEACTIVATE",
                        "ACTIVATE",
                        "DELETE",
                        "STATUS_CHANGE",
                        "PICK",
                        "CANCEL",
                        "APPROVE",
                        "REJECT",
                        "RESERVE",
                        "RELEASE",
                        "CAPTURE",
                        "VOID",
                        "REFUND",
                        "SET_DEFAULT",
                        "LOGIN_SUCCESS",
                        "LOGIN_FAILURE",
                        "PASSWORD_CHANGE",
                        "PASSWORD_RESET",
                        "READ",
                    ]
                ),
                name="audit_action_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entity_type} {self.entity_id}: {self.get_action_display()}"
