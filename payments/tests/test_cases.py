"""Cases that a person closes."""

from __future__ import annotations

import pytest

from audit.models import AuditEntry
from core.errors import NotFound, PermissionRefused
from payments import services
from payments.models import ReconciliationCase


@pytest.fixture
def case(held, sandbox, time) -> ReconciliationCase:
    payment = held()
    sandbox.void(reference=payment.provider_reference, idempotency_key="ran out")
    services.sync_payment(payment_id=payment.pk, now=time.now)
    return ReconciliationCase.objects.get()


def test_a_manager_says_how_it_ended_and_it_stays_listed(case, mia, time):
    services.close_case(actor=mia, case_id=case.pk, resolution="VOIDED", now=time.now)
    case.refresh_from_db()
    assert (case.status, case.resolution, case.resolved_at) == ("RESOLVED", "VOIDED", time.now)
    told = AuditEntry.objects.get(entity_type="payment", action="UPDATE")
    assert (told.actor_id, told.new_value["resolution"]) == (mia.pk, "VOIDED")


def test_once(case, mia, time):
    services.close_case(actor=mia, case_id=case.pk, resolution="VOIDED", now=time.now)
    with pytest.raises(NotFound):
        services.close_case(actor=mia, case_id=case.pk, resolution="REFUNDED", now=time.now)
    case.refresh_from_db()
    assert case.resolution == "VOIDED"


def test_nobody_else_may(case, ada, time):
    with pytest.raises(PermissionRefused):
        services.close_case(actor=ada, case_id=case.pk, resolution="VOIDED", now=time.now)
    case.refresh_from_db()
    assert case.status == "OPEN"
