-- The 20 most valuable available cards of each pack, or of one, among its %(most)s most valuable.
-- Parameters: environment (a sandbox's id; null: the live pool), pack (null: all), most.
SELECT best.pack_id, best.id, best.source_type, best.listing_id, best.mint_address, best.name, best.image,
       best.back_image, best.fmv
  FROM inventory_pack pack
 CROSS JOIN LATERAL (
       SELECT card.*
         FROM (SELECT id, pack_id, source_type, listing_id, mint_address, name, image, back_image, fmv
                 FROM inventory_card WHERE pack_id = pack.id ORDER BY fmv DESC, id LIMIT %(most)s) card
        WHERE NOT EXISTS (
              SELECT FROM inventory_item item
               WHERE item.card_id = card.id AND item.state <> 'sold' AND {pool})
        ORDER BY card.fmv DESC, card.id
        LIMIT 20) best
 WHERE pack.id = coalesce(%(pack)s, pack.id)
 ORDER BY best.pack_id, best.fmv DESC, best.id
