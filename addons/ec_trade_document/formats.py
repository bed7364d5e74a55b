from decimal import Decimal

from odoo.tools import format_date
from odoo.tools.misc import get_lang

from .packing import exact

UNKNOWN = "—"


class Format:
    """Figures and dates as one language writes them. Amounts carry no symbol: ¥ and $ are not unambiguous abroad."""

    def __init__(self, env, lang):
        self.env, self.lang = env, env["res.lang"].browse(get_lang(env, lang).id)
        self._quantity_digits = env["decimal.precision"].precision_get("Product Unit")

    def amount(self, value, currency):
        """An amount of money with the currency's decimals."""
        return self._fixed(exact(value), currency.decimal_places)

    def price(self, value, currency):
        """A unit price as it is stored: the currency's decimals, more where the price has them."""
        return self._trimmed(value, currency.decimal_places, 6)

    def quantity(self, value):
        return self._trimmed(value, 0, self._quantity_digits)

    def percent(self, value):
        return self._trimmed(value, 0, 4)

    def weight(self, value):
        return UNKNOWN if value is None else self._trimmed(value, 2, 6)

    def volume(self, value):
        return UNKNOWN if value is None else self._trimmed(value, 3, 6)

    def number(self, value):
        return self._fixed(Decimal(value), 0)

    def date(self, value):
        return format_date(self.env, value, lang_code=self.lang.code, date_format="medium") if value else ""

    def _trimmed(self, value, least, most):
        digits = f"{exact(value):.{most}f}".partition(".")[2].rstrip("0")
        return self._fixed(exact(value), max(least, len(digits)))

    def _fixed(self, value, digits):
        return self.lang.format(f"%.{digits}f", value, grouping=True)
