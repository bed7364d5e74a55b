import base64
import hashlib
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..sheet import SheetError, quantity, rows

MAX_SHOWN = 50


class EcConsignmentImport(models.TransientModel):
    """A file of what was sold: taken as a draft report when every line is understood, else nothing."""

    _name = "ec.consignment.import"
    _description = "Import Sell-Through Report"

    agreement_id = fields.Many2one(
        "ec.consignment", required=True, default=lambda self: self.env.context.get("active_id")
    )
    file = fields.Binary(required=True, attachment=False)
    filename = fields.Char()
    key = fields.Char(
        string="Customer's Report No.", help="The same number is not taken twice. Empty: the same file is not."
    )
    date = fields.Date(string="Report Date", required=True, default=fields.Date.context_today)
    problems = fields.Text(readonly=True)

    @api.onchange("file")
    def _onchange_file(self):
        self.problems = False

    def action_import(self):
        self.ensure_one()
        content = base64.b64decode(self.file)
        lines, problems = self._lines(content)
        if problems:
            more = len(problems) - MAX_SHOWN
            if more > 0:
                problems = [*problems[:MAX_SHOWN], self.env._("… and %s more.", more)]
            self.problems = "\n".join(problems)
            return {
                "type": "ir.actions.act_window",
                "name": self.env._("Import Sell-Through Report"),
                "res_model": self._name,
                "res_id": self.id,
                "views": [(False, "form")],
                "target": "new",
            }
        key = (self.key or "").strip() or hashlib.sha256(content).hexdigest()[:24]
        report = self.agreement_id._report(key, lines, "file", date=self.date)
        return report._form(report, self.env._("Sell-Through Report"))

    # === Reading === #

    def _lines(self, content):
        """([{product_id, lot_id, quantity}], [what is wrong, with its line number])."""
        try:
            read = rows(content)
        except SheetError as error:
            raise UserError(self._sentence(error.code)) from error
        if not read:
            raise UserError(self.env._("The file has no lines."))
        products = self._products({code for _number, code, _quantity, _lot in read})
        lots = self._lots(products, {lot for *_row, lot in read if lot})
        lines, problems = [], []
        for number, code, units, lot in read:
            line, problem = self._line(products[code], code, units, lot, lots)
            if problem:
                problems.append(self.env._("Line %(number)s: %(problem)s", number=number, problem=problem))
            else:
                lines.append(line)
        return lines, problems

    def _line(self, products, code, units, lot, lots):
        """(values of a report line, None) or (None, what is wrong)."""
        value = quantity(units)
        if not products:
            return None, self.env._("no product has the code or barcode “%s”.", code)
        if len(products) > 1:
            return None, self.env._("several products have the code “%s”.", code)
        if value is None:
            return None, self.env._("“%s” is not a quantity greater than 0.", units)
        if lot and (products.id, lot) not in lots:
            return None, self.env._("%(product)s has no lot “%(lot)s”.", product=products.display_name, lot=lot)
        return {
            "product_id": products.id,
            "quantity": float(value),
            "lot_id": lots[products.id, lot] if lot else False,
        }, None

    def _products(self, codes):
        """{code: products} by internal reference or barcode."""
        company = self.agreement_id.company_id
        found = self.env["product.product"].search(
            [
                ("is_storable", "=", True),
                ("company_id", "in", (False, company.id)),
                "|",
                ("default_code", "in", list(codes)),
                ("barcode", "in", list(codes)),
            ]
        )
        by_code = defaultdict(self.env["product.product"].browse)
        for product in found:
            for code in {product.default_code, product.barcode}:
                by_code[code] |= product
        return by_code

    def _lots(self, products, names):
        """{(product, name): lot} as ids."""
        of_products = self.env["product.product"].union(*products.values())
        found = self.env["stock.lot"].search(
            [
                ("product_id", "in", of_products.ids),
                ("name", "in", list(names)),
                ("company_id", "in", (False, self.agreement_id.company_id.id)),
            ]
        )
        return {(lot.product_id.id, lot.name): lot.id for lot in found}

    def _sentence(self, code):
        return {
            "size": self.env._("The file is larger than 5 MB."),
            "rows": self.env._("The file has more than 10,000 lines."),
            "text": self.env._("The file is neither Excel (.xlsx) nor text in UTF-8, UTF-16 or Shift_JIS."),
            "excel": self.env._("The Excel file cannot be read: save it again as .xlsx."),
            "columns": self.env._("The first line must name a column of codes and one of quantities."),
        }[code]
