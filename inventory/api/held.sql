-- One user's inventory, newest first: one row for each item, no row for an unknown user, and a single row without
-- an item for a user who holds no items. Numbers and times are text as in the contract's JSON.
-- Parameters: environment, user_id.
SELECT item.public_id, card.source_type,
       trim_scale(CASE WHEN item.mode = 'sandbox' THEN round(item.fmv * item.buyback_percent, 2)
                       WHEN purchase.voucher
                       THEN greatest(purchase.mint_price, round(card.fmv * item.buyback_percent, 2))
                       ELSE round(card.fmv * item.buyback_percent, 2) END)::text AS buyback_price,
       CASE WHEN item.mode = 'live' OR card.source_type <> 'ebay' THEN card.mint_address END AS mint_address,
       card.collection_address, card.token_standard, card.name, card.image, card.back_image,
       card.attributes::text AS attributes, pack.public_id AS claw_id, pack.slug AS claw_slug,
       to_char(item.purchased_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS purchased_at,
       to_char(item.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS buyback_expires_at
  FROM inventory_collector collector
  LEFT JOIN inventory_item item ON item.collector_id = collector.id AND item.state IN ('held', 'selling')
  LEFT JOIN inventory_card card ON card.id = item.card_id
  LEFT JOIN inventory_purchase purchase ON purchase.id = item.purchase_id
  LEFT JOIN inventory_pack pack ON pack.id = item.pack_id
 WHERE collector.environment_id = %(environment)s AND collector.user_id = %(user_id)s
 ORDER BY item.purchased_at DESC, item.id DESC
