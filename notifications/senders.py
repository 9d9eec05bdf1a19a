"""The way out: Django's mail, whatever backend is configured."""

from __future__ import annotations

from django.core.mail import EmailMultiAlternatives

from notifications.letters import Letter


def send_mail(letter: Letter) -> None:
    """Hand the letter to the mail backend. Raises what the backend raises."""
    mail = EmailMultiAlternatives(subject=letter.subject, body=letter.text, to=[letter.to])
    mail.attach_alternative(letter.html, "text/html")
    mail.send()
