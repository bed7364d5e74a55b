from odoo import models

from ..batch import ConfirmBatch


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def _ec_post_batch(self, bodies, subtype, tracking=None):
        """Post one notification on each record as `message_post` would; those with someone to notify go through it.

        :param bodies: [(record, body)]
        Reads aliases and earlier messages and writes tracked values as superuser, as `message_post` does.

        :param dict tracking: {record id: commands for tracking_value_ids}
        """
        tracking = tracking or {}
        batch = ConfirmBatch.of(self.env)
        quiet_ids = set()
        if batch is not None and batch.as_read(self, "post"):
            quiet_ids = self._ec_without_recipients(subtype)
        quiet = [(record, body) for record, body in bodies if record.id in quiet_ids]
        for record, body in bodies:
            if record.id not in quiet_ids:
                record.message_post(body=body, subtype_id=subtype.id, tracking_value_ids=tracking.get(record.id, []))
        if not quiet:
            return
        records = self.browse(record.id for record, _body in quiet)._fallback_lang()
        author_id, email_from = records._message_compute_author(None, None)
        aliases = records.sudo()._mail_get_alias_domains(default_company=self.env.company)
        companies = records._mail_get_companies(default=self.env.company)
        reply_to = records._notify_get_reply_to(default=email_from, author_id=author_id)
        parents = records._ec_last_messages()
        messages = records._message_create(
            [
                {
                    "email_add_signature": True,
                    "author_id": author_id,
                    "author_guest_id": False,
                    "email_from": email_from,
                    "model": self._name,
                    "res_id": record.id,
                    "body": body,
                    "message_type": "notification",
                    "parent_id": parents.get(record.id, False),
                    "subject": False,
                    "subtype_id": subtype.id,
                    "partner_ids": [],
                    "record_alias_domain_id": aliases[record.id].id,
                    "record_company_id": companies[record.id].id,
                    "reply_to": reply_to[record.id],
                    "attachment_ids": [],
                }
                for record, body in quiet
            ]
        )
        self.env["mail.tracking.value"].sudo().create(
            [
                {**values, "mail_message_id": message.id}
                for message in messages
                for _command, _id, values in tracking.get(message.res_id, ())
            ]
        )

    def _ec_without_recipients(self, subtype):
        """Ids of the records where a note of this subtype by the current user notifies nobody."""
        if self.env.context.get("mail_notify_author") or self.env.context.get("website_sale_send_recovery_email"):
            return set()
        author_id, _email_from = self._message_compute_author(None, None)
        author = self._message_compute_real_author(author_id)
        followers = self.env["mail.followers"]._get_recipient_data(self, "notification", subtype.id, [])
        return {
            record.id
            for record in self
            if all(
                partner_id == author.id or not recipient["active"]
                for partner_id, recipient in followers[record.id].items()
            )
        }

    def _ec_last_messages(self):
        """{record id: id of its newest message, read as superuser}, the parent of the next one in a flat thread."""
        if not self._mail_flat_thread:
            return {}
        messages = (
            self.env["mail.message"]
            .sudo()
            .search_fetch(
                [
                    ("model", "=", self._name),
                    ("res_id", "in", self.ids),
                    ("message_type", "!=", "user_notification"),
                ],
                ["res_id", "message_type", "date", "create_date"],
            )
        )
        parents = {}
        for message in messages.sorted(
            lambda message: (
                message.message_type in ("comment", "email"),
                message.date or message.create_date,
                message.id,
            )
        ):
            parents[message.res_id] = message.id
        return parents
