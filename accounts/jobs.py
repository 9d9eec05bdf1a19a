"""What the worker does for accounts."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from accounts import selectors, services
from accounts.services.passwords import MAIL_TASK
from mami import clock


@app.task(name=MAIL_TASK, retry=RetryStrategy(max_attempts=5, exponential_wait=4))
def send_password_reset(reset_id: int) -> None:
    """Mail the link for a new password, unless it was used or expired meanwhile."""
    reset = selectors.open_reset(reset_id=reset_id, now=clock.now())
    if reset is None:
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
