from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools.misc import get_lang

from ..document import Document, Issue
from ..formats import Format

KINDS = {
    "order_confirmation": "sale.order",
    "proforma_invoice": "sale.order",
    "commercial_invoice": "account.move",
    "packing_list": "stock.picking",
}


class EcTradeDocument(models.AbstractModel):
    """The documents. Nothing is stored here: every figure is read from the order, the invoice or the delivery."""

    _name = "ec.trade.document"
    _description = "Trade Document"

    # ---- for other addons

    @api.model
    def _render(self, kind, records, lang=None):
        """The documents of these records as one PDF: bytes.

        `kind` is a key of KINDS, `lang` an active language (default: the partner's of each record). Reads with the rights of
        `records`: a portal checks access to its record first, then passes `record.sudo()`.
        Errors: AccessError; UserError for records that have no such document.
        """
        return self._report(kind, records, lang)._render_qweb_pdf(
            f"ec_trade_document.action_report_{kind}", records.ids
        )[0]

    @api.model
    def _html(self, kind, records, lang=None):
        """As `_render`, as an HTML page: bytes."""
        return self._report(kind, records, lang)._render_qweb_html(
            f"ec_trade_document.action_report_{kind}", records.ids
        )[0]

    @api.model
    def _documents(self, kind, records, lang=None):
        """[Document, …] in the order of the records, what the templates set."""
        self._check(kind, records)
        lang = lang or self.env.context.get("ec_trade_lang")
        found = []
        for record in records:
            code = get_lang(record.env, lang or record.partner_id.lang).code
            found.append(record.with_context(lang=code)._ec_trade_document(kind))
        return found

    @api.model
    def _issues(self, kind, records):
        """[Issue, …]: what the documents of these records would lack."""
        self._check(kind, records)
        return [issue for record in records for issue in record._ec_trade_issues(kind)]

    @api.model
    def _report(self, kind, records, lang):
        self._check(kind, records)
        return records.env["ir.actions.report"].with_context(ec_trade_lang=lang or False)

    @api.model
    def _check(self, kind, records):
        records.check_access("read")
        if KINDS[kind] != records._name:
            raise ValueError(f"{kind} is made of {KINDS[kind]}, not of {records._name}")
        if kind == "commercial_invoice":
            wrong = records.filtered(lambda move: move.move_type != "out_invoice")
            if wrong:
                raise UserError(
                    self.env._(
                        "A commercial invoice is printed from a customer invoice. These are none: %(names)s",
                        names=", ".join(wrong.mapped("display_name")),
                    )
                )

    # ---- parts that documents share; the language is that of the record's context

    @api.model
    def _start(self, kind, record, number, stamp=""):
        env, company = record.env, record.company_id.with_context(lang=record.env.lang)
        return Document(
            record=record,
            lang=env.lang,
            title=self._titles(env)[kind],
            number=number,
            company=company,
            seller=company.ec_seller_block or self._address(company.partner_id),
            stamp=stamp,
            labels={
                "seller": env._("Seller"),
                "signature": env._("Authorized Signature"),
                "acceptance": env._("Accepted by"),
                "date": env._("Date"),
            },
        )

    @api.model
    def _titles(self, env):
        return {
            "order_confirmation": env._("Order Confirmation"),
            "proforma_invoice": env._("Proforma Invoice"),
            "commercial_invoice": env._("Commercial Invoice"),
            "packing_list": env._("Packing List"),
        }

    @api.model
    def _format(self, record):
        return Format(record.env, record.env.lang)

    @api.model
    def _address(self, partner):
        """Name, address, telephone and tax number, a line each."""
        names = dict.fromkeys(name for name in (partner.commercial_partner_id.name, partner.name) if name)
        address = [line.strip() for line in partner._display_address(without_company=True).splitlines()]
        more = [
            partner.phone and partner.env._("Tel: %(number)s", number=partner.phone),
            partner.vat and partner.env._("Tax ID: %(number)s", number=partner.vat),
        ]
        return "\n".join(line for line in [*names, *address, *more] if line)

    @api.model
    def _parties(self, env, buyer, bill_to, ship_to):
        """Buyer, and the others where they differ."""
        parties = [(env._("Buyer"), self._address(buyer))]
        if bill_to and bill_to != buyer:
            parties.append((env._("Bill To"), self._address(bill_to)))
        if ship_to and ship_to != buyer:
            parties.append((env._("Ship To"), self._address(ship_to)))
        return parties

    @api.model
    def _shipment_facts(self, record, shipment):
        env = record.env
        return [
            (env._("Port of Loading"), shipment["ec_port_loading"]),
            (env._("Port of Discharge"), shipment["ec_port_discharge"]),
            (env._("Vessel / Flight"), shipment["ec_vessel"]),
            (env._("Voyage No."), shipment["ec_voyage"]),
            (env._("ETD"), self._format(record).date(shipment["ec_etd"])),
        ]

    @api.model
    def _incoterm(self, incoterm, place):
        return " ".join(part for part in (incoterm.code, place) if part)

    @api.model
    def _note_blocks(self, env, shipment, bank=""):
        """Blocks below the table: (label, text)."""
        return [
            (label, text)
            for label, text in (
                (env._("Shipping Marks"), shipment["ec_marks"]),
                (env._("Remarks"), shipment["ec_document_note"]),
                (env._("Bank Details"), bank),
            )
            if text
        ]

    @api.model
    def _bank(self, company, account):
        """The company's own words, else the account's."""
        if company.ec_bank_block or not account:
            return company.ec_bank_block or ""
        env = company.env
        lines = [
            account.bank_id.name,
            account.bank_id.bic and env._("SWIFT: %(code)s", code=account.bank_id.bic),
            env._("Account No.: %(number)s", number=account.acc_number),
            env._("Account Holder: %(name)s", name=account.acc_holder_name or account.partner_id.name),
        ]
        return "\n".join(line for line in lines if line)

    @api.model
    def _line_text(self, line):
        """The line's text; what is the product's own description in any language is given in the document's."""
        text, product = line.name or "", line.product_id
        if not product:
            return text
        for code, _name in line.env["res.lang"].get_installed():
            own = product.with_context(lang=code).get_product_multiline_description_sale()
            if text == own or text.startswith(own + "\n"):
                return product.get_product_multiline_description_sale() + text[len(own) :]
        return text

    @api.model
    def _customs(self, product):
        """HS code and country of origin, as the lines of a cell."""
        return product.hs_code or "", (product.country_of_origin.name,) if product.country_of_origin else ()

    # ---- what is missing

    @api.model
    def _customs_issues(self, products):
        env, found = self.env, []
        for product in products:
            if not product.hs_code:
                found.append(
                    Issue(
                        env._("%(product)s: no HS code (product, tab Inventory)", product=product.display_name), product
                    )
                )
            if not product.country_of_origin:
                found.append(
                    Issue(
                        env._("%(product)s: no origin of goods (product, tab Inventory)", product=product.display_name),
                        product,
                    )
                )
        return found

    @api.model
    def _terms_issues(self, record, incoterm, partner):
        env, found = self.env, []
        if not incoterm:
            found.append(Issue(env._("%(document)s: no Incoterm", document=record.display_name), record))
        if not partner.country_id:
            found.append(
                Issue(
                    env._("%(partner)s: no country in the address", partner=partner.display_name), partner, needed=True
                )
            )
        return found
