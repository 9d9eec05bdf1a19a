"""Everything that changes a person, their addresses or their tokens."""

from accounts.services import second_factor, sessions
from accounts.services.addresses import (
    AddressData,
    add_address,
    delete_address,
    set_default_address,
    update_address,
)
from accounts.services.challenges import answer as answer_challenge
from accounts.services.challenges import sign_in
from accounts.services.consents import choose_consent, consent_to_documents, set_consent
from accounts.services.contact import (
    ask_email_change,
    confirm_email,
    take_back_email,
    verify_again,
    verify_email,
    withdraw_email_change,
)
from accounts.services.devices import remember as remember_device
from accounts.services.exporting import (
    ask_export,
    expire_exports,
    export_of,
    open_export,
    prepare_export,
)
from accounts.services.leaving import erase_account
from accounts.services.passwords import (
    change_password,
    forgot_password,
    reset_password,
    reset_secret,
)
from accounts.services.people import change_person
from accounts.services.phone import send_phone_code, verify_phone
from accounts.services.profile import register, update_profile
from accounts.services.sign_in import (
    REUSE_GRACE,
    TokenPair,
    authenticate,
    end_everywhere,
    issue_tokens,
    logout,
    refresh,
)
from accounts.services.tidying import forget_old_keys

__all__ = [
    "REUSE_GRACE",
    "AddressData",
    "TokenPair",
    "add_address",
    "answer_challenge",
    "ask_email_change",
    "ask_export",
    "authenticate",
    "change_password",
    "change_person",
    "choose_consent",
    "confirm_email",
    "consent_to_documents",
    "delete_address",
    "end_everywhere",
    "erase_account",
    "expire_exports",
    "export_of",
    "forget_old_keys",
    "forgot_password",
    "issue_tokens",
    "logout",
    "open_export",
    "prepare_export",
    "refresh",
    "register",
    "remember_device",
    "reset_password",
    "reset_secret",
    "second_factor",
    "send_phone_code",
    "sessions",
    "set_consent",
    "set_default_address",
    "sign_in",
    "take_back_email",
    "update_address",
    "update_profile",
    "verify_again",
    "verify_email",
    "verify_phone",
    "withdraw_email_change",
]  # fmt: skip
