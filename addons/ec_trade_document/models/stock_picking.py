import re
from collections import defaultdict

from odoo import api, fields, models

from ..document import Cell, Issue, Row
from ..packing import KG_PER_POUND, M3_PER_CUBIC_FOOT, M_PER_FOOT, Carton, Content, Packing, Units, exact, total


class StockPicking(models.Model):
    _name = "stock.picking"
    _inherit = ["stock.picking", "ec.trade.shipment"]

    ec_package_warning = fields.Text(
        string="Missing on Cartons",
        compute="_compute_ec_package_warning",
        help="For deliveries abroad: what a packing list needs and the packages do not have.",
    )

    @api.depends(
        "move_line_ids.result_package_id.shipping_weight",
        "move_line_ids.result_package_id.package_type_id",
        "partner_id",
        "state",
    )
    def _compute_ec_package_warning(self):
        for picking in self:
            home = picking.company_id.country_id
            abroad = picking.partner_id.country_id and picking.partner_id.country_id != home
            leaves = picking.picking_type_code == "outgoing" and picking.state != "cancel"
            issues = picking._ec_package_issues() if abroad and leaves else []
            picking.ec_package_warning = "\n".join(issue.text for issue in issues)

    # ---- what was packed

    def _ec_packing(self):
        """What this delivery consists of (packing.Packing): move lines as they are stored, only what is picked as long as it is not done."""
        self.ensure_one()
        units, by_package = self._ec_units(), defaultdict(lambda: self.env["stock.move.line"])
        for line in self._ec_trade_lines():
            by_package[line.result_package_id] |= line
        loose = by_package.pop(self.env["stock.package"], None)
        packed = sorted(by_package.items(), key=lambda item: (_natural(item[0].name), item[0].id))
        pallets = {}
        for package, lines in packed:
            if container := self._ec_container(package, lines):
                pallets[container] = (container.name, units.weight(exact(container.package_type_id.base_weight)))
        return Packing(
            tuple(self._ec_carton(package, lines, units) for package, lines in packed),
            self._ec_loose(loose, units) if loose else None,
            tuple(pallets.values()),
        )

    def _ec_trade_lines(self):
        # browsed anew: read all at once, which those of a one2many of a single record are not
        lines = self.move_line_ids.browse(self.move_line_ids.ids)
        lines = lines.filtered(lambda line: line.quantity > 0 and line.state != "cancel")
        if self.state != "done" and any(lines.mapped("picked")):
            lines = lines.filtered("picked")
        return lines

    def _ec_units(self):
        template = self.env["product.template"]
        pounds = template._get_weight_uom_id_from_ir_config_parameter() == self.env.ref("uom.product_uom_lb")
        feet = template._get_volume_uom_id_from_ir_config_parameter() == self.env.ref("uom.product_uom_cubic_foot")
        digits = max(3, self.env["decimal.precision"].precision_get("Stock Weight"))
        return Units(
            **({"kg": KG_PER_POUND} if pounds else {}),
            **({"cbm": M3_PER_CUBIC_FOOT, "metre": M_PER_FOOT} if feet else {}),
            weight_step=exact(10**digits) ** -1,
        )

    def _ec_container(self, package, lines):
        """The outermost package around a carton: as it was shipped, or as it is going to be."""
        outer = lines.package_history_id.outermost_dest_id[:1]
        if not outer and package.package_dest_id:
            outer = package.outermost_package_id
        return outer if outer != package else self.env["stock.package"]

    def _ec_carton(self, package, lines, units):
        kind = package.package_type_id
        sides = [exact(side) for side in (kind.packaging_length, kind.width, kind.height)]
        contents = _contents(lines, units)
        tare = units.weight(exact(kind.base_weight))
        weighed = units.weight(exact(package.shipping_weight))
        return Carton(
            name=package.name,
            contents=contents,
            gross=weighed or (total([*(content.net for content in contents), tare])),
            volume=units.box(*sides),
            size=tuple(side * units.metre for side in sides) if all(sides) else (),
            container=self._ec_container(package, lines).name or "",
        )

    def _ec_loose(self, lines, units):
        contents = _contents(lines, units)
        volumes = [units.volume(exact(line.quantity_product_uom) * exact(line.product_id.volume)) for line in lines]
        return Carton(
            name="", contents=contents, gross=total(content.net for content in contents), volume=total(volumes)
        )

    # ---- the packing list

    def _ec_trade_document(self, kind):
        """Packing list (document.Document), in the language of the context."""
        self.ensure_one()
        documents, packing = self.env["ec.trade.document"], self._ec_packing()
        orders, shipment = self._ec_orders(), self._ec_shipment()
        document = documents._start(kind, self, self.name, self._ec_stamp())
        consignee = self.partner_id or orders.partner_id[:1].sudo(False)
        # sudo ends here: the address of a buyer is read with the rights of who prints
        buyer = orders.partner_id.sudo(self.env.su) if len(orders.partner_id) == 1 else consignee
        document.parties = documents._parties(self.env, buyer, None, consignee)
        document.facts = self._ec_trade_facts(documents, orders, shipment)
        document.columns = self._ec_columns()
        document.rows = self._ec_rows(packing)
        document.notes = documents._note_blocks(self.env, shipment)
        document.labels.pop("acceptance")
        return document

    def _ec_orders(self):
        # sudo: who may read the delivery prints its packing list, also when the order is a colleague's; only terms and references are taken
        picking = self.sudo()
        return picking.move_ids.sale_line_id.order_id | picking.sale_id

    def _ec_shipment_sources(self):
        return [self._ec_orders()]

    def _ec_stamp(self):
        return {"done": "", "cancel": self.env._("CANCELLED")}.get(self.state, self.env._("DRAFT"))

    def _ec_trade_facts(self, documents, orders, shipment):
        env = self.env
        invoices = orders.invoice_ids.filtered(lambda move: move.state == "posted" and move.move_type == "out_invoice")
        shipped = fields.Datetime.context_timestamp(self, self.date_done or self.scheduled_date)
        terms = {documents._incoterm(order.incoterm, order.incoterm_location) for order in orders}
        return [
            (env._("Date"), documents._format(self).date(shipped)),
            (env._("Order No."), ", ".join(orders.mapped("name"))),
            (env._("Invoice No."), invoices.name if len(invoices) == 1 else ""),
            (env._("Your Reference"), ", ".join(order.client_order_ref for order in orders if order.client_order_ref)),
            (env._("Incoterm"), terms.pop() if len(terms) == 1 else ""),
            *documents._shipment_facts(self, shipment),
        ]

    def _ec_columns(self):
        env = self.env
        return (
            Cell(env._("C/No."), kind="code"),
            Cell(env._("Description")),
            Cell(env._("HS Code"), (env._("Origin"),), kind="code"),
            Cell(env._("Qty per Carton"), kind="number"),
            Cell(env._("Quantity"), kind="number"),
            Cell(env._("N.W."), (env._("kg"),), kind="number"),
            Cell(env._("G.W."), (env._("kg"),), kind="number"),
            Cell(env._("Measurement"), (env._("m³"),), kind="number"),
        )

    def _ec_rows(self, packing):
        env, fmt, rows = self.env, self.env["ec.trade.document"]._format(self), []
        for row in packing.rows:
            first, last = row.cartons[0], row.cartons[-1]
            size = " × ".join(fmt.quantity(side * 100) for side in first.size)
            names = f"{first.name} – {last.name}" if row.count > 1 else first.name
            more = [size and f"{size} cm", first.container and env._("on pallet %(name)s", name=first.container)]
            title = " · ".join(part for part in [names, *more] if part)
            number = str(row.first) if row.count == 1 else f"{row.first}–{row.last}"
            rows.append(
                self._ec_carton_row(
                    fmt, number, title, row.times(first.net), row.times(first.gross), row.times(first.volume)
                )
            )
            rows += [self._ec_content_row(fmt, content, row) for content in first.contents]
        if loose := packing.loose:
            rows.append(
                self._ec_carton_row(
                    fmt, "", env._("Loose goods (not in cartons)"), loose.net, loose.gross, loose.volume
                )
            )
            rows += [self._ec_content_row(fmt, content, None) for content in loose.contents]
        for name, weight in packing.pallets:
            rows.append(
                self._ec_carton_row(fmt, "", env._("Pallet %(name)s (empty)", name=name), exact(0), weight, exact(0))
            )
        return [*rows, self._ec_total_row(fmt, packing)]

    def _ec_carton_row(self, fmt, number, title, net, gross, volume):
        figures = (fmt.weight(net), fmt.weight(gross), fmt.volume(volume))
        return Row(
            "carton",
            (Cell(number, kind="code"), Cell(title, span=4), *(Cell(figure, kind="number") for figure in figures)),
        )

    def _ec_content_row(self, fmt, content, row):
        product, uom = self.env["product.product"].browse(content.product), self.env["uom.uom"].browse(content.uom)
        lots = ", ".join(
            f"{name} × {fmt.quantity(quantity)}" if quantity != 1 else name for name, quantity in content.lots
        )
        times = row.times if row else (lambda value: value)
        return Row(
            "content",
            (
                Cell(kind="code"),
                Cell(product.display_name, (self.env._("Lot: %(names)s", names=lots),) if lots else ()),
                Cell(*self.env["ec.trade.document"]._customs(product), kind="code"),
                Cell(fmt.quantity(content.quantity) if row else "", kind="number"),
                Cell(fmt.quantity(times(content.quantity)), (uom.name,), kind="number"),
                Cell(fmt.weight(times(content.net)), kind="number"),
                Cell(kind="number"),
                Cell(kind="number"),
            ),
        )

    def _ec_total_row(self, fmt, packing):
        env, parts = self.env, []
        if packing.cartons:
            parts.append(env._("Cartons: %(count)s", count=fmt.number(len(packing.cartons))))
        if packing.pallets:
            parts.append(env._("Pallets: %(count)s", count=fmt.number(len(packing.pallets))))
        if packing.loose:
            parts.append(env._("and loose goods") if packing.cartons else env._("Loose goods"))
        uoms = self.env["uom.uom"].browse(packing.quantities)
        quantities = [f"{fmt.quantity(packing.quantities[uom.id])} {uom.name}" for uom in uoms]
        figures = (fmt.weight(packing.net), fmt.weight(packing.gross), fmt.volume(packing.volume))
        return Row(
            "total",
            (
                Cell(env._("Total"), (" ".join(parts),), span=3),
                Cell("\n".join(quantities), kind="number", span=2),
                *(Cell(figure, kind="number") for figure in figures),
            ),
        )

    # ---- what is missing

    def _ec_trade_issues(self, kind):
        """[Issue, …] of one delivery."""
        documents, env = self.env["ec.trade.document"], self.env
        lines = self._ec_trade_lines()
        if not lines:
            return [
                Issue(
                    env._("%(delivery)s: nothing is packed or reserved yet", delivery=self.display_name),
                    self,
                    needed=True,
                )
            ]
        found = []
        for product in lines.product_id:
            if not product.weight:
                found.append(
                    Issue(
                        env._("%(product)s: no weight (product, tab Inventory)", product=product.display_name),
                        product,
                        needed=True,
                    )
                )
        for product in lines.filtered(lambda line: not line.result_package_id).product_id:
            if not product.volume:
                found.append(
                    Issue(
                        env._(
                            "%(product)s: no volume, and it is not in a carton (product, tab Inventory)",
                            product=product.display_name,
                        ),
                        product,
                    )
                )
        return found + self._ec_package_issues() + documents._customs_issues(lines.product_id)

    def _ec_package_issues(self):
        """[Issue, …] of its packages, one for all of a package type: no weight, no size."""
        env, found = self.env, []
        packages = self._ec_trade_lines().result_package_id.sorted(lambda package: _natural(package.name))
        for kind, same in packages.grouped("package_type_id").items():
            light = (
                same.filtered(lambda package: not package.shipping_weight) if not kind.base_weight else same.browse()
            )
            if light:
                text = env._(
                    "%(package)s: no weight. Fill Shipping Weight on the package, or Weight on its package type.",
                    package=_few(light),
                )
                found.append(Issue(text, kind or light[0], needed=True))
            if not kind:
                text = env._("%(package)s: no size. Choose a Package Type on the package.", package=_few(same))
                found.append(Issue(text, same[0]))
            elif not (kind.packaging_length and kind.width and kind.height):
                text = env._(
                    "%(package)s: no size. Fill Length, Width and Height on the package type %(type)s.",
                    package=_few(same),
                    type=kind.name,
                )
                found.append(Issue(text, kind))
        return found


def _contents(lines, units):
    """One Content for each product and unit of measure, in the order of the lines."""
    found = []
    for (product, uom), same in lines.grouped(lambda line: (line.product_id, line.product_uom_id)).items():
        weights = [units.weight(exact(line.quantity_product_uom) * exact(product.weight)) for line in same]
        lots = {}
        for line in same:
            name = line.lot_id.name or line.lot_name
            if name:
                lots[name] = lots.get(name, exact(0)) + exact(line.quantity)
        quantity = total(exact(line.quantity) for line in same)
        found.append(Content(product.id, uom.id, quantity, total(weights), tuple(sorted(lots.items()))))
    return tuple(found)


def _natural(name):
    """Sorts box 2 before box 10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name or "")]


def _few(packages):
    """The first names, and how many more there are."""
    names = ", ".join(packages[:3].mapped("name"))
    return f"{names} (+{len(packages) - 3})" if len(packages) > 3 else names
