import random

from odoo.tests import tagged

from .common import ConsignmentCase

STEPS = 40


@tagged("post_install", "-at_install")
class TestBalanceRandom(ConsignmentCase):
    def test_balances_add_up_whatever_happened(self):
        other = self.agree(self.env["res.partner"].create({"name": "Umeda Store"}))
        self.chance = random.Random(5)
        self.expected = {}
        steps = [self._send, self._send, self._sell, self._sell, self._correct, self._take_back, self._count]
        for _step in range(STEPS):
            agreement = self.chance.choice([self.agreement, other])
            product = self.chance.choice([self.towel, self.vase])
            numbers = self.expected.setdefault(
                (agreement, product), dict.fromkeys(("sent", "sold", "returned", "adjusted"), 0)
            )
            self.chance.choice(steps)(agreement, product, numbers)
        self.assertTrue(all(numbers["sold"] for numbers in self.expected.values()))
        for (agreement, product), numbers in self.expected.items():
            there = numbers["sent"] - numbers["sold"] - numbers["returned"] + numbers["adjusted"]
            self.assertEqual(self.there(product, agreement), there)
            self.assertBalance(product, agreement, **numbers, there=there)
            self._check_behind(self.balance(product, agreement))

    def _check_behind(self, row):
        place = row.location_id
        signs = {"sent": 1, "sold": -1, "returned": -1, "adjusted": 1, "there": 1}
        for kind, sign in signs.items():
            lines = row._movements(kind)
            units = sum(line.quantity_product_uom * (1 if line.location_dest_id == place else -1) for line in lines)
            self.assertEqual(units * sign, row[kind], kind)

    def _send(self, agreement, product, numbers):
        units = self.chance.randint(1, 9)
        self.env["stock.quant"]._update_available_quantity(product, self.stock, units)
        self.send(product, units, agreement)
        numbers["sent"] += units

    def _sell(self, agreement, product, numbers):
        there = int(self.there(product, agreement))
        if there:
            units = self.chance.randint(1, there)
            self.report([(product, units)], agreement).action_settle()
            numbers["sold"] += units

    def _correct(self, agreement, product, numbers):
        reports = self.env["ec.consignment.report"].search(
            [("agreement_id", "=", agreement.id), ("state", "=", "done"), ("corrects_id", "=", False)]
        )
        for report in reports.filtered(lambda report: report.line_ids.product_id == product):
            correction = reports.browse(report.action_correct()["res_id"])
            if correction.line_ids.limit:
                units = self.chance.randint(1, int(correction.line_ids.limit))
                correction.line_ids.quantity = units
                correction.action_settle()
                numbers["sold"] -= units
                return

    def _take_back(self, agreement, product, numbers):
        if self.there(product, agreement):
            picking = self.env["stock.picking"].browse(agreement.action_take_back()["res_id"])
            picking.move_ids.filtered(lambda move: move.product_id != product).unlink()
            units = self.chance.randint(1, int(picking.move_ids.product_uom_qty))
            picking.move_ids.product_uom_qty = units
            self.do(picking)
            numbers["returned"] += units

    def _count(self, agreement, product, numbers):
        count = self.env["ec.consignment.count"].create({"agreement_id": agreement.id})
        line = count.line_ids.filtered(lambda line: line.product_id == product)
        if line:
            line.counted = max(line.expected + self.chance.randint(-2, 2), 0)
            numbers["adjusted"] += line.difference
        count.action_book()
