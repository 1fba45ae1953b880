-- The ledger rules. Each query must return no rows. Its text column names a row that breaks the rule.

-- rule: an item settles at most once
SELECT 'item ' || item_id FROM buyback_buyback WHERE state = 'settled' GROUP BY item_id HAVING count(*) > 1;

-- rule: a sold item has a settled buyback
SELECT 'item ' || item.id FROM inventory_item item
 WHERE item.state = 'sold'
   AND NOT EXISTS (SELECT FROM buyback_buyback b WHERE b.item_id = item.id AND b.state = 'settled');

-- rule: a settled buyback's item is sold
SELECT 'buyback ' || b.id FROM buyback_buyback b JOIN inventory_item item ON item.id = b.item_id
 WHERE b.state = 'settled' AND item.state <> 'sold';

-- rule: exactly the items that are being sold have an open buyback
SELECT 'item ' || item.id FROM inventory_item item
 WHERE (item.state = 'selling') <> EXISTS (
       SELECT FROM buyback_buyback b
        WHERE b.item_id = item.id AND b.state IN ('claimed', 'submitted', 'unknown', 'review'));

-- rule: a settled buyback has exactly one payout, any other none
SELECT 'buyback ' || b.id FROM buyback_buyback b LEFT JOIN buyback_payout p ON p.buyback_id = b.id
 GROUP BY b.id, b.state HAVING count(p.id) <> CASE b.state WHEN 'settled' THEN 1 ELSE 0 END;

-- rule: a settled buyback has exactly one transfer to the user, any other none
SELECT 'buyback ' || b.id
  FROM buyback_buyback b LEFT JOIN buyback_transfer t ON t.buyback_id = b.id AND t.credit = 'paid_out'
 GROUP BY b.id, b.state HAVING count(t.id) <> CASE b.state WHEN 'settled' THEN 1 ELSE 0 END;

-- rule: buyback, payout and transfers have the same amount
SELECT 'payout ' || p.id FROM buyback_payout p JOIN buyback_buyback b ON b.id = p.buyback_id WHERE p.amount <> b.amount
UNION ALL
SELECT 'transfer ' || t.id FROM buyback_transfer t JOIN buyback_buyback b ON b.id = t.buyback_id
 WHERE t.amount <> b.amount;

-- rule: a buyback's amount follows from its stored basis
SELECT 'buyback ' || id FROM buyback_buyback
 WHERE amount <> CASE WHEN voucher THEN greatest(mint_price, round(fmv * buyback_percent, 2))
                      ELSE round(fmv * buyback_percent, 2) END;

-- rule: the sandbox pays exactly the price assigned at the pull
SELECT 'buyback ' || b.id FROM buyback_buyback b JOIN inventory_item item ON item.id = b.item_id
 WHERE item.mode = 'sandbox' AND b.amount <> item.buyback_price;

-- rule: nothing was claimed after its window had closed
SELECT 'buyback ' || b.id FROM buyback_buyback b JOIN inventory_item item ON item.id = b.item_id
 WHERE b.state = 'settled' AND b.created_at > item.expires_at;

-- rule: the payout goes to the user who held the item
SELECT 'payout ' || p.id FROM buyback_payout p
  JOIN buyback_buyback b ON b.id = p.buyback_id JOIN inventory_item item ON item.id = b.item_id
 WHERE p.collector_id <> item.collector_id;

-- rule: money in flight equals the submitted amounts of open buybacks
SELECT 'environment ' || e.id FROM partners_environment e
 WHERE coalesce((SELECT sum(CASE WHEN t.credit = 'in_flight' THEN t.amount ELSE -t.amount END)
                   FROM buyback_transfer t
                  WHERE t.environment_id = e.id AND 'in_flight' IN (t.credit, t.debit)), 0)
    <> coalesce((SELECT sum(b.amount) FROM buyback_buyback b
                  WHERE b.environment_id = e.id AND b.state IN ('submitted', 'unknown', 'review')), 0);

-- rule: no row is linked across environments
SELECT 'item ' || i.id FROM inventory_item i
  JOIN partners_environment e ON e.id = i.environment_id
  JOIN inventory_collector c ON c.id = i.collector_id JOIN inventory_purchase p ON p.id = i.purchase_id
 WHERE i.environment_id <> c.environment_id OR i.environment_id <> p.environment_id OR i.mode <> e.mode
UNION ALL
SELECT 'buyback ' || b.id FROM buyback_buyback b JOIN inventory_item i ON i.id = b.item_id
 WHERE b.environment_id <> i.environment_id
UNION ALL
SELECT 'payout ' || p.id FROM buyback_payout p JOIN buyback_buyback b ON b.id = p.buyback_id
 WHERE p.environment_id <> b.environment_id
UNION ALL
SELECT 'transfer ' || t.id FROM buyback_transfer t JOIN buyback_buyback b ON b.id = t.buyback_id
 WHERE t.environment_id <> b.environment_id;

-- rule: only one user holds a card within its pool
SELECT 'card ' || card_id FROM inventory_item WHERE state <> 'sold'
 GROUP BY card_id, CASE mode WHEN 'live' THEN 0 ELSE environment_id END HAVING count(*) > 1;

