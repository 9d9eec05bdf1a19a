"""What the worker does for accounts."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from accounts import selectors, services
from accounts.services.exporting import EXPORT_TASK
from accounts.services.guessing import GUARDED_TASK
from accounts.services.mail_proofs import MAIL_TASK as PROOF_TASK
from accounts.services.mail_proofs import secret_of
from accounts.services.passwords import MAIL_TASK
from accounts.services.second_factor import RESET_TASK
from core import clock


@app.task(name=MAIL_TASK, retry=RetryStrategy(max_attempts=5, exponential_wait=4))
def send_password_reset(reset_id: int) -> None:
    """Mail the link for a new password, unless it was used or expired meanwhile."""
    reset = selectors.open_reset(reset_id=reset_id, now=clock.now())
    if reset is None or reset.user is None:
        return
    with translation.override(reset.user.language):
        link = f"{settings.SITE_URL}/account/reset/{services.reset_secret(reset=reset)}/"
        send_mail(
            subject=_("A new password for Mami"),
            message=render_to_string(
                "accounts/mail/password_reset.txt", {"name": reset.user.full_name, "link": link}
            ),
            from_email=None,
            recipient_list=[reset.user.email],
        )


@app.task(name=PROOF_TASK, retry=RetryStrategy(max_attempts=5, exponential_wait=4))
def send_mail_proof(proof_id: int) -> None:
    """Mail a link that proves an address or stops its change, unless it is good no more."""
    proof = selectors.open_mail_proof(proof_id=proof_id, now=clock.now())
    if proof is None:
        return
    user = proof.user
    path, subject, template = {
        "VERIFY": ("verify", _("Please confirm your address at Mami"), "verify"),
        "CHANGE": ("email/confirm", _("Your new address at Mami"), "email_change"),
        "TAKE_BACK": ("email/stop", _("Your address at Mami is being changed"), "email_stop"),
    }[proof.kind]
    with translation.override(user.language):
        link = f"{settings.SITE_URL}/account/{path}/{secret_of(proof=proof)}/"
        send_mail(
            subject=str(subject),
            message=render_to_string(
                f"accounts/mail/{template}.txt", {"name": user.full_name, "link": link}
            ),
            from_email=None,
            recipient_list=[proof.email],
        )


@app.task(name=GUARDED_TASK, retry=RetryStrategy(max_attempts=5, exponential_wait=4))
def send_guarded(user_id: int) -> None:
    """Tell a person that strangers try their password, and how to get in meanwhile."""
    user = selectors.active_user(user_id=user_id)
    if user is None:
        return
    with translation.override(user.language):
        send_mail(
            subject=_("Somebody is trying your password for Mami"),
            message=render_to_string(
                "accounts/mail/guarded.txt",
                {"name": user.full_name, "link": f"{settings.SITE_URL}/account/forgot/"},
            ),
            from_email=None,
            recipient_list=[user.email],
        )


@app.task(name=RESET_TASK, retry=RetryStrategy(max_attempts=5, exponential_wait=4))
def send_second_factor_reset(user_id: int) -> None:
    """Tell a person that their second factor was taken off."""
    user = selectors.active_user(user_id=user_id)
    if user is None:
        return
    with translation.override(user.language):
        send_mail(
            subject=_("Your second factor for Mami was taken off"),
            message=render_to_string(
                "accounts/mail/second_factor_reset.txt", {"name": user.full_name}
            ),
            from_email=None,
            recipient_list=[user.email],
        )


@app.task(name=EXPORT_TASK, retry=RetryStrategy(max_attempts=5, exponential_wait=4))
def prepare_export(export_id: int) -> bool:
    """Make the copy of a person's data that was asked for."""
    return services.prepare_export(export_id=export_id, now=clock.now())


@app.periodic(cron="23 * * * *")
@app.task(name="accounts.expire_exports", queueing_lock="accounts.expire_exports")
def expire_exports(timestamp: int) -> int:
    """Remove copies kept for a week."""
    return services.expire_exports(now=clock.now())


@app.periodic(cron="37 3 * * *")
@app.task(name="accounts.forget_old_keys", queueing_lock="accounts.forget_old_keys")
def forget_old_keys(timestamp: int) -> int:
    """Remove what opens nothing any more: sessions, tokens, links, devices. The number of rows."""
    return services.forget_old_keys(now=clock.now())
