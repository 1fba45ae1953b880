-- The live stock of every tier and the value of every pack, or of one pack. Parameters: pack (null: all), now.
-- A tier's cards are its whole stock, pulled or not, at current prices; available are those that no live user holds.
-- A pack's expected value weighs each tier's mean by its odds; a tier without cards is never drawn, so it counts for
-- nothing.
WITH counted AS MATERIALIZED (
    SELECT tier.id, tier.pack_id, tier.weight,
           count(card.id) AS cards, count(card.id) - count(taken.id) AS available,
           avg(card.fmv) AS mean, min(card.fmv) AS low, max(card.fmv) AS high
      FROM inventory_tier tier
      LEFT JOIN inventory_card card
             ON card.pack_id = tier.pack_id AND card.fmv >= tier.lower AND card.fmv < tier.upper
      LEFT JOIN inventory_item taken
             ON taken.card_id = card.id AND taken.mode = 'live' AND taken.state <> 'sold'
     WHERE tier.pack_id = coalesce(%(pack)s, tier.pack_id)
     GROUP BY tier.id
),
kept AS (
    UPDATE inventory_tier tier
       SET cards = counted.cards, available = counted.available, mean = round(counted.mean, 2)
      FROM counted WHERE tier.id = counted.id
),
valued AS (
    SELECT pack.id, round(sum(weight * mean) / nullif(sum(weight) FILTER (WHERE cards > 0), 0), 2) AS ev,
           min(low) AS low, max(high) AS high
      FROM inventory_pack pack LEFT JOIN counted ON counted.pack_id = pack.id
     WHERE pack.id = coalesce(%(pack)s, pack.id)
     GROUP BY pack.id
)
UPDATE inventory_pack pack
   SET ev = valued.ev, min_ev = valued.low, max_ev = valued.high, ev_updated_at = %(now)s
  FROM valued WHERE pack.id = valued.id
