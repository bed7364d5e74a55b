from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from odoo import api, models
from odoo.fields import Domain
from odoo.tools.misc import formatLang

from ..order_rows import ASKED_FROM, MAX_CODE, Unread, fitting, is_shortened, quantity, spellings


@dataclass
class Row:
    """A row of an order as typed (`key`, `code`, `text`, `chosen`, `sure`), and what came of it.

    `configured`: the shop's page asked for everything that it asks for beside the quantity.
    `problem` is a stable code, empty for a row that can be ordered; `said` fills its sentence. `fixes` are quantities
    that would do, `choices` are products. A row that was added to an earlier one of the same product names it in `into`.
    """

    key: str
    code: str
    text: str
    chosen: int = 0
    sure: bool = False
    configured: bool = False
    number: Decimal | None = None
    product: object = None
    price: float | None = None
    problem: str = ""
    said: dict = field(default_factory=dict)
    fixes: list = field(default_factory=list)
    choices: object = None
    into: str = ""

    @property
    def is_good(self):
        return bool(self.product) and not self.problem and not self.into


class EcTradePad(models.AbstractModel):
    """Rows of code and quantity: found, checked and priced for one buyer, all at once.

    Products are searched with the buyer's own rights and what the website sells; what he may not see is not found.
    """

    _name = "ec.trade.pad"
    _description = "Quick Order"

    @api.model
    def _check(self, rows, website, order=None, pricelist=None, fiscal_position=None):
        """Fill in what came of each row; a fixed number of queries, however many rows there are.

        :param rows: list of Row, changed in place
        :param order: the buyer's order (superuser) that good rows will be added to, if there is one
        :param pricelist: superuser; empty for sales prices
        """
        for row in rows:
            self._read(row)
        self._find(rows, website)
        self._merge(rows)
        found = [row for row in rows if row.product and not row.problem and not row.into]
        for row in found:
            self._check_quantity(row)
        self._check_stock([row for row in found if not row.problem], website, order)
        self._set_prices(found, website, pricelist, fiscal_position)
        return rows

    # ---- reading

    def _read(self, row):
        row.code, row.text = row.code.strip(), row.text.strip()
        if len(row.code) > MAX_CODE or not (row.code or row.chosen):
            row.problem = "unknown" if row.code else "no_code"
        elif row.code.startswith(("=", "@")):
            row.problem = "formula"
        try:
            row.number = quantity(row.text)
        except Unread as unread:
            row.problem = row.problem or str(unread)

    # ---- finding

    def _find(self, rows, website):
        codes = {spelling for row in rows if row.code for spelling in spellings(row.code)}
        chosen = [row.chosen for row in rows if row.chosen]
        items = self._own_items(list(codes))
        domain = self._code_domain(list(codes)) | Domain("id", "in", [*chosen, *items.product_id.ids])
        # the buyer's own rights, and what this website sells
        visible = self.env["product.product"].search(Domain(website.sale_product_domain()) & domain)
        # sudo: the buyer may see these, but not every field that is read to check and price them
        products = visible.sudo().with_prefetch()
        by_code = defaultdict(products.browse)
        for code, product in self._codes(products):
            by_code[code] |= product
        for item in items:
            by_code[item.code] |= item.product_id & products
        for row in rows:
            if row.problem in ("no_code", "formula"):
                continue
            matches = next((by_code[code] for code in spellings(row.code) if by_code.get(code)), products.browse())
            if row.chosen and (not row.code or row.chosen in matches.ids):
                matches = products.filtered(lambda product, row=row: product.id == row.chosen)
            if len(matches) == 1:
                row.product = matches.with_prefetch(products._prefetch_ids)
            else:
                self._not_one(row, matches)

    def _not_one(self, row, matches):
        # a wrong quantity can wait: without a product it means nothing
        if matches:
            row.problem, row.choices = "ambiguous", matches
        else:
            row.problem = "shortened" if is_shortened(row.code) else "unknown"

    def _code_domain(self, codes):
        return Domain("default_code", "in", codes) | Domain("barcode", "in", codes)

    def _own_items(self, codes):
        """What the buyer's company calls products."""
        account = self.env.user._ec_trade_buyer().account_id
        # sudo: buyers have no access to the table; only products that the buyer himself finds come of it
        return self.env["ec.trade.item"].sudo().search([("account_id", "=", account.id), ("code", "in", codes)])

    def _codes(self, products):
        """(code, product) pairs by which products are found."""
        for product in products:
            if product.default_code:
                yield product.default_code, product
            if product.barcode and product.barcode != product.default_code:
                yield product.barcode, product

    def _merge(self, rows):
        """Rows of one product become one: the first, with the sum."""
        first = {}
        for row in rows:
            if not row.product or row.problem:
                continue
            if (one := first.setdefault(row.product.id, row)) is not row:
                one.number += row.number
                one.sure = one.sure and row.sure
                one.configured = one.configured and row.configured
                row.into = one.key

    # ---- checking

    def _check_quantity(self, row):
        product, number = row.product, row.number
        multiple, minimum = (Decimal(str(product[name])) for name in ("ec_order_multiple", "ec_order_minimum"))
        if not row.configured and self._needs_choices(product):
            row.problem = "needs_choices"
        elif number != number.to_integral_value() and self._is_counted(product):
            row.problem, row.fixes = "not_whole", fitting(number, minimum, multiple)
        elif number < minimum:
            row.problem, row.said = "below_minimum", {"minimum": _plain(minimum)}
            row.fixes = fitting(number, minimum, multiple)
        elif multiple and number % multiple:
            row.problem, row.said = "wrong_multiple", {"multiple": _plain(multiple)}
            row.fixes = fitting(number, minimum, multiple)
        elif number >= ASKED_FROM and not row.sure:
            row.problem, row.said = "asked", {"quantity": f"{number.normalize():,f}"}

    def _needs_choices(self, product):
        """Whether the shop's page asks for more than a quantity."""
        return product.type == "combo" or any(
            line.attribute_id.create_variant == "no_variant" and len(line.product_template_value_ids) > 1
            for line in product.attribute_line_ids
        )

    def _is_counted(self, product):
        unit = self.env.ref("uom.product_uom_unit", raise_if_not_found=False)
        return bool(unit) and (product.uom_id.parent_path or "").startswith(f"{unit.id}/")

    def _check_stock(self, rows, website, order):
        """What may not be sold without stock is not ordered beyond it."""
        limited = [row for row in rows if row.product.is_storable and not row.product.allow_out_of_stock_order]
        if not limited:
            return
        in_cart = defaultdict(float)
        for line in order.order_line if order else ():
            in_cart[line.product_id.id] += line.product_uom_id._compute_quantity(
                line.product_uom_qty, line.product_id.uom_id
            )
        # sudo: buyers read no stock; only whether it is enough is told
        products = self.env["product.product"].sudo().browse([row.product.id for row in limited])
        free = self._free(products, website, order)
        for row in limited:
            if float(row.number) > free[row.product.id] - in_cart[row.product.id]:
                row.problem = "short"

    # ---- prices

    def _set_prices(self, rows, website, pricelist, fiscal_position):
        """The net price per unit that the order's line will have."""
        if not rows:
            return
        company = website.company_id
        if pricelist:
            asks = [(row.product, float(row.number), row.product.uom_id) for row in rows]
            prices = [price for price, _rule in pricelist._ec_prices(asks, self.env.cr.now())]
        else:
            computed = (
                rows[0]
                .product.concat(*(row.product for row in rows[1:]))
                ._price_compute("list_price", currency=company.currency_id, company=company)
            )
            prices = [computed[row.product.id] for row in rows]
        for row, price in zip(rows, prices, strict=True):
            taxes = row.product.taxes_id._filter_taxes_by_company(company)
            row.price = row.product._get_tax_included_unit_price_from_price(
                price, taxes, fiscal_position=fiscal_position
            )
            if not row.problem and not row.price and website.prevent_zero_price_sale:
                row.problem = "no_price"

    # ---- telling

    @api.model
    def _answers(self, rows, currency, show_prices):
        """What the page shows of each row, in the reader's language: plain data."""
        return [self._answer(row, currency, show_prices) for row in rows]

    def _answer(self, row, currency, show_prices):
        state = "merged" if row.into else "bad" if row.problem else "good"
        answer = {
            "key": row.key,
            "state": state,
            "problem": row.problem,
            "into": row.into,
            "code": row.code,
            # what was not understood stays as it was typed
            "quantity": row.text if row.number is None else _plain(row.number),
            "message": self._sentence(row) if row.problem else "",
            "fixes": [_plain(number) for number in row.fixes],
            "choices": [],
        }
        if row.choices:
            answer["choices"] = [{"id": product.id, "label": product.display_name} for product in row.choices]
        if row.product:
            product = row.product
            answer |= {"product_id": product.id, "name": self._name_of(product), "unit": product.uom_id.name}
            answer |= {"sku": product.default_code or product.barcode or ""}
            if show_prices and row.price is not None:
                answer |= {
                    "price": self._money(row.price, currency),
                    "amount": self._money(currency.round(row.price * float(row.number)), currency),
                }
        return answer

    def _totals(self, rows, currency, show_prices):
        good = [row for row in rows if row.is_good]
        totals = {
            "good": len(good),
            "bad": sum(1 for row in rows if row.problem),
            "pieces": _plain(sum((row.number for row in good), Decimal(0))),
        }
        if show_prices:
            # as the order will: each line is rounded, or their sum is
            amounts = [row.price * float(row.number) for row in good]
            if self.env.company.tax_calculation_rounding_method != "round_globally":
                amounts = map(currency.round, amounts)
            totals["amount"] = self._money(currency.round(sum(amounts)), currency)
        return totals

    def _name_of(self, product):
        return product.with_context(display_default_code=False).display_name

    def _money(self, amount, currency):
        """An amount as people read it; a price may have more decimals than its currency."""
        if currency.round(amount) == amount:
            return formatLang(self.env, amount, currency_obj=currency)
        digits = max(currency.decimal_places, self.env["decimal.precision"].precision_get("Product Price"))
        text = formatLang(self.env, amount, digits=digits)
        return f"{text} {currency.symbol}" if currency.position == "after" else f"{currency.symbol} {text}"

    def _sentence(self, row):
        """What is wrong with a row and what to do about it."""
        said = row.said
        sentences = {
            "no_code": lambda: self.env._("Enter a product code."),
            "formula": lambda: self.env._("This is a formula. Enter the value itself."),
            "unknown": lambda: self.env._("This code is not in your catalogue. Check it, please."),
            "shortened": lambda: self.env._(
                "The spreadsheet shortened this code. Format its column as text, or enter the code here."
            ),
            "ambiguous": lambda: self.env._("Several products have this code. Choose one."),
            "no_quantity": lambda: self.env._("Enter a quantity."),
            "not_a_number": lambda: self.env._("This quantity is not a number."),
            "not_positive": lambda: self.env._("The quantity must be more than 0."),
            "too_many": lambda: self.env._("This quantity is too large."),
            "not_whole": lambda: self.env._("This product is sold in whole units."),
            "below_minimum": lambda: self.env._("The least that can be ordered is %(minimum)s.", **said),
            "wrong_multiple": lambda: self.env._("This product is sold in multiples of %(multiple)s.", **said),
            "asked": lambda: self.env._("%(quantity)s: do you mean that many?", **said),
            "needs_choices": lambda: self.env._("This product needs more choices. Order it in the shop, please."),
            # how much there is, is not everybody's to know
            "short": lambda: self.env._("Not that many are available at the moment."),
            "no_price": lambda: self.env._("This product has no price for you yet. Please ask us."),
        }
        return sentences[row.problem]()


def _plain(number):
    """A Decimal as people type it: no exponent, no zeros behind the point."""
    return f"{number.normalize():f}" if number else "0"
