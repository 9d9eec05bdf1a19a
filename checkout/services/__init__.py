"""From a basket to a paid order: reserve, pay, commit; and recover what stayed in between.

`confirm` conducts, `reserving` is the first transaction, `paying` asks the provider with no lock
held, `settling` is the second transaction, `recovering` finishes what a crash left open, `awaiting`
is about checkouts whose bank wants the customer to confirm.
"""

from checkout.services.confirm import ConfirmResult, come_back, confirm
from checkout.services.preview import preview
from checkout.services.recovering import recover, release_expired

__all__ = ["ConfirmResult", "come_back", "confirm", "preview", "recover", "release_expired"]
