from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..closing import period


class EcConsignment(models.Model):
    """An agreement with one customer: our goods lie there and are sold when the customer reports them sold."""

    _name = "ec.consignment"
    _description = "Consignment Agreement"
    _inherit = ["mail.thread"]
    _rec_name = "partner_id"
    _order = "partner_id, id"
    _check_company_auto = True

    active = fields.Boolean(default=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        help="The customer, or the shop of a customer, where the goods lie.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, readonly=True
    )
    warehouse_id = fields.Many2one(
        "stock.warehouse",
        required=True,
        check_company=True,
        ondelete="restrict",
        default=lambda self: self.env.user._get_default_warehouse_id(),
        help="Goods are sent from here and come back to here.",
    )
    location_id = fields.Many2one(
        "stock.location", string="Goods Lie at", readonly=True, copy=False, index=True, ondelete="restrict"
    )
    pricelist_id = fields.Many2one(
        "product.pricelist",
        check_company=True,
        ondelete="restrict",
        tracking=True,
        help="Prices of the day of the report. Empty: the customer's price list.",
    )
    closing_day = fields.Integer(
        default=31, required=True, tracking=True, help="Reports are for the month up to this day. 31: its last day."
    )
    user_id = fields.Many2one(
        "res.users", string="Salesperson", default=lambda self: self.env.user, domain="[('share', '=', False)]"
    )
    report_ids = fields.One2many("ec.consignment.report", "agreement_id", string="Reports")
    lock_count = fields.Integer(
        readonly=True, copy=False, help="Written to book the goods of a customer one after another."
    )
    settled_at = fields.Datetime(readonly=True, copy=False, help="When goods at this customer were last reported sold.")

    _partner_unique = models.UniqueIndex(
        "(company_id, partner_id) WHERE active", "This customer has a consignment agreement already."
    )
    _closing_day_range = models.Constraint(
        "CHECK (closing_day BETWEEN 1 AND 31)", "The closing day is between 1 and 31."
    )

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        agreements = super().create(vals_list)
        for agreement in agreements:
            agreement.warehouse_id._ec_operation_type("consignment")
            agreement.location_id = self.env["stock.location"]._ec_goods_of(
                "consignment", agreement.partner_id, agreement.company_id
            )
        return agreements

    def write(self, vals):
        if {"partner_id", "company_id", "location_id"} & vals.keys() and self.filtered("location_id"):
            raise UserError(self.env._("An agreement stays with its customer: make a new one for another."))
        if "active" in vals and not vals["active"] and self._stock():
            raise UserError(self.env._("Goods still lie at the customer: take them back or have them reported first."))
        return super().write(vals)

    # === Stock === #

    def _stock(self):
        """The quants of what lies at these customers."""
        return self.env["stock.quant"].search([("location_id", "in", self.location_id.ids), ("quantity", "!=", 0)])

    def _lock(self):
        """Of two who book goods of one agreement at once the second starts again and sees what the first did."""
        # SQL, to write at every call and in the order of ids: two never wait for each other
        self.env.cr.execute(
            SQL(
                """
                UPDATE ec_consignment SET lock_count = COALESCE(lock_count, 0) + 1
                WHERE id IN (SELECT id FROM ec_consignment WHERE id = ANY(%s) ORDER BY id FOR UPDATE)
                """,
                self.ids,
            )
        )
        self.invalidate_recordset(["lock_count"])

    # === Reports === #

    def _period(self, today=None):
        """(first, last) day of the newest closed period."""
        self.ensure_one()
        return period(self.closing_day, today or fields.Date.context_today(self))

    def _report(self, key, lines, source, **vals):
        """The draft report of this key; the one that is there already if it says the same.

        :param key: what identifies the report at the customer, or False
        :param lines: [{product_id, quantity, lot_id}] in units of the product
        :param source: as `ec.consignment.report.source`
        """
        self.ensure_one()
        key = (key or "").strip()
        reports = self.env["ec.consignment.report"]
        known = reports.search([("agreement_id", "=", self.id), ("key", "=", key)], limit=1) if key else reports
        if not known:
            commands = [fields.Command.create(line) for line in lines]
            return reports.create({**vals, "agreement_id": self.id, "key": key, "source": source, "line_ids": commands})
        if known._said() != _said(lines):
            raise UserError(
                self.env._(
                    "Report %(key)s was taken already as %(name)s and says something else: correct that one.",
                    key=key,
                    name=known.name,
                )
            )
        return known

    # === Actions === #

    def action_send(self):
        """A new transfer to the customer."""
        self.ensure_one()
        return {
            **self._action(self.env._("Send Goods"), "stock.picking"),
            "views": [(False, "form")],
            "context": {
                "default_picking_type_id": self.warehouse_id._ec_operation_type("consignment").id,
                "default_partner_id": self.partner_id.id,
                "default_location_id": self.warehouse_id.lot_stock_id.id,
                "default_location_dest_id": self.location_id.id,
                "default_company_id": self.company_id.id,
            },
        }

    def action_take_back(self):
        """A draft transfer of all that lies at the customer and is in no other transfer, to lower as needed."""
        self.ensure_one()
        free = self.env["stock.quant"]._read_group(
            [("location_id", "=", self.location_id.id)],
            ["product_id"],
            ["quantity:sum", "reserved_quantity:sum"],
        )
        free = [(product, there - taken) for product, there, taken in free]
        place = {"location_id": self.location_id.id, "location_dest_id": self.warehouse_id.lot_stock_id.id}
        moves = [
            {
                **place,
                "product_id": product.id,
                "product_uom_qty": units,
                "product_uom": product.uom_id.id,
                "company_id": self.company_id.id,
            }
            for product, units in free
            if product.uom_id.compare(units, 0) > 0
        ]
        if not moves:
            raise UserError(self.env._("Nothing lies at the customer that is not in a transfer already."))
        picking = self.env["stock.picking"].create(
            {
                **place,
                "picking_type_id": self.warehouse_id._ec_operation_type("consignment").id,
                "partner_id": self.partner_id.id,
                "company_id": self.company_id.id,
                "move_ids": [fields.Command.create(move) for move in moves],
            }
        )
        return {
            **self._action(self.env._("Take Back"), "stock.picking"),
            "res_id": picking.id,
            "views": [(False, "form")],
        }

    def action_report(self):
        """A new report of the newest closed period."""
        self.ensure_one()
        return {
            **self._action(self.env._("Sell-Through Report"), "ec.consignment.report"),
            "views": [(False, "form")],
            "context": {"default_agreement_id": self.id},
        }

    def action_count(self):
        self.ensure_one()
        count = self.env["ec.consignment.count"].create({"agreement_id": self.id})
        return {
            **self._action(self.env._("Stock Count"), "ec.consignment.count"),
            "res_id": count.id,
            "views": [(False, "form")],
        }

    def action_balance(self):
        return self._open("ec_consignment.ec_consignment_balance_action", "agreement_id")

    def action_reports(self):
        return self._open("ec_consignment.ec_consignment_report_action", "agreement_id")

    def action_counts(self):
        return self._open("ec_consignment.ec_consignment_count_action", "agreement_id")

    def _open(self, xmlid, field):
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        return {**action, "domain": [(field, "in", self.ids)], "context": {"default_agreement_id": self.id}}

    def _action(self, name, model):
        return {"type": "ir.actions.act_window", "name": name, "res_model": model, "view_mode": "form"}


def _said(lines):
    """What lines say, whatever their order: {(product, lot): units}."""
    said = {}
    for line in lines:
        key = line["product_id"], line.get("lot_id") or False
        said[key] = round(said.get(key, 0) + float(line["quantity"]), 6)
    return said
