"""What `manage.py check` says about the way money is taken."""

from __future__ import annotations

import pytest

from payments.checks import provider_is_set_up


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"PAYMENT_PROVIDER": "sandbox", "MAMI_DEMO": True}, []),
        ({"PAYMENT_PROVIDER": "sandbox", "MAMI_DEMO": False}, []),
        ({"PAYMENT_PROVIDER": "paypal"}, ["payments.E001"]),
        ({"PAYMENT_PROVIDER": "stripe", "STRIPE_SECRET_KEY": ""}, ["payments.E002"]),
        ({"PAYMENT_PROVIDER": "stripe", "STRIPE_SECRET_KEY": "sk_x"}, []),
        (
            {
                "PAYMENT_PROVIDER": "stripe",
                "STRIPE_SECRET_KEY": "sk_x",
                "STRIPE_WEBHOOK_SECRET": "whsec_x",
            },
            [],
        ),
    ],
)
def test_the_set_up(settings, values, found):
    for name, value in values.items():
        setattr(settings, name, value)
    assert [message.id for message in provider_is_set_up()] == found
