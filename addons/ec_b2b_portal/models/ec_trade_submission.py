from datetime import timedelta

from odoo import api, fields, models

KEPT_DAYS = 7


class EcTradeSubmission(models.Model):
    """A form that a buyer sent: the same key again gives the same answer and does nothing."""

    _name = "ec.trade.submission"
    _description = "Form Sent by a Buyer"

    buyer_id = fields.Many2one("ec.trade.buyer", required=True, index=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="buyer_id.company_id", store=True)
    key = fields.Char(required=True, readonly=True)
    answer = fields.Json(readonly=True)

    _key_uniq = models.UniqueIndex("(buyer_id, key)")

    @api.model
    def _once(self, buyer, key, act):
        """The answer of `act`, called once for each key of a buyer; superuser.

        Of two transactions with one key the second waits here for the first, meets its row, and is started again by
        Odoo: then it finds the answer.
        """
        # sudo: buyers have no rights on this table
        Submission = self.sudo()
        if sent := Submission.search([("buyer_id", "=", buyer.id), ("key", "=", key)]):
            return sent.answer
        sent = Submission.create({"buyer_id": buyer.id, "key": key})
        sent.flush_recordset()
        sent.answer = act()
        return sent.answer

    @api.autovacuum
    def _gc_old(self):
        old = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        self.search([("create_date", "<", old)], limit=10_000).unlink()
