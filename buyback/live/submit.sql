-- The submission of a step-by-step sellback: records the payment before the treasury is called.
-- Parameters: buyback, lease_until (the lease that the claim took), submissions (of the item, as the claim counted
-- them), now (null: the database's clock), lease (how long the request may work on it from now on), fmv, priced_at,
-- amount (USD), treasury, reference, show (whether to show the card's new price), spread (of partners_count_spend).
-- Returns no row when the claim has expired. Otherwise one row: the refusal, or null and the sellback's id. After a
-- refusal nothing has changed. Without room under a cap, the whole statement fails.
WITH

-- 1. Lock the attempt, only with our own lease: another one belongs to the reconciler, which has taken over.
attempt AS MATERIALIZED (
    SELECT *
      FROM buyback_buyback
     WHERE id = %(buyback)s AND state = 'claimed' AND lease_until = %(lease_until)s
       FOR NO KEY UPDATE
),
basis AS MATERIALIZED (
    SELECT attempt.id, attempt.environment_id, attempt.item_id, attempt.lease_until, item.card_id,
           environment.partner_id, environment.cap_per_day,
           coalesce(%(now)s::timestamptz, clock_timestamp() + environment.clock_offset) AS now
      FROM attempt
      JOIN inventory_item item ON item.id = attempt.item_id
      JOIN partners_environment environment ON environment.id = attempt.environment_id
),

-- 2. The treasury's guards: without their row, only a partner's own cap applies.
judged AS MATERIALIZED (
    SELECT basis.*, control.cap_per_partner_day, control.cap_per_hour,
           CASE WHEN control.paused THEN 'paused'
                WHEN %(amount)s::numeric > control.cap_per_sale THEN 'cap_reached'
            END AS refusal
      FROM basis LEFT JOIN buyback_treasurycontrol control ON true
     WHERE basis.lease_until > basis.now
       AND %(submissions)s = (SELECT count(*) FROM buyback_buyback earlier
                               WHERE earlier.item_id = basis.item_id AND earlier.reference <> '')
),
allowed AS MATERIALIZED (
    SELECT * FROM judged WHERE refusal IS NULL
),
span AS MATERIALIZED (
    SELECT span.*
      FROM allowed
     CROSS JOIN LATERAL (VALUES
           ('partner:' || allowed.partner_id, date_trunc('day', allowed.now, 'UTC'),
            coalesce(allowed.cap_per_day, allowed.cap_per_partner_day)),
           ('platform', date_trunc('hour', allowed.now, 'UTC'), allowed.cap_per_hour)) span (scope, starts_at, cap)
     WHERE span.cap IS NOT NULL
),

-- 3. Show the oracle's price, unless a newer price is shown. Do not wait for the card's lock: meanwhile a guard
--    could be set that this statement's snapshot does not contain.
card AS MATERIALIZED (
    SELECT priced.id
      FROM allowed
      JOIN inventory_card priced ON priced.id = allowed.card_id
     WHERE %(show)s AND priced.priced_at < %(priced_at)s::timestamptz
       FOR NO KEY UPDATE OF priced NOWAIT
),
shown AS (
    UPDATE inventory_card
       SET fmv = %(fmv)s, priced_at = %(priced_at)s
      FROM card
     WHERE inventory_card.id = card.id AND inventory_card.priced_at < %(priced_at)s::timestamptz
 RETURNING inventory_card.id
),

-- 4. Submit: from now on only the treasury knows the outcome.
submitted AS (
    UPDATE buyback_buyback
       SET state = 'submitted', fmv = %(fmv)s, priced_at = %(priced_at)s, amount = %(amount)s,
           treasury = %(treasury)s, reference = %(reference)s, submitted_at = allowed.now,
           lease_until = allowed.now + %(lease)s::interval,
           counted_in = ARRAY(SELECT scope FROM span ORDER BY scope)
      FROM allowed
     WHERE buyback_buyback.id = allowed.id AND buyback_buyback.state = 'claimed'
 RETURNING buyback_buyback.id
),
transfer AS (
    INSERT INTO buyback_transfer (environment_id, buyback_id, debit, credit, amount, created_at)
    SELECT allowed.environment_id, allowed.id, 'treasury', 'in_flight', %(amount)s, allowed.now
      FROM allowed JOIN submitted ON submitted.id = allowed.id
),

-- 5. Count it in the capped spans, the last locks: all sellbacks count in the same spans, so none may wait for
--    anything else while holding them. They come after the attempt's row, as when money is released.
counted AS MATERIALIZED (
    SELECT count(partners_count_spend(last.scope, last.starts_at, last.cap, %(amount)s, %(spread)s))
      FROM (SELECT span.*
              FROM span
             CROSS JOIN submitted
             CROSS JOIN (SELECT count(*) FROM shown) after_the_card
             ORDER BY span.scope) last
)

SELECT judged.refusal, submitted.id FROM judged CROSS JOIN counted LEFT JOIN submitted ON true
