"""Issued papers: numbers without a gap, bytes that stay, faces that show them to whom they belong."""

from __future__ import annotations

import contextlib
import hashlib
from decimal import Decimal

import pytest
from django.apps import apps
from django.core import mail
from django.db.utils import DatabaseError
from django.test import Client
from django.utils import translation

from accounts import services as accounts
from accounts.models import Role, User
from billing import invariants, services
from billing.selectors import documents_of, snapshot_of
from catalog.models import Product
from core import clock
from core.transactions import write_transaction
from notifications.services import deliver
from orders.models import Order
from orders.services.charging import book_capture
from orders.tests.test_refunding import ask, left
from orders.tests.test_transitions import settle
from tests.api_client import ApiClient, refusal
from tests.shop import Shop


def drawn(order: Order) -> list[int]:
    """Its papers' keys, oldest first, with their pages drawn."""
    services.draw_waiting(now=clock.now(), everything=True)
    return [paper.id for paper in reversed(documents_of(order_id=order.pk))]


def refunded(shop: Shop) -> Order:
    """Charged 60.00, and 5.00 given back."""
    order = left(shop, shop.order())
    ask(shop.manager(), order, amount=Decimal("5.00"))
    settle(order)
    return order


def broken(rules: object = None) -> list[str]:
    return [found.what for rule in invariants.RULES for found in rule.check(None)]


class TestSeries:
    def test_run_without_gaps_each_by_itself(self, shop: Shop) -> None:
        orders = [refunded(shop) for _ in range(2)]
        numbers = [paper.number for order in orders for paper in documents_of(order_id=order.pk)]
        year = clock.shop_date(clock.now()).year
        assert numbers == [
            f"C{year}-000001", f"{year}-000001", f"C{year}-000002", f"{year}-000002",
        ]  # fmt: skip

    def test_a_rollback_takes_the_number_back(self, shop: Shop) -> None:
        first, second = shop.order(), shop.order()
        content = snapshot_of(document_id=documents_of(order_id=refunded(shop).pk)[1].id)

        def issue(order: Order) -> str:
            values = {"content": content, "total": Decimal(1), "vat": [], "now": clock.now()}
            paper = services.issue(type="TAX_INVOICE_RECEIPT", order_id=order.pk, **values)  # type: ignore[arg-type]
            return paper.number

        lost = ""
        with contextlib.suppress(ZeroDivisionError), write_transaction():
            lost = issue(first)
            raise ZeroDivisionError
        with write_transaction():
            assert issue(second) == lost

    def test_a_gap_is_found_by_the_books(self, shop: Shop) -> None:
        order = refunded(shop)
        drawn(order)
        assert broken() == []
        apps.get_model("billing", "DocumentSeries").objects.filter(type="CREDIT_NOTE").update(
            last=2
        )
        (what,) = broken()
        assert what.startswith("2 numbers of CREDIT_NOTE")

    def test_booked_once(self, shop: Shop) -> None:
        order = left(shop, shop.order())
        with write_transaction():
            items = list(order.items.all())
            assert not book_capture(actor=None, order=order, items=items, now=clock.now())
        assert len(documents_of(order_id=order.pk)) == 1


