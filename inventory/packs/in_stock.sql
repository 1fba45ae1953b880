-- Which packs have an available card in one pool, judged by the %(most)s cheapest cards of each: true, false, or
-- unknown (null) if none of these is available and the pack has more. Selected by pack and ordered by
-- value, cards come from their index; with the bounds of a tier, the planner would read the whole tier.
-- Parameters: environment (of a sandbox's pool), most.
SELECT pack.id,
       CASE WHEN EXISTS (
                SELECT FROM (SELECT id, fmv FROM inventory_card
                              WHERE pack_id = pack.id ORDER BY fmv LIMIT %(most)s) card
                 WHERE NOT EXISTS (
                       SELECT FROM inventory_item item
                        WHERE item.card_id = card.id AND item.state <> 'sold' AND {pool})
                   AND EXISTS (
                       SELECT FROM inventory_tier tier
                        WHERE tier.pack_id = pack.id AND card.fmv >= tier.lower AND card.fmv < tier.upper))
            THEN true
            WHEN (SELECT count(*) FROM (SELECT FROM inventory_card
                                         WHERE pack_id = pack.id ORDER BY fmv LIMIT %(most)s) card) < %(most)s
            THEN false
       END
  FROM inventory_pack pack
 WHERE EXISTS (SELECT FROM inventory_tier tier WHERE tier.pack_id = pack.id)
