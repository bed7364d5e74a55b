from datetime import date, datetime

from odoo.fields import Command

from odoo.addons.ec_b2b_portal.tests.common import TradeWorld

START = date(2026, 8, 1)
AUGUST, SEPTEMBER, OCTOBER = date(2026, 8, 31), date(2026, 9, 30), date(2026, 10, 31)


class StatementWorld(TradeWorld):
    """A seller in yen with tax of 8 % and 10 %, and North, billed on the last of the month. Mixed into test cases."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.account, cls.head, cls.kyoto, cls.kobe = cls.north
        cls.seller.currency_id = cls.env.ref("base.JPY")
        cls.seller.currency_id.active = True
        cls.seller.partner_id.tz = "Asia/Tokyo"
        cls.seller.vat = False
        cls.seller.ec_registration_number = "T1234567890123"
        cls.seller.tax_calculation_rounding_method = "round_globally"
        cls.seller.ec_tax_rounding = "floor"
        cls.seller.ec_closing_auto = "draft"
        cls.env["product.pricelist"].search([]).write({"currency_id": cls.seller.currency_id.id})
        cls.tax10, cls.tax8 = cls._taxes()
        cls.cup = cls._goods("Cup", cls.tax10)
        cls.tea = cls._goods("Tea", cls.tax8)
        cls.terms = cls.env["account.payment.term"].create(
            {
                "name": "End of next month",
                "line_ids": [
                    Command.create(
                        {
                            "value": "percent",
                            "value_amount": 100,
                            "delay_type": "days_after_end_of_next_month",
                            "nb_days": 0,
                        }
                    )
                ],
            }
        )
        for account in (cls.account, cls.south[0]):
            account.write(
                {
                    "closing_days": "31",
                    "billing": "closing",
                    "closing_start": START,
                    "payment_term_id": cls.terms.id,
                }
            )

    @classmethod
    def _taxes(cls):
        vals = {"amount_type": "percent", "type_tax_use": "sale", "price_include_override": "tax_excluded"}
        return cls.env["account.tax"].create(
            [
                {**vals, "name": "Ten", "amount": 10},
                {**vals, "name": "Eight", "amount": 8, "ec_reduced": True},
            ]
        )

    @classmethod
    def _goods(cls, name, tax):
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "consu",
                "is_storable": False,
                "invoice_policy": "delivery",
                "list_price": 100,
                "taxes_id": tax.ids,
            }
        )

    @classmethod
    def _sell(cls, partner, *goods, delivered=None):
        """A confirmed order of [(product, quantity, price)], delivered at an instant (UTC, like `2026-09-05 03:00`)."""
        order = cls.env["sale.order"].create(
            {
                "partner_id": partner.id,
                "user_id": False,
                "order_line": [
                    Command.create({"product_id": product.id, "product_uom_qty": quantity, "price_unit": price})
                    for product, quantity, price in goods
                ],
            }
        )
        order.action_confirm()
        order.date_order = "2026-08-01 00:00"
        if delivered:
            cls._done(order.picking_ids, delivered)
        return order

    @classmethod
    def _done(cls, picking, instant):
        for move in picking.move_ids:
            move.quantity = move.product_uom_qty
        picking.move_ids.picked = True
        picking._action_done()
        picking.move_ids.date = datetime.fromisoformat(instant)

    @classmethod
    def _take_back(cls, order, product, quantity, instant):
        picking = order.picking_ids.filtered(lambda picking: picking.state == "done")[:1]
        wizard = cls.env["stock.return.picking"].create({"picking_id": picking.id})
        for line in wizard.product_return_moves:
            line.quantity = quantity if line.product_id == product else 0
        back = cls.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        cls._done(back, instant)
        return back

    @classmethod
    def _book(cls, move_type, partner, day, *amounts, tax=None):
        """A posted invoice or credit note, one line an amount."""
        move = cls.env["account.move"].create(
            {
                "move_type": move_type,
                "partner_id": partner.id,
                "invoice_date": day,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Goods",
                            "quantity": 1,
                            "price_unit": amount,
                            "tax_ids": [Command.set(tax.ids if tax else [])],
                        }
                    )
                    for amount in amounts
                ],
            }
        )
        move.action_post()
        return move

    @classmethod
    def _entry(cls, journal_type, partner, day, amount):
        """A posted entry that lowers what the partner owes; returns its receivable item."""
        journal = cls.env["account.journal"].search(
            [("type", "=", journal_type), ("company_id", "=", cls.seller.id)], limit=1
        )
        other = cls.env["account.account"].search(
            [("account_type", "=", "income"), ("company_ids", "in", cls.seller.id)], limit=1
        )
        receivable = partner.with_company(cls.seller).property_account_receivable_id
        move = cls.env["account.move"].create(
            {
                "move_type": "entry",
                "journal_id": journal.id,
                "date": day,
                "line_ids": [
                    Command.create({"account_id": journal.default_account_id.id or other.id, "debit": amount}),
                    Command.create({"account_id": receivable.id, "credit": amount, "partner_id": partner.id}),
                ],
            }
        )
        move.action_post()
        return move.line_ids.filtered(lambda line: line.account_id == receivable)

    @classmethod
    def _pay(cls, partner, day, amount):
        return cls._entry("bank", partner, day, amount)

    @classmethod
    def _close(cls, day, *accounts, wanted="issue"):
        """Run the closing of a day; returns the rows."""
        closings = cls.env["ec.trade.closing"]
        accounts = accounts or (cls.account,)
        closings._plan({account: [day] for account in accounts}, wanted)
        while closings._work():
            pass
        return closings.search([("date_to", "=", day), ("account_id", "in", [account.id for account in accounts])])

    @classmethod
    def _statement(cls, day, account=None):
        return cls.env["ec.trade.statement"].search(
            [("account_id", "=", (account or cls.account).id), ("date_to", "=", day), ("state", "!=", "cancelled")]
        )

    def assertFigures(self, statement, **expected):
        found = {name: statement[name] for name in expected}
        self.assertEqual(found, expected)

    def assertReconciled(self, statement):
        """The total is what accounting says on that day."""
        items = self.env["account.move.line"].search(
            [
                ("partner_id", "child_of", statement.partner_id.id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("date", "<=", statement.date_to),
            ]
        )
        self.assertEqual(statement.amount_due, sum(items.mapped("balance")))

    def taxes(self, statement, kind="invoice"):
        """{rate: (taxable amount, tax)}"""
        return {row.rate: (row.base, row.tax) for row in statement.tax_ids if row.kind == kind}
