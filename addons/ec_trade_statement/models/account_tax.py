from odoo import api, fields, models

from ..rounding import rounded


class AccountTax(models.Model):
    """Tax of invoices of trade accounts: of the sum of a rate's line amounts, rounded once in the chosen way.

    Odoo rounds half up, for each tax. Its own computation is told the other result before it makes the entry, so that the entry
    balances as ever and the total on screen is the one that is booked.
    """

    _inherit = "account.tax"

    ec_reduced = fields.Boolean(
        "Reduced Rate",
        compute="_compute_ec_reduced",
        store=True,
        readonly=False,
        help="Goods of this tax have the mark ※ on statements.",
    )

    @api.depends("amount", "amount_type", "country_id")
    def _compute_ec_reduced(self):
        for tax in self:
            tax.ec_reduced = tax.country_id.code == "JP" and tax.amount_type == "percent" and tax.amount == 8.0

    @api.model
    def _add_tax_details_in_base_line(self, base_line, company, rounding_method=None):
        chosen = self._ec_rounding(base_line)
        super()._add_tax_details_in_base_line(
            base_line, company, rounding_method or ("round_globally" if chosen else None)
        )
        if chosen and all(self._ec_is_plain(tax_data) for tax_data in base_line["tax_details"]["taxes_data"]):
            self._ec_round_line(base_line, company)

    @api.model
    def _round_tax_details_tax_amounts(self, base_lines, company, mode="mixed"):
        super()._round_tax_details_tax_amounts(base_lines, company, mode=mode)
        groups = {}
        for base_line in base_lines:
            if chosen := self._ec_rounding(base_line):
                for tax_data in base_line["tax_details"]["taxes_data"]:
                    groups.setdefault(self._ec_rate_key(base_line, tax_data, chosen), []).append(tax_data)
        for (chosen, currency, *_rest), taxes_data in groups.items():
            self._ec_round_rate(taxes_data, chosen, "_currency", currency)
            self._ec_round_rate(taxes_data, chosen, "", company.currency_id)

    @api.model
    def _ec_rounding(self, base_line):
        """The way of the invoice that the line belongs to; None or False: Odoo's own."""
        record = base_line["record"]
        if isinstance(record, models.BaseModel) and record._name == "account.move.line":
            return record.move_id.ec_tax_rounding
        return None

    @api.model
    def _ec_is_plain(self, tax_data):
        tax = tax_data["tax"]
        return tax.amount_type == "percent" and not (
            tax_data["price_include"] or tax_data["is_reverse_charge"] or tax.include_base_amount
        )

    @api.model
    def _ec_round_line(self, base_line, company):
        """Tax is that of the line amounts as they stand on paper, not of fractions that nobody sees."""
        details = base_line["tax_details"]
        for suffix, currency in (("_currency", base_line["currency_id"]), ("", company.currency_id)):
            net = currency.round(details[f"raw_total_excluded{suffix}"])
            details[f"raw_total_excluded{suffix}"] = details[f"raw_total_included{suffix}"] = net
            for tax_data in details["taxes_data"]:
                tax_data[f"raw_base_amount{suffix}"] = net
                tax_data[f"raw_tax_amount{suffix}"] = net * tax_data["tax"].amount / 100
                details[f"raw_total_included{suffix}"] += tax_data[f"raw_tax_amount{suffix}"]

    @api.model
    def _ec_rate_key(self, base_line, tax_data, chosen):
        tax = tax_data["tax"]
        return (
            chosen,
            base_line["currency_id"],
            base_line["is_refund"],
            tax_data["is_reverse_charge"],
            tax_data["price_include"],
            tax.amount if tax.amount_type == "percent" else tax,
        )

    @api.model
    def _ec_round_rate(self, taxes_data, chosen, suffix, currency):
        """Spread what a rate's rounded total differs by over its lines; with tax in the price, the net takes it back."""
        total = sum(tax_data[f"raw_tax_amount{suffix}"] for tax_data in taxes_data)
        digits = currency.decimal_places
        difference = float(rounded(total, chosen, digits)) - sum(data[f"tax_amount{suffix}"] for data in taxes_data)
        shares = self._distribute_delta_amount_smoothly(
            digits, difference, [{"factor": data[f"raw_tax_amount{suffix}"]} for data in taxes_data]
        )
        for tax_data, share in zip(taxes_data, shares, strict=True):
            tax_data[f"tax_amount{suffix}"] += share
            if tax_data["price_include"]:
                tax_data[f"base_amount{suffix}"] -= share
