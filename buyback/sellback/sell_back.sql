-- One instant sellback, from the lock to the payout, in one statement: all or nothing.
-- Parameters: environment, item_id, requested_by, now (null: the database's clock), expected_amount (null: any),
-- min_amount (null: none), item_pk (the item's row; null: whichever is not sold), spread (of partners_count_spend).
-- Returns no row if no user holds such an item; otherwise the values found, and the ids of the sellback if it was made.
WITH

-- 1. Lock the item. A card sold back and pulled again is another row, so at most one is not sold.
item AS MATERIALIZED (
    SELECT *
      FROM inventory_item
     WHERE environment_id = %(environment)s AND public_id = %(item_id)s AND state <> 'sold'
       AND (%(item_pk)s::bigint IS NULL OR id = %(item_pk)s)
       FOR NO KEY UPDATE /* wait or NOWAIT */
),

-- 2. Read the clock and the price after locking. The sandbox sells at its frozen price.
basis AS MATERIALIZED (
    SELECT item.id, item.collector_id, item.pack_id, item.public_id, item.state, item.expires_at, item.expired_at,
           item.buyback_percent, purchase.mint_price,
           item.mode = 'live' AND purchase.voucher AS voucher,
           CASE item.mode WHEN 'live' THEN card.fmv ELSE item.fmv END AS fmv,
           CASE item.mode WHEN 'live' THEN card.priced_at ELSE item.purchased_at END AS priced_at,
           coalesce(%(now)s::timestamptz, clock_timestamp() + environment.clock_offset) AS now
      FROM item
      JOIN partners_environment environment ON environment.id = item.environment_id
      JOIN inventory_purchase purchase ON purchase.id = item.purchase_id
      JOIN inventory_card card ON card.id = item.card_id
),

-- (The treasury's guards apply to live sellbacks; without their row, only a partner's own cap applies.)
guard AS MATERIALIZED (
    SELECT control.* FROM item LEFT JOIN buyback_treasurycontrol control ON item.mode = 'live'
),

-- 3. The amount: the share of the market value, half up; for a voucher at least the price of the pull. A window closed
--    by the sweep stays closed: the statement may have read the sandbox's clock before a jump, then waited for the lock.
priced AS MATERIALIZED (
    SELECT basis.*,
           CASE WHEN voucher THEN greatest(mint_price, round(fmv * buyback_percent, 2))
                ELSE round(fmv * buyback_percent, 2) END AS amount,
           expired_at IS NOT NULL OR coalesce(now > expires_at, false) AS expired
      FROM basis
),

-- 4. Sell if the item is held, its window is open, no guard forbids it, and the caller accepts the amount.
sold AS (
    UPDATE inventory_item
       SET state = 'sold', sold_at = priced.now
      FROM priced, guard
     WHERE inventory_item.id = priced.id AND inventory_item.state = 'held'
       AND NOT priced.expired
       AND priced.amount > 0
       AND guard.paused IS NOT TRUE
       AND priced.amount <= coalesce(guard.cap_per_sale, priced.amount)
       AND priced.amount = coalesce(%(expected_amount)s::numeric, priced.amount)
       AND priced.amount >= coalesce(%(min_amount)s::numeric, priced.amount)
 RETURNING inventory_item.id
),

-- (Count the sellback in the spans of the set caps. Without room there, the whole statement fails.)
span AS MATERIALIZED (
    SELECT span.*, priced.amount
      FROM priced JOIN sold ON sold.id = priced.id
     CROSS JOIN guard
     JOIN partners_environment environment ON environment.id = %(environment)s
     CROSS JOIN LATERAL (VALUES
           ('partner:' || environment.partner_id, date_trunc('day', priced.now, 'UTC'),
            coalesce(environment.cap_per_day, guard.cap_per_partner_day)),
           ('platform', date_trunc('hour', priced.now, 'UTC'), guard.cap_per_hour)) span (scope, starts_at, cap)
     WHERE span.cap IS NOT NULL
     ORDER BY span.scope
),
counted AS MATERIALIZED (
    SELECT count(partners_count_spend(scope, starts_at, cap, amount, %(spread)s)) FROM span
),

-- 5. Insert the sellback, payout, transfer and event.
buyback AS (
    INSERT INTO buyback_buyback (environment_id, item_id, state, fmv, buyback_percent, mint_price, voucher, priced_at,
                                 amount, requested_by, created_at, completed_at)
    SELECT %(environment)s, priced.id, 'settled', priced.fmv, priced.buyback_percent, priced.mint_price, priced.voucher,
           priced.priced_at, priced.amount, %(requested_by)s, priced.now, priced.now
      FROM priced JOIN sold ON sold.id = priced.id
 RETURNING id
),
payout AS (
    INSERT INTO buyback_payout (environment_id, buyback_id, collector_id, amount, state, created_at, paid_at)
    SELECT %(environment)s, buyback.id, priced.collector_id, priced.amount, 'paid', priced.now, priced.now
      FROM priced, buyback
 RETURNING id
),
transfer AS (
    INSERT INTO buyback_transfer (environment_id, buyback_id, debit, credit, amount, created_at)
    SELECT %(environment)s, buyback.id, 'treasury', 'paid_out', priced.amount, priced.now
      FROM priced, buyback
),
event AS (
    INSERT INTO partners_event (environment_id, type, data, created_at)
    SELECT %(environment)s, 'buyback.completed',
           jsonb_build_object('item_id', priced.public_id, 'user_id', owner.user_id, 'pack', pack.public_id,
                              'amount', priced.amount, 'buyback_id', buyback.id, 'payout_id', payout.id,
                              'by', %(requested_by)s::text),
           priced.now
      FROM priced, buyback, payout, inventory_collector owner, inventory_pack pack
     WHERE owner.id = collector_id AND pack.id = pack_id
)

SELECT priced.state, priced.expired, priced.amount,
       guard.paused IS TRUE AS paused, priced.amount > coalesce(guard.cap_per_sale, priced.amount) AS above_cap,
       buyback.id, payout.id
  FROM priced CROSS JOIN guard CROSS JOIN counted LEFT JOIN buyback ON true LEFT JOIN payout ON true
