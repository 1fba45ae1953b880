-- Which packs have a card left to pull in one pool, by a look at the %(most)s cheapest cards of each: true, false, or
-- unknown (null) where none of these can be pulled and the pack has more. By its pack alone and in the order of its
-- value, a card is found by its index; by the bounds of its tier, the planner would read the whole tier.
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
