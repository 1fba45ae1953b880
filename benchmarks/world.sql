-- Items %(low)s up to, but not including, %(high)s, valid under every constraint, with all rows they refer to.
-- Numbers: card and item n, purchase n / 10 (ten pulls), collector n / 100 (a hundred items).
-- Items below %(shelf)s stay held (for inventory pages), those below %(history)s are sold, the rest can be sold.
-- Every second item has a deadline in 30 days, for the sweep.

INSERT INTO inventory_collector (id, environment_id, user_id, created_at)
SELECT n + 1, %(environment)s, 'user-' || n, now()
  FROM generate_series(%(low)s / 100, (%(high)s - 1) / 100) n;

INSERT INTO inventory_purchase (id, environment_id, collector_id, pack_id, amount, mint_price, voucher, public_id,
                                tx_hash, state, created_at, fulfilled_at)
SELECT bench.as_uuid(1, n), %(environment)s, n / 10 + 1, n %% %(packs)s + 1, 10, 25 + n %% 75, n %% 20 = 0,
       '_' || lpad(to_hex(n), 8, '0'), 'tx-' || n, 'fulfilled', bench.bought(n * 10), bench.bought(n * 10)
  FROM generate_series(%(low)s / 10, (%(high)s - 1) / 10) n;

INSERT INTO inventory_card (id, pack_id, source_type, listing_id, mint_address, collection_address, token_standard,
                            name, image, back_image, attributes, fmv, priced_at, created_at)
SELECT n + 1, n / 10 %% %(packs)s + 1, 'enft', NULL, bench.item_name(n), 'collection-' || n / 10 %% %(packs)s,
       'ProgrammableNonFungible', 'Mossback Drake #' || n, '/cards/' || n || '/face.svg', '/cards/back.svg',
       jsonb_build_array(
           jsonb_build_object('trait_type', 'Set', 'value', 'Tidal Archive'),
           jsonb_build_object('trait_type', 'Year', 'value', (1996 + n %% 30)::text),
           jsonb_build_object('trait_type', 'Rarity', 'value', 'Rare'),
           jsonb_build_object('trait_type', 'Grade', 'value', (5 + n %% 6)::text),
           jsonb_build_object('trait_type', 'Certificate', 'value', (40000000 + n)::text)),
       bench.value_of(n) * 1.07, now() - interval '10 minutes', now()
  FROM generate_series(%(low)s, %(high)s - 1) n;

INSERT INTO inventory_item (id, environment_id, mode, public_id, card_id, collector_id, pack_id, purchase_id, state,
                            fmv, buyback_percent, buyback_price, purchased_at, expires_at, sold_at)
SELECT n + 1, %(environment)s, 'live', bench.item_name(n), n + 1, n / 100 + 1, n / 10 %% %(packs)s + 1,
       bench.as_uuid(1, n / 10), CASE WHEN sold THEN 'sold' ELSE 'held' END,
       bench.value_of(n), 0.85, round(bench.value_of(n) * 0.85, 2), bench.bought(n),
       CASE WHEN n %% 2 = 1 THEN now() + interval '30 days' END,
       CASE WHEN sold THEN bench.bought(n) + interval '1 hour' END
  FROM generate_series(%(low)s, %(high)s - 1) n, LATERAL (SELECT n BETWEEN %(shelf)s AND %(history)s - 1 AS sold) s;

INSERT INTO buyback_buyback (id, environment_id, item_id, state, fmv, buyback_percent, mint_price, voucher, priced_at,
                             amount, requested_by, created_at, completed_at)
SELECT bench.as_uuid(2, item.id), item.environment_id, item.id, 'settled', item.fmv, item.buyback_percent,
       purchase.mint_price, false, item.purchased_at, item.buyback_price, 'key:bench', item.sold_at, item.sold_at
  FROM inventory_item item JOIN inventory_purchase purchase ON purchase.id = item.purchase_id
 WHERE item.id > %(low)s AND item.id <= %(high)s AND item.state = 'sold';

INSERT INTO buyback_payout (id, environment_id, buyback_id, collector_id, amount, state, created_at, paid_at)
SELECT bench.as_uuid(3, item.id), item.environment_id, bench.as_uuid(2, item.id), item.collector_id,
       item.buyback_price, 'paid', item.sold_at, item.sold_at
  FROM inventory_item item WHERE item.id > %(low)s AND item.id <= %(high)s AND item.state = 'sold';

INSERT INTO buyback_transfer (id, environment_id, buyback_id, debit, credit, amount, created_at)
SELECT bench.as_uuid(4, item.id), item.environment_id, bench.as_uuid(2, item.id), 'treasury', 'paid_out',
       item.buyback_price, item.sold_at
  FROM inventory_item item WHERE item.id > %(low)s AND item.id <= %(high)s AND item.state = 'sold';

INSERT INTO partners_event (id, environment_id, type, data, created_at)
SELECT bench.as_uuid(5, item.id), item.environment_id, 'buyback.completed',
       jsonb_build_object('item_id', item.public_id, 'user_id', 'user-' || item.collector_id - 1,
                          'amount', item.buyback_price, 'buyback_id', bench.as_uuid(2, item.id),
                          'payout_id', bench.as_uuid(3, item.id), 'by', 'key:bench'),
       item.sold_at
  FROM inventory_item item WHERE item.id > %(low)s AND item.id <= %(high)s AND item.state = 'sold';
