-- Settles a step-by-step sellback that the treasury has paid, in one statement: all or nothing.
-- Parameters: buyback, now (null: the database's clock).
-- Returns no row and changes nothing if the sellback has already ended or was never submitted.
WITH

-- 1. Lock the item, then the attempt: every path locks the two in this order.
item AS MATERIALIZED (
    SELECT *
      FROM inventory_item
     WHERE id = (SELECT item_id FROM buyback_buyback WHERE id = %(buyback)s)
       FOR NO KEY UPDATE
),
attempt AS MATERIALIZED (
    SELECT attempt.*
      FROM item
      JOIN buyback_buyback attempt ON attempt.id = %(buyback)s AND attempt.item_id = item.id
     WHERE attempt.state IN ('submitted', 'unknown', 'review')
       FOR NO KEY UPDATE OF attempt
),

-- 2. Read the clock after locking.
basis AS MATERIALIZED (
    SELECT attempt.id, attempt.environment_id, attempt.amount, attempt.requested_by,
           item.id AS item_id, item.public_id, item.collector_id, collector.user_id, pack.public_id AS pack,
           coalesce(%(now)s::timestamptz, clock_timestamp() + environment.clock_offset) AS now
      FROM attempt
      JOIN item ON item.id = attempt.item_id
      JOIN partners_environment environment ON environment.id = attempt.environment_id
      JOIN inventory_collector collector ON collector.id = item.collector_id
      JOIN inventory_pack pack ON pack.id = item.pack_id
),

-- 3. Write the sellback, payout, transfer and event.
sold AS (
    UPDATE inventory_item
       SET state = 'sold', sold_at = basis.now
      FROM basis
     WHERE inventory_item.id = basis.item_id AND inventory_item.state = 'selling'
 RETURNING inventory_item.id
),
settled AS (
    UPDATE buyback_buyback
       SET state = 'settled', completed_at = basis.now, lease_until = NULL, failure_code = '', failure_detail = ''
      FROM basis JOIN sold ON sold.id = basis.item_id
     WHERE buyback_buyback.id = basis.id AND buyback_buyback.state IN ('submitted', 'unknown', 'review')
 RETURNING buyback_buyback.id
),
payout AS (
    INSERT INTO buyback_payout (environment_id, buyback_id, collector_id, amount, state, created_at, paid_at)
    SELECT basis.environment_id, basis.id, basis.collector_id, basis.amount, 'paid', basis.now, basis.now
      FROM basis JOIN settled ON settled.id = basis.id
 RETURNING id
),
transfer AS (
    INSERT INTO buyback_transfer (environment_id, buyback_id, debit, credit, amount, created_at)
    SELECT basis.environment_id, basis.id, 'in_flight', 'paid_out', basis.amount, basis.now
      FROM basis JOIN settled ON settled.id = basis.id
),
event AS (
    INSERT INTO partners_event (environment_id, type, data, created_at)
    SELECT basis.environment_id, 'buyback.completed',
           jsonb_build_object('item_id', basis.public_id, 'user_id', basis.user_id, 'pack', basis.pack,
                              'buyback_id', basis.id, 'by', basis.requested_by, 'amount', basis.amount,
                              'payout_id', payout.id),
           basis.now
      FROM basis, payout
)

SELECT basis.public_id, basis.amount, payout.id FROM basis JOIN payout ON true
