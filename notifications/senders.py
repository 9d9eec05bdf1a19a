"""The way out for mail: Django's, whatever backend is configured."""

from __future__ import annotations

from django.core.mail import EmailMultiAlternatives

from notifications.letters import Letter


def send_mail(letter: Letter) -> None:
    """Hand the letter to the mail backend. Raises what the backend raises."""
    headers = {"Auto-Submitted": "auto-generated"}
    if letter.message_id:
        headers["Message-ID"] = letter.message_id
    if letter.unsubscribe:
        headers["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = EmailMultiAlternatives(
        subject=letter.subject, body=letter.text, to=[letter.to], headers=headers
    )
    mail.attach_alternative(letter.html, "text/html")
    for file in letter.attachments:
        mail.attach(file.name, file.content, file.media_type)
    mail.send()
