from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

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

        Of two transactions with one key the second waits here for the first. Its row is newer than the second's snapshot,
        so PostgreSQL reports a conflict and Odoo starts the second again: then it finds the answer.
        """
        # sudo: buyers have no rights on this table
        Submission = self.sudo()
        if sent := Submission.search([("buyer_id", "=", buyer.id), ("key", "=", key)]):
            return sent.answer
        statement = SQL(
            """INSERT INTO ec_trade_submission (buyer_id, company_id, key, create_uid, create_date)
               VALUES (%s, %s, %s, %s, %s) ON CONFLICT (buyer_id, key) DO NOTHING RETURNING id""",
            *(buyer.id, buyer.company_id.id, key, self.env.uid, self.env.cr.now()),
        )
        [[sent_id]] = self.env.execute_query(statement)
        sent = Submission.browse(sent_id)
        sent.answer = act()
        return sent.answer

    @api.autovacuum
    def _gc_old(self):
        old = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        self.search([("create_date", "<", old)], limit=10_000).unlink()
