"""Everything that changes a person, their addresses or their tokens."""

from accounts.services.addresses import (
    AddressData,
    add_address,
    delete_address,
    set_default_address,
    update_address,
)
from accounts.services.passwords import (
    change_password,
    forgot_password,
    reset_password,
    reset_secret,
)
from accounts.services.people import change_person
from accounts.services.profile import register, update_profile
from accounts.services.sign_in import TokenPair, authenticate, issue_tokens, logout, refresh

__all__ = [
    "AddressData", "TokenPair", "add_address", "authenticate", "change_password", "change_person",
    "delete_address", "forgot_password", "issue_tokens", "logout", "refresh", "register",
    "reset_password", "reset_secret", "set_default_address", "update_address", "update_profile",
]  # fmt: skip
