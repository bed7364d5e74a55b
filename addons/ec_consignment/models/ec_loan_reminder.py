from odoo import fields, models


class EcLoanReminder(models.Model):
    """A reminder that was sent: one before and one after each due date."""

    _name = "ec.loan.reminder"
    _description = "Loan Reminder"
    _order = "id desc"

    loan_id = fields.Many2one("ec.loan", required=True, index=True, readonly=True, ondelete="cascade")
    company_id = fields.Many2one(related="loan_id.company_id", store=True, index=True)
    kind = fields.Selection([("before", "Before It Is Due"), ("after", "Overdue")], required=True, readonly=True)
    date_due = fields.Date(string="Due", required=True, readonly=True)

    _once = models.UniqueIndex("(loan_id, kind, date_due)")
