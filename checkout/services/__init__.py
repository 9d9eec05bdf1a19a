"""From a basket to a paid order: reserve, pay, commit; and recover what stayed in between.

`confirm` conducts and asks the provider with no lock held, `reserving` is the first transaction,
`finalizing` the second, `recovering` finishes what a crash left open, `awaiting` is about checkouts
whose bank wants the customer to confirm. `changing` conducts the change of a placed order likewise.
`paying` holds the money of an order that stands.
"""

from checkout.services.agreeing import answer_question, propose_change
from checkout.services.by_phone import order_by_phone, preview_by_phone
from checkout.services.change_finishing import recover_changes
from checkout.services.changing import ChangePreview, change, preview_change, resume_change
from checkout.services.confirm import ConfirmResult, confirm, resume_after_authentication
from checkout.services.paying import pay, return_from_bank
from checkout.services.preview import preview
from checkout.services.recovering import recover
from checkout.services.standing import order_standing

__all__ = [
    "ChangePreview",
    "ConfirmResult",
    "answer_question",
    "change",
    "confirm",
    "order_by_phone",
    "order_standing",
    "pay",
    "preview",
    "preview_by_phone",
    "preview_change",
    "propose_change",
    "recover",
    "recover_changes",
    "resume_after_authentication",
    "resume_change",
    "return_from_bank",
]
