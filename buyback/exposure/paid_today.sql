-- Live payouts and failed sellbacks in each clock hour of the current UTC day. Parameter: now.
MERGE INTO buyback_paidhour kept
USING (
    SELECT environment.partner_id, date_trunc('hour', moved.created_at, 'UTC') AS starts_at,
           count(moved.amount) AS paid, coalesce(sum(moved.amount), 0) AS amount,
           count(*) - count(moved.amount) AS failed
      FROM partners_environment environment
      JOIN LATERAL (
           SELECT created_at, amount FROM buyback_payout
            WHERE environment_id = environment.id AND state = 'paid'
              AND created_at >= date_trunc('day', %(now)s::timestamptz, 'UTC')
            UNION ALL
           SELECT created_at, NULL FROM buyback_buyback
            WHERE environment_id = environment.id AND state = 'failed'
              AND created_at >= date_trunc('day', %(now)s::timestamptz, 'UTC')) moved ON true
     WHERE environment.mode = 'live'
     GROUP BY 1, 2
) found
   ON kept.partner_id = found.partner_id AND kept.starts_at = found.starts_at
 WHEN MATCHED THEN UPDATE SET paid = found.paid, amount = found.amount, failed = found.failed
 WHEN NOT MATCHED BY TARGET THEN
      INSERT (partner_id, starts_at, paid, amount, failed)
      VALUES (found.partner_id, found.starts_at, found.paid, found.amount, found.failed)
 WHEN NOT MATCHED BY SOURCE THEN DELETE
