"""Everything that changes messages and what people want of them."""

from notifications.services.account_mail import (
    owe_account_message,
    owe_mail_proof,
    owe_password_reset,
    say_farewell,
)
from notifications.services.enquiries import (
    EnquiryData,
    ask,
    forget_enquiries,
    note_answered,
    send_enquiry,
)
from notifications.services.news import NewsData, send_news, write_news
from notifications.services.outbox import queue
from notifications.services.phone_codes import send_phone_code
from notifications.services.preferences import change_preferences, switch_off
from notifications.services.receipts import resend, take_receipt
from notifications.services.sending import MOST_ATTEMPTS, deliver, hours_of, sweep

__all__ = [
    "MOST_ATTEMPTS",
    "EnquiryData",
    "NewsData",
    "ask",
    "change_preferences",
    "deliver",
    "forget_enquiries",
    "hours_of",
    "note_answered",
    "owe_account_message",
    "owe_mail_proof",
    "owe_password_reset",
    "queue",
    "resend",
    "say_farewell",
    "send_enquiry",
    "send_news",
    "send_phone_code",
    "sweep",
    "switch_off",
    "take_receipt",
    "write_news",
]  # fmt: skip
