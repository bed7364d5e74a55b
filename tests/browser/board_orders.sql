-- `orders` open orders like the order `template`, with holds as imports and people would have left them, in seconds.
-- All follows from the number n of the order, so that every run sees the same; times count back from now.
BEGIN;
CREATE TEMP TABLE customers AS
SELECT n, nextval('res_partner_id_seq')::int AS id,
       CASE WHEN n % 3 = 0 THEN (ARRAY['Sato', 'Suzuki', 'Takahashi', 'Tanaka', 'Ito', 'Watanabe', 'Yamamoto'])[1 + n % 7] || ' ' ||
                               (ARRAY['Haruto', 'Yui', 'Sora', 'Hina', 'Ren'])[1 + n % 5] || ' ' || n
            ELSE (ARRAY['佐藤', '鈴木', '高橋', '田中', '伊藤', '渡辺', '山本'])[1 + n % 7] || (ARRAY['陽翔', '結衣', '蒼空', '陽菜', '蓮'])[1 + n % 5] || ' ' || n END AS name
  FROM generate_series(1, 5000) n;
INSERT INTO res_partner
SELECT r.* FROM customers c, res_partner p, LATERAL jsonb_populate_record(p, jsonb_build_object('id', c.id, 'name', c.name, 'complete_name', c.name, 'commercial_partner_id', c.id,
                                                    'zip', '150-' || lpad((c.n % 10000)::text, 4, '0'), 'city', '渋谷区', 'street', '神南1-' || c.n % 30 || '-' || c.n % 9,
                                                    'phone', '03-5555-' || lpad((c.n % 10000)::text, 4, '0'), 'email', 'c' || c.n || '@example.com')) r
 WHERE p.id = (SELECT partner_id FROM sale_order WHERE id = :template);
CREATE TEMP TABLE made AS
SELECT n, nextval('sale_order_id_seq')::int AS id, nextval('sale_order_line_id_seq')::int AS line, abs(hashint4(n)) % 1000 AS seed,
       now() AT TIME ZONE 'UTC' - (n % 40000) * interval '7 minutes' AS placed
  FROM generate_series(1, :orders) n;
INSERT INTO sale_order
SELECT r.* FROM made m JOIN customers c ON c.n = 1 + m.n % 5000, sale_order o, LATERAL jsonb_populate_record(o, jsonb_build_object(
       'id', m.id, 'name', 'E' || lpad(m.n::text, 6, '0'), 'partner_id', c.id, 'partner_shipping_id', c.id, 'partner_invoice_id', c.id,
       'client_order_ref', CASE WHEN m.n % 3 = 0 THEN 'R-' || 5000000 + m.n * 7 END, 'access_token', 'token' || m.n,
       'user_id', (SELECT id FROM res_users WHERE login = (ARRAY['manager', 'clerk', '店長', 'salesperson'])[1 + m.n % 4]),
       'date_order', m.placed, 'create_date', m.placed, 'amount_total', 800 + m.seed * 13, 'amount_untaxed', 800 + m.seed * 13, 'amount_tax', 0,
       'state', CASE WHEN m.seed < 220 THEN 'draft' ELSE 'sale' END,
       'commitment_date', CASE WHEN m.n % 5 = 0 THEN m.placed + interval '30 days' END,
       'ec_status', CASE WHEN m.seed < 220 THEN 'quotation' WHEN m.seed < 460 THEN 'waiting_stock' WHEN m.seed < 920 THEN 'ready' ELSE 'shipping' END)) r
 WHERE o.id = :template;
INSERT INTO sale_order_line
SELECT r.* FROM made m JOIN customers c ON c.n = 1 + m.n % 5000, sale_order_line l, LATERAL jsonb_populate_record(l, jsonb_build_object('id', m.line, 'order_id', m.id, 'order_partner_id', c.id, 'product_uom_qty', 1 + m.seed % 4)) r
 WHERE l.id = (SELECT min(id) FROM sale_order_line WHERE order_id = :template);
-- about one order in four waits for a person, some of them for several reasons
INSERT INTO ec_order_hold (order_id, type_id, company_id, key, reason, owner_id, due, open, opened_at, opened_by_id, released_at, released_by_id, release_note)
SELECT m.id, t.id, o.company_id, '', r.reason, CASE WHEN m.n % 4 > 0 THEN u.id END,
       CASE WHEN t.due_hours > 0 THEN r.opened + t.due_hours * interval '1 hour' END, r.open, r.opened, u.id,
       CASE WHEN NOT r.open THEN r.opened + interval '3 hours' END, CASE WHEN NOT r.open THEN u.id END, CASE WHEN NOT r.open THEN '電話で確認しました。' END
  FROM made m JOIN sale_order o ON o.id = m.id JOIN res_users u ON u.login = (ARRAY['manager', 'clerk', '店長'])[1 + m.n % 3]
 CROSS JOIN LATERAL (VALUES
       ('payment_pending', m.seed < 70, TRUE, 'Bank transfer not received yet', 1), ('address', m.seed BETWEEN 60 AND 110, TRUE, '郵便番号と都道府県が一致しません。', 2),
       ('unmapped_sku', m.seed BETWEEN 100 AND 130, TRUE, 'SKU MUG-' || m.n, 3), ('amount_mismatch', m.seed BETWEEN 200 AND 219, TRUE, 'Shop: 12,300, here: 12,298', 4),
       ('duplicate', m.seed BETWEEN 130 AND 140, TRUE, 'Same goods, same address within 10 minutes', 5),
       ('comment', m.seed BETWEEN 460 AND 500, TRUE, '「配達は平日の18時以降にお願いします。」', 6), ('stock_short', m.seed BETWEEN 220 AND 270, TRUE, '2 of 3 missing', 7),
       ('manual', m.seed BETWEEN 690 AND 699, TRUE, 'Gift card to be written by hand', 8),
       ('address', m.seed BETWEEN 0 AND 30, FALSE, '番地がありません。', 9)) r0 (code, holds, open, reason, nth)
 JOIN ec_order_hold_type t ON t.code = r0.code
 CROSS JOIN LATERAL (SELECT r0.reason, r0.open, LEAST(m.placed + r0.nth * interval '2 minutes', now() AT TIME ZONE 'UTC') AS opened) r
 WHERE r0.holds;
UPDATE sale_order o
   SET ec_hold_count = h.count, ec_hold_since = h.since, ec_hold_codes = h.codes, ec_blocks_confirm = h.confirm, ec_blocks_delivery = h.deliver,
       ec_status = CASE WHEN o.state = 'sale' AND h.deliver OR o.state <> 'sale' AND h.confirm THEN 'held' ELSE o.ec_status END
  FROM (SELECT h.order_id, count(*) AS count, min(h.opened_at) AS since, string_agg(DISTINCT t.code, ',' ORDER BY t.code) AS codes,
               bool_or(t.blocks_confirm) AS confirm, bool_or(t.blocks_delivery) AS deliver
          FROM ec_order_hold h JOIN ec_order_hold_type t ON t.id = h.type_id WHERE h.open GROUP BY h.order_id) h
 WHERE h.order_id = o.id;
-- what rules of other tests would take minutes to look at
DELETE FROM ec_routing_todo t USING made m WHERE m.id = t.order_id;
COMMIT;
VACUUM ANALYZE sale_order;
ANALYZE res_partner, sale_order_line, ec_order_hold;
