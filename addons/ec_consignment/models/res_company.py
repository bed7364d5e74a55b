from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    ec_consignment_location_id = fields.Many2one(
        "stock.location", string="Consignment Locations", readonly=True, copy=False
    )
    ec_loan_location_id = fields.Many2one("stock.location", string="Loan Locations", readonly=True, copy=False)
    ec_loan_remind_before = fields.Integer(
        string="Remind before a Loan Is Due", default=3, help="So many days before. 0: no mail."
    )
    ec_loan_remind_after = fields.Integer(
        string="Remind of an Overdue Loan", default=1, help="So many days after the loan was due. 0: no mail."
    )

    _ec_loan_reminder_days = models.Constraint(
        "CHECK (ec_loan_remind_before BETWEEN 0 AND 365 AND ec_loan_remind_after BETWEEN 0 AND 365)",
        "Loan reminders are sent 0 to 365 days before or after.",
    )

    def _ec_goods_root(self, kind):
        """The location above those of this kind (`consignment`, `loan`). It is in no warehouse: nothing below it is sellable."""
        self.ensure_one()
        name = f"ec_{kind}_location_id"
        company = self.sudo()  # who lends goods may change neither companies nor locations
        if not company[name]:
            label = self.env._("Consignment") if kind == "consignment" else self.env._("Loan")
            company[name] = (
                self.env["stock.location"]
                .sudo()
                .create({"name": label, "usage": "view", "location_id": False, "company_id": self.id})
            )
        return company[name].sudo(False)
