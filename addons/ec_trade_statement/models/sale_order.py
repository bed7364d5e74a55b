from odoo import api, fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    ec_billed_to_id = fields.Many2one(
        "ec.trade.account", "Billed by Closing", compute="_compute_ec_billed_to_id", compute_sudo=True
    )

    @api.depends("partner_id", "company_id")
    def _compute_ec_billed_to_id(self):
        self.ec_billed_to_id = False
        for company, orders in self.grouped("company_id").items():
            accounts = self.env["ec.trade.account"]._of_partners(orders.partner_id, company)
            for order in orders:
                account = accounts.get(order.partner_id._origin.id)
                if account and account.billing == "closing":
                    order.ec_billed_to_id = account

    def _prepare_invoice(self):
        """Of an account that is billed by closing, the head company pays."""
        values = super()._prepare_invoice()
        # sudo: whoever invoices need not see accounts
        if account := self.sudo().ec_billed_to_id:
            values["partner_id"] = account.partner_id.address_get(["invoice"])["invoice"]
        return values

    def _get_invoice_grouping_keys(self):
        """Nor does it matter where the goods went: tax is rounded on all of them."""
        keys = super()._get_invoice_grouping_keys()
        # sudo: whoever invoices need not see accounts
        if all(order.ec_billed_to_id for order in self.sudo()):
            return [key for key in keys if key not in ("partner_shipping_id", "fiscal_position_id")]
        return keys
