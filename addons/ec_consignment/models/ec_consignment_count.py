from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from ..buttons import by_hand, defaults


class EcConsignmentCount(models.Model):
    """A stock count at a customer: what should lie there, what does, and the difference, booked as an inventory loss or gain."""

    _name = "ec.consignment.count"
    _description = "Consignment Stock Count"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"
    _check_company_auto = True

    name = fields.Char(string="Number", readonly=True, copy=False, default="/")
    agreement_id = fields.Many2one(
        "ec.consignment", string="Agreement", required=True, index=True, ondelete="restrict", check_company=True
    )
    partner_id = fields.Many2one(related="agreement_id.partner_id", store=True, index=True)
    company_id = fields.Many2one(related="agreement_id.company_id", store=True, index=True)
    date = fields.Date(required=True, default=fields.Date.context_today)
    state = fields.Selection(
        [("draft", "Draft"), ("done", "Booked")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    line_ids = fields.One2many("ec.consignment.count.line", "count_id", string="Lines")
    difference_count = fields.Integer(string="Differences", compute="_compute_difference_count")

    @api.depends("line_ids.difference")
    def _compute_difference_count(self):
        for count in self:
            count.difference_count = len(count._different())

    def _different(self):
        return self.line_ids.filtered(lambda line: not line.uom_id.is_zero(line.difference))

    # === CRUD === #

    @api.model_create_multi
    def create(self, vals_list):
        self._check_booked([*vals_list, defaults(self.env)])
        for vals in vals_list:
            vals["name"] = self.env["ir.sequence"].next_by_code("ec.consignment.count") or "/"
        counts = super().create(vals_list)
        counts.filtered(lambda count: not count.line_ids)._expect()
        return counts

    def write(self, vals):
        self._check_booked([vals])
        if vals.keys() & {"agreement_id", "date", "line_ids", "state"}:
            self._check_open()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_open(self):
        self._check_open()

    def _check_booked(self, vals_list):
        if by_hand(self.env, {"state"}, vals_list):
            raise AccessError(self.env._("A count is booked by its button."))

    def _check_open(self):
        if booked := self.filtered(lambda count: count.state == "done"):
            raise UserError(self.env._("%s is booked and stays as it is.", ", ".join(booked.mapped("name"))))

    # === Counting === #

    def _expected(self):
        """{(agreement's location, product, lot): units that lie there}."""
        rows = self.env["stock.quant"]._read_group(
            [("location_id", "in", self.agreement_id.location_id.ids)],
            ["location_id", "product_id", "lot_id"],
            ["quantity:sum"],
        )
        return {(place, product, lot): units for place, product, lot, units in rows}

    def _expect(self):
        """Lines for all that should lie there now; what was counted stays."""
        expected = self._expected()
        for count in self:
            place = count.agreement_id.location_id
            known = {(place, line.product_id, line.lot_id): line for line in count.line_ids}
            for key, line in known.items():
                line.expected = expected.get(key, 0)
            count.line_ids = [
                Command.create(
                    {"product_id": product.id, "lot_id": lot.id, "expected": units, "counted": max(units, 0)}
                )
                for (where, product, lot), units in expected.items()
                if where == place and units and (where, product, lot) not in known
            ]

    def action_expect(self):
        self._check_open()
        self._expect()

    def action_book(self):
        """Book the differences; nothing may have moved since the expected quantities were read. For managers."""
        if not self.env.user.has_group("ec_consignment.group_consignment_manager"):
            raise AccessError(self.env._("Differences are booked by a consignment manager."))
        self.check_access("write")
        self.agreement_id._lock()
        counts = self.filtered(lambda count: count.state == "draft")
        expected = counts._expected()
        moved = counts.line_ids.filtered(
            lambda line: line.uom_id.compare(line.expected, expected.get(line._place(), 0)) != 0
        )
        if moved:
            raise UserError(
                self.env._(
                    "Goods moved since they were counted: %s. Read the expected quantities again, then book.",
                    ", ".join(moved.product_id.mapped("display_name")),
                )
            )
        moves = self.env["stock.move"].create([line._move_vals() for line in counts._different()])
        moves._action_done()
        counts.sudo().state = "done"  # nobody may write this

    def action_print(self):
        return self.env.ref("ec_consignment.action_report_count").report_action(self)
