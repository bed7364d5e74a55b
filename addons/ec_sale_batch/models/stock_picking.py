from odoo import models

from ..batch import ConfirmBatch


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def action_confirm(self):
        """In a batch: sale_stock confirms the pickings order by order; gather them for one call."""
        batch = ConfirmBatch.of(self.env)
        if (
            batch is not None
            and batch.pickings_to_confirm is not None
            and batch.order_ids.issuperset(self.sale_id.ids)
            and batch.move_ids.issuperset(self.move_ids._ids)
        ):
            batch.pickings_to_confirm.update(self.ids)
            return True
        return super().action_confirm()

    def _ec_post_origins(self, orders):
        """Note on each transfer the order it came from, with the message `message_post` would make.

        New transfers have nobody to notify: their only follower may be their creator, who does not follow notes.

        :param orders: one sale.order recordset a transfer
        """
        pairs = [
            (picking, order)
            for picking, picking_orders in zip(self, orders, strict=True)
            for order in picking_orders
        ]
        if not pairs:
            return
        self = self._fallback_lang()  # noqa: PLW0642  as message_post
        author_id, email_from = self._message_compute_author(None, None)
        sudo = self.sudo()
        aliases = sudo._mail_get_alias_domains(default_company=self.env.company)
        companies = self._mail_get_companies(default=self.env.company)
        reply_to = self._notify_get_reply_to(default=email_from, author_id=author_id)
        parents = self._ec_last_messages()
        note_id = self.env["ir.model.data"]._xmlid_to_res_id("mail.mt_note")
        _template, view = self._get_source_from_ref("mail.message_origin_link")
        render = self.env["mail.render.mixin"]._render_template_qweb_view
        values_list = []
        for picking, order in pairs:
            body = render(
                view, self._name, picking.ids, add_context={"self": picking, "origin": order}
            )[picking.id]
            values_list.append({
                "email_add_signature": True,
                "author_id": author_id,
                "author_guest_id": False,
                "email_from": email_from,
                "model": self._name,
                "res_id": picking.id,
                "body": body,
                "message_type": "notification",
                "parent_id": parents.get(picking.id, False),
                "subject": False,
                "subtype_id": note_id,
                "partner_ids": [],
                "record_alias_domain_id": aliases[picking.id].id,
                "record_company_id": companies[picking.id].id,
                "reply_to": reply_to[picking.id],
                "attachment_ids": [],
            })
        self._message_create(values_list)

    def _ec_last_messages(self):
        """{picking id: id of its last message}, the parent of the next one in a flat thread."""
        messages = self.env["mail.message"].sudo().search_fetch(
            [
                ("model", "=", self._name),
                ("res_id", "in", self.ids),
                ("message_type", "!=", "user_notification"),
            ],
            ["res_id", "message_type", "date", "create_date"],
        )
        parents = {}
        for message in messages.sorted(
            lambda message: (
                message.message_type in ("comment", "email"), message.date or message.create_date, message.id
            )
        ):
            parents[message.res_id] = message.id
        return parents
