from odoo.fields import Command
from odoo.tests import new_test_user

from .common import HoldCommon


class BoardCommon(HoldCommon):
    """A company of its own, two who work with holds, and the board as each of them sees it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # a company of its own: whatever the database holds already is not on its board
        cls.company = cls.env["res.company"].create({"name": "Board"})
        cls.env.user.company_ids += cls.company
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": cls.company.ids})
        sees_all = "ec_order_hold.group_hold_user,sales_team.group_sale_salesman_all_leads"
        cls.lead = cls._user("board_lead", sees_all)
        cls.clerk = cls._user("board_clerk", "ec_order_hold.group_hold_user")
        cls.board = cls._board_of(cls.lead)

    @classmethod
    def _user(cls, login, groups, companies=None):
        companies = companies or cls.company
        return new_test_user(
            cls.env, login, groups=groups, company_id=companies[0].id, company_ids=[Command.set(companies.ids)]
        )

    @classmethod
    def _board_of(cls, user, companies=None):
        context = {"lang": "en_US", "allowed_company_ids": (companies or cls.company).ids}
        return cls.env["ec.order.board"].with_user(user).with_context(context)

    @classmethod
    def _order(cls, product=None, quantity=2, **vals):
        order_model = cls.env["sale.order"].with_context(allowed_company_ids=cls.env.user.company_ids.ids)
        vals = {"company_id": cls.company.id, "user_id": cls.lead.id, **vals}
        return order_model.create(cls._order_vals(product or cls.service, quantity, **vals))

    def _queues(self, board=None, **question):
        board = self.board if board is None else board
        return {queue["key"]: queue for queue in board.board(**question)["queues"]}

    def _counts(self, board=None, **question):
        queues = self._queues(board, **question).values()
        return {queue["key"]: queue["count"] for queue in queues if queue["count"]}

    def _ids(self, queue, board=None, **question):
        board = self.board if board is None else board
        return [row["id"] for row in board.board(queue=queue, **question)["rows"]]
