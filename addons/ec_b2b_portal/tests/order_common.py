from odoo import http
from odoo.fields import Command

from .common import TradeWorld


class PadWorld(TradeWorld):
    """TradeWorld with goods and the requests of the pad. Mixed into HttpCase."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.config.settings"].create({"group_product_pricelist": True}).execute()
        cls.account, cls.head, cls.kyoto, cls.kobe = cls.north
        cls.goods = cls._goods("A-1", "A-2", "A-3")
        cls.cup, cls.plate, cls.bowl = cls.goods
        cls.cup.barcode = "4901234567894"
        cls.pricelist = cls.env["product.pricelist"].create(
            {
                "name": "North",
                "website_id": False,
                "item_ids": [
                    Command.create({"compute_price": "percentage", "percent_price": 35}),
                    Command.create(
                        {
                            "applied_on": "0_product_variant",
                            "product_id": cls.cup.id,
                            "min_quantity": 10,
                            "compute_price": "fixed",
                            "fixed_price": 50,
                        }
                    ),
                ],
            }
        )
        cls.account.pricelist_id = cls.pricelist
        cls.purchaser = cls._buyer(cls.account, cls.roles["purchaser"], "North Pam", cls.head)
        cls.viewer = cls._buyer(cls.account, cls.roles["viewer"], "North Vera", cls.head)
        cls.foreign = cls._buyer(cls.south[0], cls.roles["purchaser"], "South Pam", cls.south[1])

    @classmethod
    def _goods(cls, *codes, **vals):
        return cls.env["product.product"].create(
            [
                {
                    "name": f"Ware {code}",
                    "default_code": code,
                    "list_price": 100.0,
                    "type": "consu",
                    "is_published": True,
                    "taxes_id": False,
                    **vals,
                }
                for code in codes
            ]
        )

    def _enter(self, user):
        self.authenticate(user.login, user.login)

    def _post(self, path, **form):
        return self.url_open(path, data={**form, "csrf_token": http.Request.csrf_token(self)})

    def _rows(self, *rows):
        return [{"key": str(place), "code": code, "quantity": text} for place, (code, text) in enumerate(rows)]

    def _check(self, *rows):
        return self.make_jsonrpc_request("/my/trade/order/check", {"rows": self._rows(*rows)})

    def _add(self, *rows, key="key-of-the-form"):
        return self.make_jsonrpc_request("/my/trade/order/add", {"rows": self._rows(*rows), "key": key})

    def _drafts(self, user=None):
        return self.env["sale.order"].search(
            [("partner_id", "=", (user or self.purchaser).partner_id.id), ("state", "=", "draft")]
        )

    def _place(self, order, **form):
        form = {
            "order_id": order.id,
            "seen": order._ec_fingerprint(),
            "ship_to": order.partner_id.commercial_partner_id.id,
            **form,
        }
        return self._post("/my/trade/order/review", **form)
