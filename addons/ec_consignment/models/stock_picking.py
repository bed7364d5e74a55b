from odoo import api, fields, models


class StockPicking(models.Model):
    _inherit = "stock.picking"

    ec_consignment_report_id = fields.Many2one(
        "ec.consignment.report", string="Sell-Through Report", readonly=True, copy=False, index="btree_not_null"
    )
    ec_loan_id = fields.Many2one("ec.loan", string="Loan", readonly=True, index="btree_not_null")

    @api.depends("picking_type_id", "partner_id")
    def _compute_location_id(self):
        """Consignment goes to the customer's own location, and what is taken back comes from there."""
        back = self.filtered("location_id.ec_goods_kind")
        super(StockPicking, self - back)._compute_location_id()
        roots = self.company_id.ec_consignment_location_id
        out = (self - back).filtered(lambda picking: picking.partner_id and picking.location_dest_id in roots)
        if not out:
            return
        found = self.env["stock.location"]._ec_goods_found("consignment", out.partner_id, out.company_id)
        by_owner = {(place.company_id, place.ec_goods_partner_id): place for place in found if place.active}
        for picking in out:
            if place := by_owner.get((picking.company_id, picking.partner_id)):
                picking.location_dest_id = place
