-- The writes of one order of five lines, as a person would write them for pgbench: both transactions,
-- the same rows, nothing asked and nothing checked.
\set user random(:first, :last)
BEGIN;
INSERT INTO checkout_idempotencykey (user_id, key, scope, body_hash, state, lease_expires_at, created_at)
VALUES (:user, gen_random_uuid()::text, 'confirm', '', 'IN_PROGRESS', now(), now())
RETURNING id AS key, 'B-' || substr(md5(random()::text || id), 1, 9) AS number \gset
INSERT INTO cart_cart (user_id, status, substitution, created_at, updated_at)
VALUES (:user, 'ABANDONED', 'BEST_MATCH', now(), now()) RETURNING id AS cart \gset
UPDATE branches_datedslot SET taken = taken + 1 WHERE id = :dated;
SELECT id FROM inventory_stock WHERE branch_id = :branch AND product_id BETWEEN :low AND :high
ORDER BY product_id FOR UPDATE;
WITH moved AS (
    UPDATE inventory_stock SET reserved = reserved + 1, updated_at = now()
    WHERE branch_id = :branch AND product_id BETWEEN :low AND :high RETURNING id, on_hand, reserved
), told AS (
    INSERT INTO audit_auditentry
        (entity_type, entity_id, action, old_value, new_value, context, actor_id, created_at)
    SELECT 'stock', id, 'RESERVE', jsonb_build_object('reserved', reserved - 1),
        jsonb_build_object('reserved', reserved), '{"reason": "RESERVE"}', :user, now() FROM moved
)
INSERT INTO inventory_stockmovement
    (stock_id, reason, on_hand_delta, reserved_delta, on_hand_after, reserved_after, reference, actor_id,
     created_at)
SELECT id, 'RESERVE', 0, 1, on_hand, reserved, 'order :number', :user, now() FROM moved;
INSERT INTO payments_payment
    (user_id, order_number, provider, provider_reference, idempotency_key, brand, last4, state, amount,
     authorized, captured, refunded, failure, kept_token,
     consent_text, created_at, updated_at)
VALUES (:user, ':number', 'sandbox', '', ':number', '', '4242', 'PENDING', 80, 0, 0, 0, '', '',
    '', now(), now())
RETURNING id AS payment \gset
INSERT INTO payments_providercall
    (payment_id, kind, amount, idempotency_key, state, attempts, failure, created_at)
VALUES (:payment, 'AUTHORIZE', 80, ':number', 'STARTED', 1, '', now());
INSERT INTO checkout_reservation
    (user_id, cart_id, key_id, payment_id, branch_id, dated_slot_id, order_number, status,
     fulfillment_type, details, subtotal, discount_total, delivery_fee, vat_total, total, expires_at,
     created_at)
VALUES (:user, :cart, :key, :payment, :branch, :dated, ':number', 'ACTIVE', 'DELIVERY',
    '{"line1": "3 HaZait", "city": "Haifa"}', 50, 0, 30, 12, 80, now(), now())
RETURNING id AS reservation \gset
INSERT INTO checkout_reservationline
    (reservation_id, product_id, name_he, name_en, sku, sold_by, quantity, unit_price, discount,
     line_total, vat_class, vat_rate, substitution)
SELECT :reservation, id, name_he, name_en, sku, sold_by, 1, price, 0, price, vat_class_id, 18, 'BEST_MATCH'
FROM catalog_product WHERE id BETWEEN :low AND :high;
COMMIT;
BEGIN;
UPDATE cart_cart SET status = 'CHECKED_OUT', updated_at = now() WHERE id = :cart;
INSERT INTO orders_order
    (order_number, user_id, cart_id, payment_id, branch_id, fulfillment_type, status, was_ready,
     dated_slot_id, due_at, subtotal, discount_total, delivery_fee, fee_vat_rate, vat_total,
     total_amount, charges_total, captured_total, charged_goods, charged_fee, charged_extras, refunded_fee,
     business_name, vat_id, leaving_to, notes, created_at, updated_at)
VALUES (':number', :user, :cart, :payment, :branch, 'DELIVERY', 'CREATED', false, :dated, now(), 50, 0,
    30, 18, 12, 80, 0, 0, 0, 0, 0, 0, '', '', '', '', now(), now())
RETURNING id AS bought \gset
INSERT INTO orders_orderdelivery
    (order_id, recipient, phone, line1, line2, city, postal_code, floor, door_code, instructions,
     preference, note)
VALUES (:bought, 'Ada', '', '3 HaZait', '', 'Haifa', '', '', '', '', 'HAND_OVER', '');
INSERT INTO orders_orderitem
    (order_id, product_id, name_he, name_en, sku, sold_by, unit_price, quantity, discount, line_total,
     vat_rate, substitution, picked_status, missing_reason)
SELECT :bought, product_id, name_he, name_en, sku, sold_by, unit_price, quantity, discount, line_total,
    vat_rate, substitution, 'PENDING', ''
FROM checkout_reservationline WHERE reservation_id = :reservation;
INSERT INTO orders_orderstatuschange (order_id, status, reason, actor_id, at)
VALUES (:bought, 'CREATED', '', :user, now());
INSERT INTO notifications_message
    (user_id, channel, kind, context, dedupe_key, state, attempts, created_at)
VALUES (:user, 'EMAIL', 'order_confirmed', '{}', ':number', 'QUEUED', 0, now());
INSERT INTO procrastinate_jobs (queue_name, task_name, lock, args)
VALUES ('default', 'notifications.deliver', ':number', '{}');
UPDATE checkout_reservation SET status = 'CONSUMED', finished_at = now(), details = '{}'
WHERE id = :reservation;
UPDATE checkout_idempotencykey SET state = 'DONE', response_status = 201,
    response_body = '{"order_number": ":number"}' WHERE id = :key;
UPDATE payments_payment SET state = 'AUTHORIZED', provider_reference = ':number', authorized = 80,
    updated_at = now() WHERE id = :payment;
UPDATE payments_providercall SET state = 'SUCCEEDED', finished_at = now() WHERE payment_id = :payment;
INSERT INTO audit_auditentry
    (entity_type, entity_id, action, old_value, new_value, context, actor_id, created_at)
VALUES ('order', :bought, 'CREATE', '{}', '{"status": "CREATED"}', '{}', :user, now()),
    ('payment', :payment, 'CREATE', '{}', '{"state": "AUTHORIZED"}', '{}', NULL, now());
COMMIT;
