"""A company with many open orders of shops, made in batches: the state in which the routing benchmarks find Odoo."""

ZIPS = ("100-0001", "530-0001", "060-0001", "900-0001", "812-0011", "460-0001")


def build(env, orders, products=200, stock=1_000_000, lot=500):
    """Products with stock, buyers and quotations of shops with three lines each; commits. Returns the orders' ids."""
    env["ir.config_parameter"].set_param("web.base.url", "https://erp.example")
    japan = env.ref("base.jp")
    states = env["res.country.state"].search([("country_id", "=", japan.id)])
    goods = env["product.product"].create(
        [{"name": f"Product {n}", "default_code": f"SKU-{n:04}", "is_storable": True, "list_price": 500 + 37 * (n % 90), "weight": 0.2 + n % 7 / 10} for n in range(products)]
    )
    warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
    if stock:
        env["stock.quant"].create([{"product_id": p.id, "location_id": warehouse.lot_stock_id.id, "quantity": stock} for p in goods])
    ids = []
    for start in range(0, orders, lot):
        numbers = range(start, min(start + lot, orders))
        partners = env["res.partner"].create(
            [
                {
                    "name": f"Buyer {n}", "street": f"{n % 9 + 1}-{n % 20 + 1}-{n % 30 + 1} Marunouchi", "city": "Chiyoda", "zip": ZIPS[n % len(ZIPS)],
                    "state_id": states[n % len(states)].id, "country_id": japan.id, "phone": f"03-{1000 + n % 9000}-{n % 10000:04}",
                }
                for n in numbers
            ]
        )  # fmt: skip
        batch = env["sale.order"]._ec_create_batch(
            [
                {
                    "partner_id": partner.id, "warehouse_id": warehouse.id, "ec_claims_stock": True,
                    "order_line": [
                        (0, 0, {"product_id": goods[(n * 3 + k * 7) % products].id, "product_uom_qty": 1 + (n + k) % 3}) for k in range(3)
                    ],
                }
                for n, partner in zip(numbers, partners, strict=True)
            ]
        )  # fmt: skip
        ids += batch.ids
        env.cr.commit()
        env.invalidate_all()
    env.cr.execute("ANALYZE")
    env.cr.commit()
    return ids


def rules(env):
    """Thirty rules as people write them: twenty by fields of the order, five by its lines, five by functions."""
    tags = env["crm.tag"].create([{"name": f"Tag {n}"} for n in range(30)])
    parts = []

    def add(scope="hold", **vals):
        n = len(parts)
        parts.append((0, 0, {"name": f"Rule {n}", "scope": scope, "action_ids": [(0, 0, {"name": "tag", "args": {"tag": tags[n].id}})], **vals}))

    for n in range(8):
        add(order_domain=f"[('amount_total', '>', {20_000 + 1000 * n}), ('partner_shipping_id.zip', '=like', '{n}%')]")
    for n in range(6):
        add(order_domain=f"['|', ('partner_shipping_id.city', 'ilike', 'osaka{n}'), '&', ('amount_total', '<', {10 * n}), ('partner_id.ref', '=', 'A{n}')]")
    for n in range(6):
        add(order_domain=f"[('tag_ids', 'in', [{tags[n].id}]), ('client_order_ref', '!=', False), ('team_id', '!=', False)]")
    for n in range(5):
        add(line_scope="any", line_domain=f"[('product_id.default_code', '=', 'SKU-{n:04}'), ('product_uom_qty', '>', 2)]")
    for name, args in (
        ("comment", {}), ("cod_over_limit", {"limit": 300_000}), ("mixed_temperature", {}), ("not_released", {}), ("dangerous", {}),
    ):  # fmt: skip
        add(function_ids=[(0, 0, {"name": name, "args": args})])
    return parts


def strategies():
    """Few parcels, then near, then cheap; all fences, as a new strategy has."""
    return [
        (0, 0, {
            "name": "Few and near", "mode": "lexicographic", "max_parcels": 2,
            "criterion_ids": [(0, 0, {"name": name, "args": {}}) for name in ("parcels", "priority", "distance", "cost")],
        })
    ]  # fmt: skip


def source(rule_set):
    """A rule that chooses warehouse and carrier by the set's strategy."""
    rule_set.rule_ids = [
        (0, 0, {"name": "Choose", "scope": "route", "action_ids": [(0, 0, {"name": "source", "args": {"strategy": rule_set.strategy_ids[0].id}})]})
    ]
