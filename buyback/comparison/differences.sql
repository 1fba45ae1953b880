-- Every difference between one treasury's list, as the current pass has read it, and our sellbacks.
-- Parameters: report (the treasury's row), name (as in buyback_buyback.treasury), first (the earliest submission whose
-- payment the list must have), settled_by (a sellback that ended later may not be in the list yet, and one that was
-- submitted later may still be in flight), currency (ours), most (rows).
-- Columns: reference, kind, buyback_id, our_state, our_amount, their_amount, their_currency.
WITH

-- 1. The list by reference. Ours are found by the index of references.
listed AS MATERIALIZED (
    SELECT reference, max(amount) FILTER (WHERE currency = %(currency)s) AS amount,
           max(currency) FILTER (WHERE currency <> %(currency)s) AS other_currency,
           max(amount) FILTER (WHERE currency <> %(currency)s) AS other_amount
      FROM buyback_listedpayment
     WHERE report_id = %(report)s
     GROUP BY reference
),

-- 2. What can be compared: not what was submitted to another treasury, nor what may still be in flight.
paired AS MATERIALIZED (
    SELECT listed.*, sale.id, sale.state, sale.amount AS our_amount
      FROM listed
      LEFT JOIN buyback_buyback sale ON sale.reference = listed.reference AND sale.reference <> ''
     WHERE sale.id IS NULL
        OR sale.treasury = %(name)s
           AND (sale.state IN ('settled', 'failed', 'review') OR sale.submitted_at < %(settled_by)s)
)

SELECT reference, 'not_settled' AS kind, id AS buyback_id, coalesce(state, '') AS our_state, our_amount,
       coalesce(amount, other_amount) AS their_amount,
       CASE WHEN amount IS NULL THEN other_currency ELSE %(currency)s END AS their_currency
  FROM paired WHERE state IS DISTINCT FROM 'settled'
UNION ALL
SELECT reference, 'amount', id, state, our_amount, amount, %(currency)s FROM paired WHERE amount <> our_amount
UNION ALL
SELECT reference, 'currency', id, state, our_amount, other_amount, other_currency
  FROM paired WHERE id IS NOT NULL AND other_currency IS NOT NULL
UNION ALL

-- 3. Settled here, and not in the list. A recovered payout need not be there. A sellback is created before it is
--    submitted, so the index of the newest finds them.
SELECT sale.reference, 'missing', sale.id, sale.state, sale.amount, NULL, ''
  FROM partners_environment environment
  JOIN buyback_buyback sale ON sale.environment_id = environment.id
 WHERE environment.mode = 'live' AND sale.created_at >= %(first)s::timestamptz - interval '1 day'
   AND sale.submitted_at >= %(first)s AND sale.completed_at < %(settled_by)s
   AND sale.state = 'settled' AND sale.treasury = %(name)s
   AND NOT EXISTS (SELECT 1 FROM listed WHERE listed.reference = sale.reference)
   AND NOT EXISTS (SELECT 1 FROM buyback_reversal reversal
                    WHERE reversal.buyback_id = sale.id AND reversal.confirmed_at IS NOT NULL)
 LIMIT %(most)s
