-- Totals of consecutive days of one environment, frozen. A day that is already closed stays unchanged.
-- Parameters: environment, first, last (UTC days, both included), now (real time; null: the database's clock).
WITH span AS MATERIALIZED (
    SELECT %(first)s::date::timestamp AT TIME ZONE 'UTC' AS since,
           (%(last)s::date + 1)::timestamp AT TIME ZONE 'UTC' AS until
),
sold AS (
    SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS sold, sum(amount) AS amount
      FROM buyback_transfer, span
     WHERE environment_id = %(environment)s AND credit = 'paid_out' AND created_at >= since AND created_at < until
     GROUP BY 1
),
paid AS (
    SELECT (created_at AT TIME ZONE 'UTC')::date AS day, count(*) AS paid, sum(amount) AS amount
      FROM buyback_payout, span
     WHERE environment_id = %(environment)s AND state = 'paid' AND created_at >= since AND created_at < until
     GROUP BY 1
),
failed AS (
    SELECT (completed_at AT TIME ZONE 'UTC')::date AS day, count(*) AS failed
      FROM buyback_buyback, span
     WHERE environment_id = %(environment)s AND state = 'failed' AND completed_at >= since AND completed_at < until
     GROUP BY 1
)
INSERT INTO buyback_statement (environment_id, day, sold, sold_amount, paid, paid_amount, failed, closed_at)
SELECT environment.id, days.day, coalesce(sold.sold, 0), coalesce(sold.amount, 0), coalesce(paid.paid, 0),
       coalesce(paid.amount, 0), coalesce(failed.failed, 0),
       coalesce(%(now)s::timestamptz, clock_timestamp()) + environment.clock_offset
  FROM partners_environment environment
 CROSS JOIN (SELECT generate_series(%(first)s::date, %(last)s::date, interval '1 day')::date AS day) days
  LEFT JOIN sold ON sold.day = days.day
  LEFT JOIN paid ON paid.day = days.day
  LEFT JOIN failed ON failed.day = days.day
 WHERE environment.id = %(environment)s
 ORDER BY days.day
    ON CONFLICT (environment_id, day) DO NOTHING