class TestBytes:
    def test_nothing_reaches_an_issued_paper(self, shop: Shop) -> None:
        """The buyer changes name and address, the product its name: the same bytes, the same hash."""
        order = refunded(shop)
        key = drawn(order)[0]
        client = ApiClient(order.user)
        path = f"/orders/{order.pk}/documents/{key}?lang=he"
        before = client.get(path)
        User.objects.filter(pk=order.user_id).update(full_name="Somebody Else")
        order.delivery.line1 = "Elsewhere 7"
        order.delivery.save()
        Product.objects.update(name_he="אחר")
        order.items.update(name_he="אחר")
        services.draw_document(document_id=key, now=clock.now())
        after = client.get(path)
        assert before.content == after.content
        digest = hashlib.sha256(after.content).hexdigest()
        assert before["ETag"] == after["ETag"] == f'"{digest}"'

    @pytest.mark.parametrize("model", ["Document", "DocumentFile"])
    def test_the_database_keeps_them(self, shop: Shop, model: str) -> None:
        drawn(refunded(shop))
        rows = apps.get_model("billing", model).objects
        field = {"Document": {"total": 1}, "DocumentFile": {"content": b"x"}}[model]
        with pytest.raises(DatabaseError, match="Cannot update"), write_transaction():
            rows.update(**field)
        with pytest.raises(DatabaseError, match="Cannot delete"), write_transaction():
            rows.order_by("-id").first().delete()

    def test_pages_are_what_their_hash_says(self, shop: Shop) -> None:
        key = drawn(refunded(shop))[0]
        files = apps.get_model("billing", "DocumentFile").objects
        files.model._meta.get_field("content")
        with pytest.raises(DatabaseError, match="document_file_hash"), write_transaction():
            files.create(document_id=key, language="fr", content=b"x", sha256="0" * 64,
                         drawn_at=clock.now())  # fmt: skip

    def test_a_lost_job_is_found(self, shop: Shop) -> None:
        order = refunded(shop)
        files = apps.get_model("billing", "DocumentFile").objects
        assert services.draw_waiting(now=clock.now()) == 2
        assert services.draw_waiting(now=clock.now()) == 0
        assert files.filter(document__order=order).count() == 4
        assert all(bytes(one.content).startswith(b"%PDF-1.7") for one in files.all())

    def test_a_signer_has_the_last_word(self, shop: Shop, settings) -> None:  # type: ignore[no-untyped-def]
        settings.DOCUMENT_SIGNER = "billing.tests.test_documents.stamp"
        order = refunded(shop)
        key = drawn(order)[0]
        body = ApiClient(order.user).get(f"/orders/{order.pk}/documents/{key}").content
        assert body.endswith(b"% signed\n")

    def test_the_archive_lets_go_after_seven_years(self, shop: Shop) -> None:
        order = refunded(shop)
        drawn(order)
        now = clock.now()
        assert services.forget(now=now.replace(year=now.year + 7)) == 0
        with pytest.raises(DatabaseError, match="Cannot delete"), write_transaction():
            services.forget(now=now.replace(year=now.year + 9))  # the database knows the year


def stamp(pdf: bytes) -> bytes:
    return pdf + b"% signed\n"


class TestContent:
    def test_a_credit_note_names_its_invoice_and_its_reason(self, shop: Shop) -> None:
        order = left(shop, shop.order())
        ask(shop.manager(), order, fee=True, reason_code="LATE", reason="an hour")
        settle(order)
        note, invoice = documents_of(order_id=order.pk)
        content = snapshot_of(document_id=note.id)
        assert content["corrects"]["number"] == invoice.number
        with translation.override("en"):
            from billing.wording import words_of

            said = words_of(content)
        assert said["title"] == "Credit invoice"
        assert invoice.number in said["note"]
        assert "late" in said["note"]
        assert "an hour" in said["note"]
        assert [row["name"] for row in said["rows"]] == ["Delivery"]


