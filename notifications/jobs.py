"""The background side of messages."""

from __future__ import annotations

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from accounts.services.devices import NEW_DEVICE_TASK
from accounts.services.guessing import GUARDED_TASK
from accounts.services.mail_proofs import MAIL_TASK as PROOF_TASK
from accounts.services.passwords import CHANGED_TASK
from accounts.services.passwords import MAIL_TASK as PASSWORD_TASK
from accounts.services.second_factor import RESET_TASK
from core import clock
from notifications import services
from notifications.errors import MailNotSent

AGAIN = RetryStrategy(
    max_attempts=services.MOST_ATTEMPTS, exponential_wait=4, retry_exceptions={MailNotSent}
)


@app.task(name="notifications.deliver", retry=AGAIN)
def deliver(dedupe_key: str) -> bool:
    """Send one owed message."""
    return services.deliver(dedupe_key=dedupe_key, now=clock.now())


@app.task(name="notifications.send_phone_code", retry=AGAIN)
def send_phone_code(code_id: int) -> bool:
    """Send the code that proves a phone."""
    return services.send_phone_code(code_id=code_id, now=clock.now())


@app.task(name=PASSWORD_TASK, retry=AGAIN)
def send_password_reset(reset_id: int) -> None:
    """Owe the link for a new password, where there is somebody to send it to."""
    services.owe_password_reset(reset_id=reset_id, now=clock.now())


@app.task(name=PROOF_TASK, retry=AGAIN)
def send_mail_proof(proof_id: int) -> None:
    """Owe a link that proves an address or stops its change."""
    services.owe_mail_proof(proof_id=proof_id, now=clock.now())


@app.task(name=CHANGED_TASK, retry=AGAIN)
def send_password_changed(user_id: int, at: str) -> None:
    """Owe the word that a password was changed."""
    services.owe_account_message(
        user_id=user_id, event="account_password_changed", key=f"password:{user_id}:{at}",
        context={"user_id": user_id, "at": at},
    )  # fmt: skip


@app.task(name=NEW_DEVICE_TASK, retry=AGAIN)
def send_new_sign_in(user_id: int, device_id: int) -> None:
    """Owe the word that somebody signed in on a new device."""
    services.owe_account_message(
        user_id=user_id, event="account_new_sign_in", key=f"device:{device_id}",
        context={"device_id": device_id},
    )  # fmt: skip


@app.task(name=GUARDED_TASK, retry=AGAIN, pass_context=True)
def send_guarded(job: JobContext, user_id: int) -> None:
    """Owe the word that strangers try a password, and how to get in meanwhile."""
    services.owe_account_message(
        user_id=user_id, event="account_guarded", key=f"guarded:{job.job.id}",
        context={"user_id": user_id},
    )  # fmt: skip


@app.task(name=RESET_TASK, retry=AGAIN, pass_context=True)
def send_second_factor_reset(job: JobContext, user_id: int) -> None:
    """Owe the word that a second factor was taken off."""
    services.owe_account_message(
        user_id=user_id, event="account_second_factor_reset", key=f"second-factor:{job.job.id}",
        context={"user_id": user_id},
    )  # fmt: skip


@app.task(
    name="notifications.send_enquiry", retry=RetryStrategy(max_attempts=8, exponential_wait=4)
)
def send_enquiry(enquiry_id: int) -> bool:
    """Hand what somebody asked to the shop's mailbox."""
    return services.send_enquiry(enquiry_id=enquiry_id, now=clock.now())


@app.periodic(cron="11 4 * * *")
@app.task(name="notifications.forget_enquiries", queueing_lock="notifications.forget_enquiries")
def forget_enquiries(timestamp: int) -> int:
    """Remove what was asked half a year ago."""
    return services.forget_enquiries(now=clock.now())


@app.periodic(cron="* * * * *")
@app.task(name="notifications.sweep", queueing_lock="notifications.sweep")
def sweep(timestamp: int) -> int:
    """Find messages whose job was lost."""
    return services.sweep(now=clock.now())
