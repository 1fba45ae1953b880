-- The claim of a step-by-step sellback: the item becomes "selling", or nothing changes.
-- Parameters: environment, item_id, pull (the item's row; null: the one that is not sold), requested_by, now (null: the
-- database's clock), resting (true while a breaker is open), key (the idempotency key's row; null: none), lease (how
-- long the request may work on the item).
-- Returns no row when the environment has no such item. Otherwise one row: the refusal, or null and the new sellback
-- (null as well if the key is no longer this request's).
WITH

-- 1. Lock the item. While another transaction has it, the statement fails instead of waiting.
item AS MATERIALIZED (
    SELECT *
      FROM inventory_item
     WHERE environment_id = %(environment)s AND public_id = %(item_id)s AND state <> 'sold'
       AND (%(pull)s::bigint IS NULL OR id = %(pull)s)
       FOR NO KEY UPDATE NOWAIT
),

-- 2. Read the clock after locking, and the values that later steps need.
basis AS MATERIALIZED (
    SELECT item.id, item.mode, item.state, item.expires_at, item.expired_at, item.buyback_percent,
           item.collector_id, collector.user_id, item.card_id, card.fmv, card.priced_at,
           item.purchase_id, purchase.mint_price, purchase.voucher,
           coalesce(%(now)s::timestamptz, clock_timestamp() + environment.clock_offset) AS now
      FROM item
      JOIN partners_environment environment ON environment.id = item.environment_id
      JOIN inventory_collector collector ON collector.id = item.collector_id
      JOIN inventory_card card ON card.id = item.card_id
      JOIN inventory_purchase purchase ON purchase.id = item.purchase_id
       -- The treasury gets the user's id: it must not become a pseudonym between two requests.
       FOR KEY SHARE OF collector
),

-- 3. The first rule that forbids the sellback. At exactly expires_at the item still sells.
judged AS MATERIALIZED (
    SELECT basis.*,
           CASE WHEN state = 'selling' THEN 'selling'
                WHEN state <> 'held' THEN 'not_found'
                WHEN expired_at IS NOT NULL OR now > expires_at THEN 'expired'
                WHEN EXISTS (SELECT FROM buyback_treasurycontrol WHERE paused) THEN 'paused'
                WHEN %(resting)s THEN 'resting'
            END AS refusal
      FROM basis
),

-- 4. Lock the idempotency key if it still belongs to this request: a released key must not sell.
own_key AS MATERIALIZED (
    SELECT sent.id
      FROM judged
      JOIN partners_idempotencykey sent ON sent.id = %(key)s::bigint
     WHERE judged.refusal IS NULL AND sent.subject IS NULL AND sent.status IS NULL
       FOR NO KEY UPDATE OF sent
),

-- 5. Claim the item, insert the attempt with its lease, and bind the key to it.
claimed AS (
    UPDATE inventory_item
       SET state = 'selling'
      FROM judged
     WHERE inventory_item.id = judged.id AND inventory_item.state = 'held'
       AND judged.refusal IS NULL
       AND (%(key)s::bigint IS NULL OR EXISTS (SELECT FROM own_key))
 RETURNING inventory_item.id
),
buyback AS (
    INSERT INTO buyback_buyback (environment_id, item_id, state, buyback_percent, mint_price, voucher, requested_by,
                                 created_at, lease_until)
    SELECT %(environment)s, judged.id, 'claimed', judged.buyback_percent, judged.mint_price, judged.voucher,
           %(requested_by)s, judged.now, judged.now + %(lease)s::interval
      FROM judged JOIN claimed ON claimed.id = judged.id
 RETURNING id, created_at, lease_until
),
bound AS (
    UPDATE partners_idempotencykey
       SET subject = buyback.id
      FROM own_key, buyback
     WHERE partners_idempotencykey.id = own_key.id
)

-- The open attempt of a selling item may be too new for this statement's snapshot: then it is running.
SELECT judged.refusal, open.id, coalesce(open.at_work, true),
       (SELECT count(*) FROM buyback_buyback earlier WHERE earlier.item_id = judged.id AND earlier.reference <> ''),
       buyback.id, buyback.created_at, buyback.lease_until,
       judged.id, judged.mode, judged.buyback_percent, judged.collector_id, judged.user_id,
       judged.card_id, judged.fmv, judged.priced_at, judged.purchase_id, judged.mint_price, judged.voucher
  FROM judged
  LEFT JOIN buyback ON true
  LEFT JOIN LATERAL (
       SELECT attempt.id, attempt.state IN ('claimed', 'submitted') AND attempt.lease_until > judged.now AS at_work
         FROM buyback_buyback attempt
        WHERE attempt.item_id = judged.id AND attempt.state IN ('claimed', 'submitted', 'unknown', 'review')
       ) open ON judged.refusal = 'selling'
