from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import TransactionCase, tagged

from .common import AUGUST, OCTOBER, SEPTEMBER, StatementWorld

MONTHS = {8: AUGUST, 9: SEPTEMBER, 10: OCTOBER}
# (month it is booked in, months it is dated back, day, kind, yen, at a branch)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(sorted(MONTHS)),
        st.integers(0, 1),
        st.integers(1, 28),
        st.sampled_from(["invoice", "credit", "payment", "other"]),
        st.integers(1, 99_999),
        st.booleans(),
    ),
    max_size=9,
)


@tagged("post_install", "-at_install")
class TestBalanceRandom(StatementWorld, TransactionCase):
    @given(events=EVENTS)
    @settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def test_balances_add_up_whatever_happened(self, events):
        """closing = opening + invoices - payments - credit notes; back-dated ones are adjustments; all as accounting says."""
        with self.env.cr.savepoint() as savepoint:
            self._history(events)
            savepoint.rollback()
        self.env.invalidate_all()

    def _history(self, events):
        previous = 0
        for month, last in MONTHS.items():
            sums = dict.fromkeys(("invoice", "credit", "payment", "other", "late"), 0)
            for _month, back, day, kind, yen, branch in (event for event in events if event[0] == month):
                # nothing is before the first period
                dated = last.replace(month=max(month - back, 8), day=day)
                amount = self._book_one(kind, self.kobe if branch else self.head, dated, yen)
                sums["late" if dated.month < month else kind] += amount
            row = self._close(last)
            self.assertEqual(row.state, "done", row.reason)
            statement = self._statement(last)
            self.assertFigures(
                statement,
                previous_balance=previous,
                adjustment=sums["late"],
                invoice_total=sums["invoice"],
                credit_total=-sums["credit"],
                payment_total=-sums["payment"],
                other_total=sums["other"],
                amount_due=previous + sum(sums.values()),
            )
            self.assertReconciled(statement)
            self.assertEqual(
                sum(statement.tax_ids.mapped(lambda row: row.base + row.tax)), sums["invoice"] + sums["credit"]
            )
            previous = statement.amount_due

    def _book_one(self, kind, partner, day, yen):
        """Book it; returns by how much the customer owes more."""
        if kind == "invoice":
            return self._book("out_invoice", partner, day, yen, yen, tax=self.tax10).amount_total
        if kind == "credit":
            return -self._book("out_refund", partner, day, yen, tax=self.tax8).amount_total
        return self._entry("bank" if kind == "payment" else "general", partner, day, yen).balance
