from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..sdk.text import normalize_email, normalize_name, normalize_phone

_DIGITS = r"regexp_replace(translate(phone, '０１２３４５６７８９', '0123456789'), '\D', '', 'g')"
_ADDRESS_FIELDS = ("street", "street2", "city", "zip", "state_id", "country_id")


class EcPartnerMatch(models.Model):
    """The proposal that a customer of a channel is somebody Odoo already knows.

    Made when the customer's contact is made, because e-mail or phone are equal in their normal forms. A person decides;
    no order waits for it.
    """

    _name = "ec.partner.match"
    _description = "Perhaps the same customer"
    _order = "state desc, id desc"
    _rec_name = "partner_id"

    channel_id = fields.Many2one("ec.channel", required=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="channel_id.company_id", store=True, index=True)
    partner_id = fields.Many2one("res.partner", "New contact", required=True, ondelete="cascade", readonly=True)
    candidate_id = fields.Many2one(
        "res.partner", "Known contact", required=True, ondelete="cascade", index=True, readonly=True,
    )
    reason = fields.Selection(
        [("email", "Same e-mail"), ("phone", "Same phone"), ("both", "Same e-mail and phone")],
        required=True, readonly=True,
    )
    state = fields.Selection(
        [("proposed", "To decide"), ("dismissed", "Two persons"), ("accepted", "One person")],
        required=True, default="proposed", readonly=True,
    )
    error = fields.Char("Why not", readonly=True, help="Why accepting it did not work.")
    summary = fields.Char("Done", readonly=True)
    partner_email = fields.Char(related="partner_id.email", string="New: e-mail")
    partner_phone = fields.Char(related="partner_id.phone", string="New: phone")
    partner_address = fields.Char(related="partner_id.contact_address_inline", string="New: address")
    candidate_email = fields.Char(related="candidate_id.email", string="Known: e-mail")
    candidate_phone = fields.Char(related="candidate_id.phone", string="Known: phone")
    candidate_address = fields.Char(related="candidate_id.contact_address_inline", string="Known: address")

    # A constraint, not an index: Odoo's merge of contacts looks for constraints only, to know what it may not repeat
    _pair = models.Constraint("UNIQUE (partner_id, candidate_id)", "This pair has already been proposed.")
    _open = models.Index("(id) WHERE state = 'proposed'")

    # -- Proposing ----------------------------------------------------------------------------------------------------

    @api.model
    def _propose(self, channel, partners):
        """Propose for each new customer the known contact with its e-mail, and the one with its phone if that is another.

        Of several, the one that is no guest's, then the oldest. Two queries and one insert for any number of customers.
        Employees and addresses are never proposed.
        """
        emails, phones = {}, {}
        for partner in partners:
            emails[partner.id] = normalize_email(partner.email or "")
            phones[partner.id] = normalize_phone(partner.phone or "", partner.country_id.code or "JP")
        candidates = self._find_candidates(channel, set(emails.values()) - {""}, set(phones.values()) - {""})
        rows = []
        for partner in partners:
            hits = {}
            for reason, values, mine in (("email", 1, emails), ("phone", 2, phones)):
                for candidate in candidates:
                    # Of two made together, the younger is proposed to the older, not also the other way round
                    if mine[partner.id] and candidate[values] == mine[partner.id] and candidate[0] < partner.id:
                        hits[candidate[0]] = "both" if candidate[0] in hits else reason
                        break
            rows += [
                {"channel_id": channel.id, "partner_id": partner.id, "candidate_id": id_, "reason": reason}
                for id_, reason in hits.items()
            ]
        return self.create(rows)

    @api.model
    def _find_candidates(self, channel, emails, phones):
        """`[(id, normal e-mail, normal phone)]` of contacts with one of these, best first."""
        if not emails and not phones:
            return []
        self.env["res.partner"].flush_model()
        self.env["ec.partner.binding"].flush_model()
        rows = self.env.execute_query(SQL(
            f"""
            SELECT p.id, p.email, p.phone, c.code
              FROM (SELECT id FROM res_partner WHERE email_normalized = ANY(%(emails)s)
                     UNION
                    SELECT id FROM res_partner WHERE phone IS NOT NULL AND {_DIGITS} = ANY(%(digits)s)) hit
              JOIN res_partner p ON p.id = hit.id
              LEFT JOIN res_country c ON c.id = p.country_id
             WHERE p.active AND p.partner_share AND (p.parent_id IS NULL OR p.type = 'contact')
               AND (p.company_id IS NULL OR p.company_id = ANY(%(companies)s))
             ORDER BY EXISTS (SELECT FROM ec_partner_binding b WHERE b.partner_id = p.id AND b.key LIKE 'guest:%%'), p.id
            """,
            emails=list(emails), digits=[spelling for phone in phones for spelling in _digit_spellings(phone)],
            companies=channel.company_id.parent_ids.ids,
        ))
        return [
            (id_, normalize_email(email or ""), normalize_phone(phone or "", country or "JP"))
            for id_, email, phone, country in rows
        ]

    # -- Deciding -----------------------------------------------------------------------------------------------------

    def action_accept(self):
        """One person: the new contact becomes the known one.

        A new contact without an address of its own is merged into the known one by Odoo's merge. One with another
        address stays, as an address of the known contact, so that orders on their way keep the address they were placed
        with; orders and bindings move to the known contact. What cannot be done says why and stands in nobody's way.
        """
        self._check_decider()
        for match in self.filtered(lambda row: row.state == "proposed").sorted("id"):
            if not match.exists() or match.state != "proposed":
                continue  # settled by one before it
            try:
                with self.env.cr.savepoint():
                    # the check above admits; contacts, orders and these rows are not otherwise the operator's to write
                    match.sudo()._join()
            except UserError as error:
                match.sudo().error = str(error)
        return True

    def action_dismiss(self):
        """Two persons: do not ask again."""
        self._check_decider()
        # as for accepting
        self.filtered(lambda row: row.state == "proposed").sudo().write({"state": "dismissed", "error": False})
        return True

    def action_open_partner(self):
        return self._open_contact(self.partner_id)

    def action_open_candidate(self):
        return self._open_contact(self.candidate_id)

    # -- Helpers ------------------------------------------------------------------------------------------------------

    def _check_decider(self):
        """Whoever may see these rows may decide about them. They cannot be written otherwise, or any two contacts could be joined."""
        self.check_access("read")

    def _open_contact(self, partner):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window", "res_model": "res.partner", "res_id": partner.id, "view_mode": "form",
        }

    def _join(self):
        self.ensure_one()
        partner, candidate = self.partner_id, self.candidate_id
        if partner.user_ids and partner.user_ids.filtered(lambda user: user._is_internal()):
            raise UserError(self.env._("%(name)s is a user of Odoo: join the contacts by hand.", name=partner.name))
        if candidate in partner | partner.child_ids or partner._has_cycle() or candidate.id in partner.search(
            [("id", "child_of", partner.id)]
        ).ids:
            raise UserError(self.env._("%(name)s is an address of the other contact.", name=candidate.name))
        name, address = partner.display_name, partner.contact_address_inline
        self.write({"state": "accepted", "error": False})
        if _same_place(partner, candidate):
            self.flush_recordset()
            self.env["base.partner.merge.automatic.wizard"]._merge([partner.id, candidate.id], candidate, extra_checks=False)
            self.env.invalidate_all()
            summary = self.env._("Merged %(name)s", name=name)
        else:
            self._keep_as_address(partner, candidate)
            summary = self.env._("%(name)s is now an address: %(address)s", name=name, address=address)
        # Odoo's merge drops the row when the known contact already stands on both sides of another
        if self.exists():
            self.summary = summary
        # What was proposed for the new contact besides: it is settled who that is
        self.search([
            ("partner_id", "in", [partner.id, candidate.id]), ("candidate_id", "in", [partner.id, candidate.id]),
            ("state", "=", "proposed"),
        ]).unlink()

    def _keep_as_address(self, partner, candidate):
        addresses = partner.child_ids
        self.env["ec.partner.binding"].search([
            ("partner_id", "=", partner.id), "|", ("key", "=like", "customer:%"), ("key", "=like", "guest:%"),
        ]).partner_id = candidate
        company_name = partner.company_name
        partner.write({
            # Not "contact": that would get the address of its new parent
            "type": "other",
            "parent_id": candidate.id,
            **({"name": f"{company_name} {partner.name}"} if company_name and company_name != partner.name else {}),
        })
        addresses.write({"parent_id": candidate.id})
        # As Odoo's merge does it: the customer only. Through the ORM, prices, terms and addresses would be worked out anew.
        self.env["sale.order"].flush_model(["partner_id"])
        self.env.cr.execute(SQL(
            "UPDATE sale_order SET partner_id = %s WHERE partner_id = %s", candidate.id, partner.id
        ))
        self.env["sale.order"].invalidate_model(["partner_id"])


def _digit_spellings(phone):
    """The digits by which "+819012345678" may stand in a contact: with the country's prefix, without, with both."""
    digits = phone.lstrip("+")
    spellings = [digits]
    if phone.startswith("+"):
        spellings.append(f"00{digits}")
    if phone.startswith("+81"):
        spellings += [f"0{digits[2:]}", f"810{digits[2:]}", f"010{digits}"]
    return spellings


def _same_place(partner, candidate):
    """Whether nothing is lost when the two become one: both have the same address, or one of them has none."""
    places = [
        [
            contact[name].id if name.endswith("_id") else normalize_name(contact[name] or "")
            for name in _ADDRESS_FIELDS
        ]
        for contact in (partner, candidate)
    ]
    return places[0] == places[1] or not any(places[0]) or not any(places[1])
