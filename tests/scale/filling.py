"""A large shop written by the database itself: set by set, with triggers and foreign keys unasked.

What a row must say stands here; every other column has its default, or the emptiest value of its type.
"""

from __future__ import annotations

from typing import Any

EMPTIEST = {
    "timestamp with time zone": "now()",
    "date": "current_date",
    "jsonb": "'{}'",
    "boolean": "false",
    "ARRAY": "'{}'",
    "uuid": "gen_random_uuid()",
    "time without time zone": "time '10:00'",
    "character varying": "''",
    "text": "''",
}
WORDS = (
    "(ARRAY['Levi','Cohen','Mizrahi','Peretz','Biton','Dahan','Katz','Azoulay','Haddad','Golan'])"
)
# Five minutes apart, the last of them due in two days.
DUE = "(now() + interval '2 days' - ({orders} - n) * interval '5 minutes')"
OPEN = 500  # of the orders


class Filling:
    """Fills the database behind a psycopg `cursor`."""

    def __init__(self, cursor: Any, *, products: int = 100_000, orders: int = 200_000) -> None:
        self.cursor, self.products, self.orders = cursor, products, orders
        self.people = orders // 4

    def run(self) -> None:
        """Everything, with statistics. The shop has been seeded."""
        self.cursor.execute("SET statement_timeout = 0")
        self.cursor.execute("SET session_replication_role = replica")
        self.cursor.execute("SET maintenance_work_mem = '256MB'")
        self._people()
        self._goods()
        self._windows()
        self._orders()
        self._money()
        self._aftermath()
        self._belongings()
        self._trails()
        self._keys_go_on()
        self.cursor.execute("SET session_replication_role = origin")
        self.cursor.execute("VACUUM ANALYZE")

    def rows(self, table: str, count: int, *, where: str = "true", **values: str) -> None:
        """Rows of a table for n from 1 to `count`; `values` are expressions over n, `due`, and `{orders}`,
        `{people}` and `{products}`.
        """
        self.cursor.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s "
            "AND table_schema = 'public' AND is_generated = 'NEVER' AND is_nullable = 'NO' "
            "AND column_default IS NULL AND is_identity = 'NO'",
            [table],
        )
        for column, kind in self.cursor.fetchall():
            values.setdefault(column, EMPTIEST.get(kind, "0"))
        text = (
            f"INSERT INTO {table} ({', '.join(map(_quoted, values))}) SELECT {', '.join(values.values())} "
            f"FROM generate_series(1, {count}) n, LATERAL (SELECT {DUE} AS due) d WHERE {where}"
        )
        for name in ("orders", "people", "products"):
            text = text.replace(f"{{{name}}}", str(getattr(self, name)))
        self.cursor.execute(text)

    def _people(self) -> None:
        self.rows(
            "accounts_user", self.people, id="1000 + n", role="'CUSTOMER'", is_active="true",
            email="'c' || n || '@bench.test'", language="'he'", created_at="due",
            full_name=f"{WORDS}[1 + n % 10] || ' ' || {WORDS}[1 + n / 10 % 10] || ' ' || n",
            phone="'+97250' || lpad(n::text, 7, '0')", delivery_preference="'HAND_OVER'",
            email_state="'OK'",
        )  # fmt: skip
        self.rows(
            "accounts_address", self.people, user_id="1000 + n", line1="'HaZait ' || n",
            city="'Haifa'", is_default="true",
        )  # fmt: skip
        self.rows(
            "payments_paymenttoken", self.people, user_id="1000 + n", provider="'sandbox'",
            token="'tok_' || n", brand="'visa'", last4="'4242'", is_default="true",
        )  # fmt: skip
        self.rows(
            "accounts_signin", self.people, user_id="1000 + n", kind="'WEB'",
            session_key="'k' || n", device="'Firefox'", expires_at="now() + interval '9 days'",
        )  # fmt: skip

    def _goods(self) -> None:
        """Copies of the demo products under keys from 10,001; a fiftieth of their shelves run low."""
        self.cursor.execute(
            "SELECT string_agg(column_name, ', ') FROM information_schema.columns "
            "WHERE table_name = 'catalog_product' AND is_generated = 'NEVER' "
            "AND column_name NOT IN ('id', 'sku', 'barcode', 'gtin14', 'name_he', 'name_en')"
        )
        (kept,) = self.cursor.fetchone()
        self.cursor.execute(
            f"INSERT INTO catalog_product (id, sku, barcode, gtin14, name_he, name_en, {kept}) "
            "SELECT 10000 + n, 'B-' || n, '27' || lpad(n::text, 11, '0'), '027' || lpad(n::text, 11, '0'), "
            f"s.name_he || ' ' || n, s.name_en || ' ' || n, {kept} FROM generate_series(1, %s) n "
            "JOIN catalog_product s ON s.id = 1 + n %% 557",
            [self.products],
        )
        copied = (
            "words, heads, flavours, quantities, branches, category_id, path, brand_id, tags, allergens, price,"
            " on_sale, is_active, is_chametz, alike"
        )
        self.cursor.execute(
            f"INSERT INTO search_searchdocument (product_id, popularity, version, {copied})"
            f" SELECT 10000 + n, n %% 10, 1, {copied} FROM generate_series(1, %s) n"
            " JOIN search_searchdocument d ON d.product_id = 1 + n %% 557",
            [self.products],
        )
        self.rows(
            "inventory_stock", 5 * self.products, product_id="10001 + (n - 1) / 5",
            branch_id="1 + (n - 1) % 5", reorder_point="5",
            on_hand="CASE WHEN n % 50 = 0 THEN 3 WHEN n % 20 = 1 THEN 0 ELSE 40 END",
        )  # fmt: skip
        self.rows(
            "catalog_pricehistory", self.products, product_id="10000 + n", price="10",
            valid_from="now() - interval '90 days'",
        )  # fmt: skip

    def _windows(self) -> None:
        self.cursor.execute(
            "INSERT INTO branches_datedslot (slot_id, date, taken) SELECT s.id, d::date, 2 "
            "FROM generate_series(now() - %s * interval '5 minutes', now() + interval '10 days', "
            "interval '1 day') d JOIN branches_deliveryslot s ON s.day_of_week = extract(dow FROM d) "
            "ORDER BY d, s.id",
            [self.orders],
        )

    def _orders(self) -> None:
        last = f"n > {{orders}} - {OPEN}"
        self.rows(
            "cart_cart", self.orders, id="n", user_id="1001 + n % {people}", created_at="due",
            status="'CHECKED_OUT'",
        )  # fmt: skip
        self.rows(
            "orders_order", self.orders, id="n", order_number="'MS-' || lpad(upper(to_hex(n)), 8, '0')",
            user_id="1001 + n % {people}", cart_id="n", payment_id="n", branch_id="1 + n % 5",
            fulfillment_type="CASE WHEN n % 10 = 0 THEN 'PICKUP' ELSE 'DELIVERY' END",
            dated_slot_id="1 + n * (SELECT count(*) - 400 FROM branches_datedslot) / {orders}",
            status=f"CASE WHEN {last} THEN (ARRAY['CREATED','CREATED','IN_PROGRESS','READY','CREATED',"
            "'MISSING','DELAYED'])[1 + n % 7] WHEN n % 30 = 0 THEN 'CANCELED' ELSE 'DELIVERED' END",
            due_at="due", created_at="due - interval '1 day'", subtotal="30", total_amount="30",
            captured_at=f"CASE WHEN {last} OR n % 30 = 0 THEN NULL ELSE due END",
            captured_total=f"CASE WHEN {last} OR n % 30 = 0 THEN 0 ELSE 30 END",
            charged_goods=f"CASE WHEN {last} OR n % 30 = 0 THEN 0 ELSE 30 END",
            delivered_at=f"CASE WHEN {last} OR n % 30 = 0 THEN NULL ELSE due END",
        )  # fmt: skip
        self.rows(
            "orders_orderdelivery", self.orders, order_id="n", recipient="'Customer ' || n",
            phone="'+97250' || lpad(n::text, 7, '0')", line1="'HaZait ' || n", city="'Haifa'",
        )  # fmt: skip
        order = "(n - 1) / 3 + 1"
        last = f"{order} > {{orders}} - {OPEN}"
        missing = f"n % 200 = 0 AND NOT {last}"
        product = "10001 + n % {products}"
        self.rows(
            "orders_orderitem", 3 * self.orders, id="n", order_id=order, product_id=product,
            name_he="'מוצר ' || n", name_en="'Product ' || n", sku="'B-' || (1 + n % {products})",
            sold_by="'UNIT'", unit_price="10", quantity="1", line_total="10", vat_class="'STANDARD'",
            vat_rate="18", substitution="'SIMILAR'", missing_reason=f"CASE WHEN {missing} THEN 'x' ELSE '' END",
            picked_status=f"CASE WHEN {last} THEN 'PENDING' WHEN {missing} THEN 'MISSING' ELSE 'PICKED' END",
            picked_quantity=f"CASE WHEN {last} OR {missing} THEN NULL ELSE 1 END",
        )  # fmt: skip
        for status in ("CREATED", "DELIVERED"):
            self.rows(
                "orders_orderstatuschange", self.orders, order_id="n", status=f"'{status}'",
                at="due" if status == "DELIVERED" else "due - interval '1 day'",
            )  # fmt: skip

    def _money(self) -> None:
        last = f"n > {{orders}} - {OPEN}"
        self.rows(
            "payments_payment", self.orders, id="n", user_id="1001 + n % {people}",
            order_number="'MS-' || lpad(upper(to_hex(n)), 8, '0')", provider="'sandbox'",
            provider_reference="'sb_' || n", idempotency_key="'pay-' || n", brand="'visa'", last4="'4242'",
            state=f"CASE WHEN {last} THEN 'AUTHORIZED' WHEN n % 30 = 0 THEN 'VOIDED' "
            "WHEN n % 25 = 0 THEN 'PARTIALLY_REFUNDED' ELSE 'CAPTURED' END",
            amount="30", authorized="30", captured=f"CASE WHEN {last} OR n % 30 = 0 THEN 0 ELSE 30 END",
            refunded=f"CASE WHEN n % 25 = 0 AND n % 30 > 0 AND NOT {last} THEN 5 ELSE 0 END",
            created_at="due - interval '1 day'", updated_at="due",
        )  # fmt: skip
        for kind in ("AUTHORIZE", "CAPTURE"):
            self.rows(
                "payments_providercall", self.orders, payment_id="n", kind=f"'{kind}'", amount="30",
                idempotency_key=f"'{kind}-' || n", state="'SUCCEEDED'", attempts="1", created_at="due",
                finished_at="due",
            )  # fmt: skip
        paid = f"n % 25 = 0 AND n % 30 > 0 AND n <= {{orders}} - {OPEN}"
        self.rows(
            "payments_providercall", self.orders, where=paid, id="10000000 + n", payment_id="n",
            kind="'REFUND'", amount="5", idempotency_key="'REFUND-' || n", state="'SUCCEEDED'",
            attempts="1", created_at="due", finished_at="due",
        )  # fmt: skip
        self.rows(
            "payments_refund", self.orders, where=paid, id="n", payment_id="n", call_id="10000000 + n",
            amount="5", reason_code="'DAMAGED'", created_at="due",
        )  # fmt: skip
        self.rows(
            "billing_document", self.orders, where=f"NOT ({last}) AND n % 30 > 0", id="n",
            type="'TAX_INVOICE_RECEIPT'", year="2026", serial="n", order_id="n", issued_at="due",
            number="'INV-2026-' || lpad(n::text, 6, '0')", total="30", vat="'{}'",
        )  # fmt: skip
        self.rows(
            "billing_document", self.orders, where=paid, id="10000000 + n", type="'CREDIT_NOTE'",
            year="2026", serial="n", order_id="n", corrects_id="n", refund_id="n", issued_at="due",
            number="'CN-2026-' || lpad(n::text, 6, '0')", total="5", vat="'{}'",
        )  # fmt: skip
        self.rows(
            "payments_reconciliationcase", self.orders // 8, payment_id="8 * n", kind="'HOLD_LOST'",
            status="CASE WHEN n % 2000 = 0 THEN 'OPEN' ELSE 'RESOLVED' END",
            resolution="CASE WHEN n % 2000 = 0 THEN '' ELSE 'VOIDED' END", created_at="due",
        )  # fmt: skip
        self.rows(
            "payments_dispute", self.orders // 8, payment_id="8 * n", provider_reference="'dp_' || n",
            amount="30", reason="'FRAUD'", opened_at="due",
            status="CASE WHEN n % 1000 = 0 THEN 'OPEN' WHEN n % 3 = 0 THEN 'LOST' ELSE 'WON' END",
        )  # fmt: skip
        self.rows(
            "payments_payoutrow", self.orders, provider="'sandbox'", date="due::date", type="'CHARGE'",
            reference="'sb_' || n", gross="30", fee="1", net="29",
        )  # fmt: skip

    def _aftermath(self) -> None:
        some = self.orders // 8
        self.rows(
            "orders_problemreport", some, id="n", order_id="8 * n", user_id="1001 + 8 * n % {people}",
            key="'k' || n", decided_at="due", is_automatic="n % 3 = 0", created_at="due",
            status="CASE WHEN n % 500 = 0 THEN 'RECEIVED' WHEN n % 4 = 0 THEN 'REJECTED' ELSE 'REFUNDED' END",
        )  # fmt: skip
        self.rows(
            "orders_problemitem", some, report_id="n", item_id="24 * n", quantity="1", kind="'DAMAGED'",
            amount="10", status="'REFUNDED'",
        )  # fmt: skip
        self.rows(
            "orders_orderquestion", some, order_id="8 * n", item_id="24 * n", kind="'SUBSTITUTE'",
            status="'ANSWERED'", asked_at="due", answer_until="due", answered_at="due",
        )  # fmt: skip
        self.rows(
            "orders_staffnote", some, customer_id="1001 + n", order_id="8 * n", text="'called'",
            author_id="5", at="due",
        )  # fmt: skip
        self.rows(
            "stockrequests_stockrequest", some, branch_id="1 + n % 5", product_id="10000 + n",
            request_type="'ADD_QUANTITY'", quantity="5", requested_by_id="CASE WHEN n % 5 = 0 THEN 5 ELSE 3 END", created_at="due",
            status="CASE WHEN n % 400 = 0 THEN 'PENDING' WHEN n % 3 = 0 THEN 'REJECTED' ELSE 'APPROVED' END",
            rejection_reason="CASE WHEN n % 3 = 0 THEN 'no' ELSE '' END",
            reviewed_by_id="CASE WHEN n % 400 = 0 THEN NULL ELSE 5 END", approved_quantity="5",
            reviewed_at="CASE WHEN n % 400 = 0 THEN NULL ELSE due END",
        )  # fmt: skip
        self.rows(
            "notifications_message", self.orders, user_id="1001 + n % {people}", channel="'EMAIL'",
            kind="(ARRAY['order_placed','order_delivered','refund_made'])[1 + n % 3]",
            context="jsonb_build_object('order_id', n)", dedupe_key="'o' || n", created_at="due",
            state="CASE WHEN n % 4000 = 0 THEN 'FAILED' ELSE 'SENT' END", sent_at="due",
        )  # fmt: skip

    def _belongings(self) -> None:
        people = self.people
        self.rows(
            "cart_cart", people, id="10000000 + n", user_id="1000 + n", status="'ACTIVE'",
        )  # fmt: skip
        self.rows(
            "cart_cartitem", 3 * people, cart_id="10000001 + (n - 1) / 3",
            product_id="10001 + n % {products}", quantity="1", price_when_added="10",
        )  # fmt: skip
        self.rows(
            "lists_shoppinglist", people, id="n", owner_id="1000 + n", is_favourites="true",
        )  # fmt: skip
        self.rows(
            "lists_listitem", 3 * people, list_id="1 + (n - 1) / 3",
            product_id="10001 + n % {products}", quantity="1",
        )  # fmt: skip
        self.rows(
            "waiting_waitingentry", people, user_id="1000 + n", product_id="10001 + n % 3000",
            state="CASE WHEN n % 20 = 0 THEN 'WAITING' ELSE 'ENDED' END", created_at="due",
            ended_at="CASE WHEN n % 20 = 0 THEN NULL ELSE due END",
        )  # fmt: skip
        self.rows(
            "standing_standingorder", people // 2, id="n", user_id="1000 + n", cadence="'WEEKLY'",
            weekdays="ARRAY[n % 6]", fulfillment_type="'DELIVERY'", lead_days="2", holiday_rule="'MOVE'",
            status="(ARRAY['ACTIVE','PAUSED','ENDED'])[1 + n % 3]", starts_on="current_date - 90",
            address_id="(SELECT min(id) FROM accounts_address)",
        )  # fmt: skip
        self.rows(
            "standing_standingitem", people, standing_id="1 + (n - 1) / 2", quantity="1",
            product_id="10001 + n % {products}", substitution="'SIMILAR'", reference_price="10",
        )  # fmt: skip
        self.rows(
            "standing_occurrence", 2 * people, standing_id="1 + (n - 1) / 4",
            date="current_date + 7 * (n % 4)", window_date="current_date + 7 * (n % 4)",
            state="CASE WHEN n % 300 = 0 THEN 'FAILED' ELSE 'PLANNED' END",
            draft_at="now() + interval '5 days'", place_at="now() + interval '6 days'",
        )  # fmt: skip

    def _trails(self) -> None:
        self.rows(
            "audit_auditentry", 2 * self.orders, entity_type="(ARRAY['order','order_item','stock','product'])[1 + n % 4]",
            entity_id="n % 50000", action="(ARRAY['UPDATE','PICK','STATUS_CHANGE'])[1 + n % 3]",
            old_value="'{\"on_hand\": 1}'", new_value="'{\"on_hand\": 2}'",
            actor_id="CASE WHEN n % 5 = 2 THEN 5 END",
            created_at="now() - (2 * {orders} - n) * interval '2 minutes'",
        )  # fmt: skip
        self.rows(
            "inventory_stockmovement", 2 * self.orders, reason="(ARRAY['RESERVE','PICK'])[1 + n % 2]",
            stock_id="(SELECT min(id) FROM inventory_stock WHERE product_id > 10000) + n % (5 * {products})",
            on_hand_delta="-1", on_hand_after="39", created_at="now()",
            reference="'MS-' || lpad(upper(to_hex(n / 2)), 8, '0')",
        )  # fmt: skip
        self.cursor.execute(
            "UPDATE inventory_stock SET was_picked = true WHERE id IN "
            "(SELECT stock_id FROM inventory_stockmovement WHERE reason = 'PICK')"
        )
        self.rows(
            "checkout_reservation", self.orders, id="n", user_id="1001 + n % {people}", cart_id="n",
            payment_id="n", branch_id="1 + n % 5", status="'CONSUMED'", fulfillment_type="'DELIVERY'",
            order_number="'MS-' || lpad(upper(to_hex(n)), 8, '0')", created_at="due", finished_at="due",
            expires_at="due",
        )  # fmt: skip
        self.rows(
            "checkout_idempotencykey", self.orders, user_id="1001 + n % {people}", scope="'confirm'",
            key="'k' || n", body_hash="md5(n::text)", state="'DONE'", response_status="201",
            response_body="'{}'", created_at="due",
        )  # fmt: skip
        self.rows(
            "search_searchquerylog", self.people // 5, day="current_date - (n % 60)", text="'חלב ' || n",
            key="'חלב ' || n", language="'he'", searches="1 + n % 7", results="n % 9",
            status="CASE WHEN n % 5 = 0 THEN 'NOTHING' ELSE 'FOUND' END",
        )  # fmt: skip
        self.cursor.execute(
            "INSERT INTO search_searchtext (text, key, language, searches, results, status, since, last_at) "
            "SELECT text, key, language, searches, results, status, day, last_at FROM search_searchquerylog "
            "ON CONFLICT DO NOTHING"
        )
        self.rows(
            "procrastinate_jobs", self.people, queue_name="'default'",
            task_name="(ARRAY['mail','search_changes'])[1 + n % 2]",
            status="(CASE WHEN n % 9000 = 0 THEN 'failed' ELSE 'succeeded' END)::procrastinate_job_status",
        )  # fmt: skip

    def _keys_go_on(self) -> None:
        """The next row of the shop's own has a key above these."""
        self.cursor.execute(
            "SELECT c.oid::regclass::text, pg_get_serial_sequence(c.oid::regclass::text, 'id') FROM pg_class c "
            "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'id' "
            "WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace"
        )
        for table, sequence in self.cursor.fetchall():
            if sequence is None:
                continue
            self.cursor.execute(f"SELECT setval('{sequence}', coalesce(max(id), 1)) FROM {table}")


def _quoted(name: str) -> str:
    return f'"{name}"'
