-- `products` products, each sold by every channel of the policy `policy` (its id): what the lanes would have written, in seconds.
-- All follows from the number n of the product and the place of the shop, so that every run sees the same.
BEGIN;
CREATE TEMP TABLE goods AS
SELECT n, nextval('product_template_id_seq')::int AS template, nextval('product_product_id_seq')::int AS product,
       'MUG-' || lpad(n::text, 6, '0') AS sku,
       (ARRAY['Tea cup', 'Mug', 'Rice bowl', 'Plate', 'Teapot', 'Sake cup', 'Vase', 'Tray'])[1 + n % 8] || ' ' ||
       (ARRAY['indigo', 'ash glaze', 'white', 'black', 'celadon', 'red', 'gold rim'])[1 + n % 7] || ' no. ' || n AS name,
       (ARRAY['湯呑', 'マグカップ', '飯碗', '皿', '急須', 'ぐい呑み', '花瓶', '盆'])[1 + n % 8] || ' ' ||
       (ARRAY['藍', '灰釉', '白', '黒', '青磁', '赤', '金縁'])[1 + n % 7] || ' ' || n AS name_ja,
       CASE WHEN n % 50 = 0 THEN 0 ELSE n * 23 % 30 END AS stock
  FROM generate_series(1, :products) n;
INSERT INTO product_template
SELECT (jsonb_populate_record(t, jsonb_build_object('id', g.template, 'name', jsonb_build_object('en_US', g.name, 'ja_JP', g.name_ja), 'default_code', g.sku))).*
  FROM goods g, product_template t WHERE t.id = (SELECT min(id) FROM product_template WHERE is_storable AND active AND company_id IS NULL);
INSERT INTO product_product
SELECT (jsonb_populate_record(p, jsonb_build_object('id', g.product, 'product_tmpl_id', g.template, 'default_code', g.sku, 'barcode', '49' || lpad(g.n::text, 11, '0')))).*
  FROM goods g, product_product p
 WHERE p.id = (SELECT min(p.id) FROM product_product p JOIN product_template t ON t.id = p.product_tmpl_id
                WHERE t.is_storable AND t.active AND p.active AND t.company_id IS NULL);
INSERT INTO stock_quant (product_id, company_id, location_id, quantity, reserved_quantity, in_date)
SELECT g.product, w.company_id, w.lot_stock_id, g.stock, CASE WHEN g.stock > 5 THEN g.n % 4 ELSE 0 END, now()
  FROM goods g, (SELECT * FROM stock_warehouse ORDER BY id LIMIT 1) w;
INSERT INTO ec_stock_figure (product_id, policy_id, quantity, free, offer, mode, version, computed_at)
SELECT product, :policy, units, units, units, 'hybrid', 1, now() FROM goods, LATERAL (SELECT stock - CASE WHEN stock > 5 THEN n % 4 ELSE 0 END AS units) left_;
INSERT INTO ec_listing (channel_id, company_id, external_id, inventory_external_id, title, sku, product_id, state, match_method, stock_rule, stock_units)
SELECT c.id, c.company_id, 'V' || g.n, 'I' || g.n, g.name, g.sku, g.product, 'matched', 'sku',
       CASE WHEN g.n % 211 = 0 THEN 'limit' WHEN g.n % 307 = 0 THEN 'paused' ELSE 'follow' END, 3
  FROM ec_channel c, goods g WHERE c.stock_policy_id = :policy;
INSERT INTO ec_stock_level (listing_id, channel_id, company_id, product_id, policy_id, location_external_id, inventory_external_id, state, controlled,
                            strict, desired, desired_at, version, believed, extra, acknowledged, acknowledged_at, flight_batch, flight_quantity,
                            flight_expected, flight_left, flight_at, attempts, sold_seq, checked_at, baseline_at, rate, rate_at, error_code)
SELECT l.id, l.channel_id, l.company_id, l.product_id, :policy, 'LOC', l.inventory_external_id, s.state, s.state <> 'unread' AND l.nth <> 4,
       f.quantity BETWEEN 1 AND 4 AND l.nth <> 4, s.desired, now() AT TIME ZONE 'UTC' - s.age * interval '1 second', 3,
       CASE s.state WHEN 'unread' THEN NULL WHEN 'ok' THEN s.desired ELSE s.desired + 1 + s.seed % 3 END, 0,
       CASE WHEN s.state <> 'unread' THEN s.desired END, CASE WHEN s.state <> 'unread' THEN now() AT TIME ZONE 'UTC' - s.age * interval '9 seconds' END,
       CASE WHEN s.state = 'flight' THEN 1 END, CASE WHEN s.state = 'flight' THEN s.desired END, CASE WHEN s.state = 'flight' THEN s.desired + 1 + s.seed % 3 END,
       CASE WHEN s.state = 'flight' THEN s.desired END, CASE WHEN s.state = 'flight' THEN now() AT TIME ZONE 'UTC' - interval '12 seconds' END,
       0, 0, CASE WHEN s.state <> 'unread' THEN now() AT TIME ZONE 'UTC' - s.age * interval '40 seconds' END,
       now() AT TIME ZONE 'UTC' - interval '1 day', (f.product_id % 5) / 600.0, now() AT TIME ZONE 'UTC', CASE WHEN s.state = 'error' THEN 'unknown_item' END
  FROM (SELECT l.*, g.n, row_number() OVER (PARTITION BY l.product_id ORDER BY l.channel_id) AS nth
          FROM ec_listing l JOIN goods g ON g.product = l.product_id) l
  JOIN ec_stock_figure f ON f.product_id = l.product_id AND f.policy_id = :policy
 CROSS JOIN LATERAL (SELECT abs(hashint8(l.n * 8 + l.nth)) % 1000 AS seed) r
 CROSS JOIN LATERAL (SELECT r.seed, 5 + r.seed * 3 AS age,
                            -- the last units are divided among the first three shops; the fourth only compares, the fifth is stopped
                            CASE WHEN f.quantity NOT BETWEEN 1 AND 4 THEN f.quantity WHEN l.nth <= 3 THEN f.quantity / 3 + (l.nth <= f.quantity % 3)::int
                                 WHEN l.nth = 4 THEN (f.quantity = 4)::int ELSE 0 END AS desired,
                            CASE WHEN r.seed < 25 THEN 'due' WHEN r.seed < 55 AND l.nth <= 3 THEN 'flight' WHEN r.seed < 62 THEN 'error' WHEN r.seed < 74 THEN 'unread' ELSE 'ok' END AS state) s;
DELETE FROM ec_stock_resync; DELETE FROM ec_stock_dirty; DELETE FROM ec_stock_todo;
COMMIT;
ANALYZE product_template, product_product, stock_quant, ec_stock_figure, ec_listing, ec_stock_level;
