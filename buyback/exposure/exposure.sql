-- The cost of open windows of held live items, by pack, partner and deadline; and the total, whose row exists
-- even when no window is open. Parameter: now. Amounts are a sellback's (sell_back.sql), at the card's current
-- value. One statement, so all rows of a snapshot have the same time.
MERGE INTO buyback_exposure kept
USING (
    SELECT pack_id, partner_id, closes, count(amount) AS items, coalesce(sum(amount), 0) AS amount
      FROM (SELECT item.pack_id, environment.partner_id,
                   CASE WHEN item.expires_at IS NULL THEN 'never'
                        WHEN item.expires_at < %(now)s + interval '1 day' THEN '1d'
                        WHEN item.expires_at < %(now)s + interval '3 days' THEN '3d'
                        WHEN item.expires_at < %(now)s + interval '7 days' THEN '7d'
                        WHEN item.expires_at < %(now)s + interval '30 days' THEN '30d'
                        ELSE 'later' END AS closes,
                   CASE WHEN purchase.voucher
                        THEN greatest(purchase.mint_price, round(card.fmv * item.buyback_percent, 2))
                        ELSE round(card.fmv * item.buyback_percent, 2) END AS amount
              FROM inventory_item item
              JOIN partners_environment environment ON environment.id = item.environment_id
              JOIN inventory_card card ON card.id = item.card_id
              JOIN inventory_purchase purchase ON purchase.id = item.purchase_id
             WHERE item.mode = 'live' AND item.state = 'held'
               AND (item.expires_at IS NULL OR item.expires_at >= %(now)s)) open
     GROUP BY GROUPING SETS ((pack_id, partner_id, closes), ())
) found
   ON coalesce(kept.pack_id, 0) = coalesce(found.pack_id, 0)
  AND coalesce(kept.partner_id, 0) = coalesce(found.partner_id, 0)
  AND coalesce(kept.closes, '') = coalesce(found.closes, '')
 WHEN MATCHED THEN UPDATE SET items = found.items, amount = found.amount, as_of = %(now)s
 WHEN NOT MATCHED BY TARGET THEN
      INSERT (pack_id, partner_id, closes, items, amount, as_of)
      VALUES (found.pack_id, found.partner_id, found.closes, found.items, found.amount, %(now)s)
 WHEN NOT MATCHED BY SOURCE THEN DELETE
