from odoo import api, fields, models
from odoo.exceptions import ValidationError


class StockLocation(models.Model):
    _inherit = "stock.location"

    ec_goods_kind = fields.Selection(
        [("consignment", "Consignment"), ("loan", "Loan")], string="Goods at a Customer", readonly=True, copy=False
    )
    ec_goods_partner_id = fields.Many2one(
        "res.partner",
        string="Customer with the Goods",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )

    _ec_goods_unique = models.UniqueIndex(
        "(company_id, ec_goods_kind, ec_goods_partner_id) WHERE ec_goods_partner_id IS NOT NULL"
    )

    @api.model
    def _ec_goods_of(self, kind, partner, company):
        """Where goods of this kind lie at this customer; made when there is none."""
        found = self._ec_goods_found(kind, partner, company)
        if found:
            found.sudo().active = True  # who lends goods may not change locations
            return found
        # who lends goods may not make locations
        return (
            self.sudo()
            .create(
                {
                    "name": partner.display_name.replace("/", "-"),
                    "usage": "internal",
                    "location_id": company._ec_goods_root(kind).id,
                    "company_id": company.id,
                    "ec_goods_kind": kind,
                    "ec_goods_partner_id": partner.id,
                }
            )
            .sudo(False)
        )

    @api.model
    def _ec_goods_found(self, kind, partners, companies):
        """The locations of this kind at these customers."""
        return self.with_context(active_test=False).search(
            [
                ("ec_goods_kind", "=", kind),
                ("ec_goods_partner_id", "in", partners.ids),
                ("company_id", "in", companies.ids),
            ]
        )

    @api.constrains("location_id")
    def _check_ec_goods_parent(self):
        if self.location_id.filtered("ec_goods_kind"):
            raise ValidationError(self.env._("Where goods lie at a customer there are no locations below."))