class TestFaces:
    def test_lists_are_for_the_owner_and_for_staff(self, shop: Shop) -> None:
        order = refunded(shop)
        for person, path in [
            (order.user, f"/orders/{order.pk}/documents"),
            (shop.person(Role.ADMIN), f"/orders/{order.pk}/documents"),
            (shop.employee(), f"/ops/orders/{order.pk}/documents"),
        ]:
            rows = ApiClient(person).get(path).json()["data"]
            assert [(row["type"], row["total"]) for row in rows] == [
                ("CREDIT_NOTE", "5.00"), ("TAX_INVOICE_RECEIPT", "60.00"),
            ]  # fmt: skip
            assert rows[0]["refund_id"]
            assert rows[1]["refund_id"] is None
            assert rows[1]["vat"] == [{"rate": "18.00", "net": "50.85", "vat": "9.15"}]

    def test_strangers_find_nothing(self, shop: Shop) -> None:
        order, other = refunded(shop), refunded(shop)
        key = drawn(order)[0]
        for person in (shop.customer(), shop.employee(), shop.manager()):
            refusal(ApiClient(person).get(f"/orders/{order.pk}/documents"), 404, "NOT_FOUND")
            path = f"/orders/{order.pk}/documents/{key}"
            refusal(ApiClient(person).get(path), 404, "NOT_FOUND")
        path = f"/orders/{other.pk}/documents/{key}"
        refusal(ApiClient(other.user).get(path), 404, "NOT_FOUND")
        path = f"/ops/orders/{order.pk}/documents"
        refusal(ApiClient(order.user).get(path), 403, "PERMISSION_DENIED")
        refusal(ApiClient(None).get(f"/orders/{order.pk}/documents"), 401, "NOT_AUTHENTICATED")
        path = f"/orders/{order.pk}/documents/{key}?lang=fr"
        refusal(ApiClient(order.user).get(path), 400, "VALIDATION_ERROR")

    def test_not_drawn_yet(self, shop: Shop) -> None:
        order = refunded(shop)
        key = documents_of(order_id=order.pk)[0].id
        response = ApiClient(order.user).get(f"/orders/{order.pk}/documents/{key}")
        refusal(response, 503, "DOCUMENT_NOT_DRAWN")
        assert response["Retry-After"] == "2"

    def test_the_answer_is_a_named_pdf_that_is_not_sent_twice(self, shop: Shop) -> None:
        order = refunded(shop)
        key, number = drawn(order)[0], documents_of(order_id=order.pk)[1].number
        client, path = ApiClient(order.user), f"/orders/{order.pk}/documents/{key}"
        response = client.get(path, headers={"Accept-Encoding": "gzip"})
        assert response["Content-Type"] == "application/pdf"
        assert response["Content-Disposition"] == f'inline; filename="{number}.pdf"'
        assert response["ETag"].startswith('"')  # strong: not packed on the way
        client.check = False  # 304 is HTTP's own answer
        again = client.get(path, headers={"If-None-Match": response["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        hebrew = client.get(f"{path}?lang=he")
        assert hebrew.content != response.content
        invoice = client.get(f"/orders/{order.pk}/invoice")
        assert invoice.content == response.content

    def test_one_statement_beside_who_asks(self, shop: Shop, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
        order = refunded(shop)
        key, client = drawn(order)[0], ApiClient(order.user)
        with django_assert_num_queries(2):
            client.get(f"/orders/{order.pk}/documents/{key}")

    def test_pages_show_them(self, shop: Shop, client: Client) -> None:
        order = refunded(shop)
        keys = drawn(order)
        for person, page, link in [
            (order.user, "/orders/{}/", "/orders/{}/documents/{}/"),
            (shop.employee(), "/ops/orders/{}/", "/ops/orders/{}/documents/{}/"),
        ]:
            client.force_login(person)
            body = client.get(page.format(order.order_number)).content.decode()
            for key in keys:
                path = link.format(order.order_number, key)
                assert path in body
                response = client.get(f"{path}?lang=en")
                assert (response.status_code, response.content[:5]) == (200, b"%PDF-")
        client.force_login(shop.customer())
        path = f"/orders/{order.order_number}/documents/{keys[0]}/"
        assert client.get(path).status_code == 404
        client.force_login(order.user)
        assert (
            client.get(f"/ops/orders/{order.order_number}/documents/{keys[0]}/").status_code == 403
        )


class TestMail:
    @pytest.mark.parametrize(("given", "files"), [(True, 1), (False, 0), (None, 0)])
    def test_a_paper_is_mailed_once_with_its_pdf_where_that_was_agreed(
        self,
        shop: Shop,
        settings,  # type: ignore[no-untyped-def]
        given: bool | None,
        files: int,
    ) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        order = left(shop, shop.order())
        if given is not None:
            accounts.consent_to_documents(actor=order.user, given=given, now=clock.now())
        (paper,) = documents_of(order_id=order.pk)
        key = f"order_document:{paper.id}"
        assert deliver(dedupe_key=key, now=clock.now())
        assert not deliver(dedupe_key=key, now=clock.now())
        (letter,) = mail.outbox
        assert paper.number in letter.subject
        assert len(letter.attachments) == files
        if files:
            assert letter.attachments[0][0] == f"{paper.number}.pdf"

    def test_a_refund_is_told(self, shop: Shop, settings) -> None:  # type: ignore[no-untyped-def]
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        order = refunded(shop)
        note = documents_of(order_id=order.pk)[0]
        assert deliver(dedupe_key=f"refund_issued:{note.refund_id}", now=clock.now())
        (letter,) = mail.outbox
        assert "5.00" in letter.subject


def test_consent_is_kept_with_its_text_and_moment(shop: Shop) -> None:
    ada = shop.customer()
    client = ApiClient(ada)
    assert client.get("/me").json()["data"]["documents_consent"] is None
    for answer in (True, True, False):
        body = client.patch("/me", {"documents_consent": answer}).json()["data"]
        assert body["documents_consent"] is answer
    assert list(ada.consents.values_list("kind", "given").order_by("pk")) == [
        ("DOCUMENTS", True), ("DOCUMENTS", False),
    ]  # fmt: skip
