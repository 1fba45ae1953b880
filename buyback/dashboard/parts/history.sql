-- The history of a user's items, or of one item, with windows that close within a day; newest first. Parameters: environment, collector, item (null: all
-- of them), now, most; before (null: from the newest) with rank, pull and sale: the last event of the previous page.
-- Among events with the same time, the later step has the higher rank.
WITH item AS MATERIALIZED (
    SELECT id, card_id, state, fmv, purchased_at, expires_at
      FROM inventory_item
     WHERE environment_id = %(environment)s AND collector_id = %(collector)s
       AND (%(item)s::bigint IS NULL OR id = %(item)s)
),
attempt AS MATERIALIZED (
    SELECT buyback.*, payout.id AS payout_id, payout.state AS payout_state, payout.created_at AS payout_at,
           payout.paid_at
      FROM item
      JOIN buyback_buyback buyback ON buyback.item_id = item.id
      LEFT JOIN buyback_payout payout ON payout.buyback_id = buyback.id
),
shipment AS MATERIALIZED (
    SELECT item.id AS item_id, shipping.*
      FROM item
      JOIN inventory_shippeditem line ON line.item_id = item.id
      JOIN inventory_shippingorder shipping ON shipping.id = line.order_id
),
moment AS (
    SELECT purchased_at AS at, 0 AS rank, 'pulled' AS kind, id AS item_id, fmv AS amount, '' AS detail,
           '00000000-0000-0000-0000-000000000000'::uuid AS buyback_id, NULL::uuid AS payout_id
      FROM item
    UNION ALL
    SELECT expires_at, 1, 'closed', id, NULL, '', '00000000-0000-0000-0000-000000000000', NULL
      FROM item WHERE expires_at < %(now)s AND state <> 'sold'
    UNION ALL
    SELECT expires_at, 1, 'closes', id, NULL, '', '00000000-0000-0000-0000-000000000000', NULL
      FROM item WHERE state = 'held' AND expires_at >= %(now)s AND expires_at <= %(now)s + interval '24 hours'
    UNION ALL
    SELECT created_at, 2, 'asked', item_id, NULL, requested_by, id, NULL FROM attempt
    UNION ALL
    SELECT submitted_at, 3, 'submitted', item_id, amount, '', id, NULL FROM attempt WHERE submitted_at IS NOT NULL
    UNION ALL
    SELECT move.created_at, 4, move.after, attempt.item_id, attempt.amount, move.answer, attempt.id, NULL
      FROM attempt JOIN buyback_move move ON move.buyback_id = attempt.id AND move.after IN ('unknown', 'review')
    UNION ALL
    SELECT completed_at, 5, state, item_id, amount, concat_ws(' ', failure_code, failure_detail), id, NULL
      FROM attempt WHERE completed_at IS NOT NULL
    UNION ALL
    SELECT coalesce(paid_at, payout_at), 6, 'payout_' || payout_state, item_id, amount, '', id, payout_id
      FROM attempt WHERE payout_id IS NOT NULL
    UNION ALL
    SELECT created_at, 7, 'ship_asked', item_id, NULL, public_id, '00000000-0000-0000-0000-000000000000', NULL
      FROM shipment
    UNION ALL
    SELECT shipped_at, 8, 'shipped', item_id, NULL, public_id, '00000000-0000-0000-0000-000000000000', NULL
      FROM shipment WHERE shipped_at IS NOT NULL
    UNION ALL
    SELECT delivered_at, 9, 'delivered', item_id, NULL, public_id, '00000000-0000-0000-0000-000000000000', NULL
      FROM shipment WHERE delivered_at IS NOT NULL
    UNION ALL
    SELECT ended_at, 10, 'ship_' || state, item_id, NULL, public_id, '00000000-0000-0000-0000-000000000000', NULL
      FROM shipment WHERE ended_at IS NOT NULL
)
SELECT moment.at, moment.rank, moment.kind, moment.item_id, moment.amount, moment.detail, moment.buyback_id,
       moment.payout_id, card.name, card.public_id
  FROM moment
  JOIN item ON item.id = moment.item_id
  JOIN inventory_card card ON card.id = item.card_id
 WHERE %(before)s::timestamptz IS NULL
    OR (moment.at, moment.rank, moment.item_id, moment.buyback_id)
       < (%(before)s::timestamptz, %(rank)s::int, %(pull)s::bigint, %(sale)s::uuid)
 ORDER BY moment.at DESC, moment.rank DESC, moment.item_id DESC, moment.buyback_id DESC
 LIMIT %(most)s