-- rule: no item is both sold back and shipped
SELECT 'item ' || line.item_id FROM inventory_shippeditem line JOIN buyback_buyback b ON b.item_id = line.item_id
 WHERE NOT line.released AND b.state = 'settled';

-- rule: an order's items have the state that follows from the order's
SELECT 'item ' || item.id
  FROM inventory_shippeditem line
  JOIN inventory_shippingorder o ON o.id = line.order_id JOIN inventory_item item ON item.id = line.item_id
 WHERE line.released <> (o.state IN ('cancelled', 'failed'))
    OR (NOT line.released
        AND item.state <> CASE WHEN o.state IN ('shipped', 'delivered') THEN 'shipped' ELSE 'shipping' END);

-- rule: a settled buyback, its payout and its transfer to the user have the same time
SELECT 'buyback ' || b.id
  FROM buyback_buyback b
  JOIN buyback_payout p ON p.buyback_id = b.id JOIN buyback_transfer t ON t.buyback_id = b.id AND t.credit = 'paid_out'
 WHERE b.state = 'settled'
   AND (b.completed_at <> t.created_at OR p.created_at <> t.created_at OR p.paid_at <> t.created_at);

-- rule: statements equal the ledger of their days, and no day before the last statement is missing
SELECT 'environment ' || figures.environment_id || ' on ' || figures.day
  FROM (SELECT environment_id, (created_at AT TIME ZONE 'UTC')::date AS day,
               count(*) AS sold, sum(amount) AS sold_amount, 0 AS paid, 0 AS paid_amount, 0 AS failed
          FROM buyback_transfer WHERE credit = 'paid_out' GROUP BY 1, 2
        UNION ALL
        SELECT environment_id, (created_at AT TIME ZONE 'UTC')::date, 0, 0, count(*), sum(amount), 0
          FROM buyback_payout WHERE state = 'paid' GROUP BY 1, 2
        UNION ALL
        SELECT environment_id, (completed_at AT TIME ZONE 'UTC')::date, 0, 0, 0, 0, count(*)
          FROM buyback_buyback WHERE state = 'failed' GROUP BY 1, 2
        UNION ALL
        SELECT environment_id, day, -sold, -sold_amount, -paid, -paid_amount, -failed FROM buyback_statement) figures
  JOIN (SELECT environment_id, max(day) AS last FROM buyback_statement GROUP BY 1) closed
    ON closed.environment_id = figures.environment_id AND figures.day <= closed.last
 GROUP BY figures.environment_id, figures.day
HAVING (sum(sold), sum(sold_amount), sum(paid), sum(paid_amount), sum(failed)) <> (0, 0, 0, 0, 0);

-- rule: statements are consecutive
SELECT 'environment ' || environment_id FROM buyback_statement
 GROUP BY environment_id HAVING count(*) <> max(day) - min(day) + 1;

-- rule: closed and open days add up to the payouts in the ledger
SELECT 'environment ' || e.id
  FROM partners_environment e
  LEFT JOIN (SELECT environment_id, max(day) AS last, sum(paid_amount) AS amount
               FROM buyback_statement GROUP BY 1) closed ON closed.environment_id = e.id
 WHERE coalesce(closed.amount, 0)
       + coalesce((SELECT sum(p.amount) FROM buyback_payout p
                    WHERE p.environment_id = e.id AND p.state = 'paid'
                      AND p.created_at >= coalesce((closed.last + 1)::timestamp AT TIME ZONE 'UTC', '-infinity')), 0)
    <> coalesce((SELECT sum(t.amount) FROM buyback_transfer t
                  WHERE t.environment_id = e.id AND t.credit = 'paid_out'), 0);

-- rule: only a reversal under dual control brings money back, once and whole
SELECT 'transfer ' || t.id FROM buyback_transfer t
 WHERE t.debit = 'paid_out'
   AND NOT EXISTS (SELECT FROM buyback_reversal r
                    WHERE r.buyback_id = t.buyback_id AND r.confirmed_at IS NOT NULL AND r.amount = t.amount
                      AND t.credit = 'treasury' AND r.confirmed_by <> r.proposed_by)
UNION ALL
SELECT 'reversal ' || r.id FROM buyback_reversal r
 WHERE r.confirmed_at IS NOT NULL
   AND (SELECT count(*) FROM buyback_transfer t
         WHERE t.buyback_id = r.buyback_id AND t.debit = 'paid_out' AND t.credit = 'treasury') <> 1;

-- rule: the balance of paid_out equals the payouts less the reversals
SELECT 'environment ' || e.id FROM partners_environment e
 WHERE coalesce((SELECT sum(CASE WHEN t.credit = 'paid_out' THEN t.amount ELSE -t.amount END)
                   FROM buyback_transfer t
                  WHERE t.environment_id = e.id AND 'paid_out' IN (t.credit, t.debit)), 0)
    <> coalesce((SELECT sum(p.amount) FROM buyback_payout p WHERE p.environment_id = e.id AND p.state = 'paid'), 0)
     - coalesce((SELECT sum(r.amount) FROM buyback_reversal r
                  WHERE r.environment_id = e.id AND r.confirmed_at IS NOT NULL), 0);
