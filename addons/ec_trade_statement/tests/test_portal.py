from odoo.tests import HttpCase, tagged

from .common import AUGUST, SEPTEMBER, StatementWorld


@tagged("post_install", "-at_install")
class TestPortal(StatementWorld, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._sell(cls.kobe, (cls.cup, 2, 12345), delivered="2026-08-05 03:00")
        cls._sell(cls.south[1], (cls.cup, 1, 54321), delivered="2026-08-05 03:00")
        cls._close(AUGUST, cls.account, cls.south[0])
        cls.statement, cls.foreign = cls._statement(AUGUST), cls._statement(AUGUST, cls.south[0])
        accounting = cls.roles["accounting"]
        blind = accounting.copy({"name": "Blind", "can_see_prices": False})
        cls.sees = {
            "accounting": cls._buyer(cls.account, accounting, "North Acc"),
            "administrator": cls._buyer(cls.account, cls.roles["administrator"], "North Ada"),
            "head": cls._buyer(cls.account, accounting, "North Head", cls.head, cls.head),
        }
        cls.blind = {
            "purchaser": cls._buyer(cls.account, cls.roles["purchaser"], "North Pam"),
            "kyoto": cls._buyer(cls.account, accounting, "North Kyo", cls.kyoto, cls.kyoto),
            "no prices": cls._buyer(cls.account, blind, "North Blind"),
            "no buyer": cls._login(cls._contact(cls.head, "North Guest")),
        }

    def _pages(self, statement):
        path = "/my/trade/statements"
        return [path, f"{path}/open", f"{path}/{statement.id}", f"{path}/{statement.id}/pdf"]

    def _enter(self, user):
        self.authenticate(user.login, user.login)

    def test_who_covers_the_head_company_sees_it(self):
        for name, user in self.sees.items():
            self._enter(user)
            answers = [self.url_open(path) for path in self._pages(self.statement)[:3]]
            self.assertEqual([answer.status_code for answer in answers], [200] * 3, name)
            for answer in answers:
                self.assertIn("27,159", answer.text)
                self.assertNotIn(self.foreign.name, answer.text)
                self.assertNotIn("59,753", answer.text)
            self.assertIn(f"/my/trade/statements/{self.statement.id}", answers[0].text)
            self.assertIn(f"/my/invoices/{self.statement.line_ids.move_id.id}", answers[1].text)

    def test_others_see_none_of_it(self):
        for name, user in self.blind.items():
            self._enter(user)
            for path in self._pages(self.statement):
                self.assertEqual(self.url_open(path).status_code, 404, (name, path))
            self.assertNotIn("/my/trade/statements", self.url_open("/my/trade").text)

    def test_guessed_numbers_are_not_found(self):
        self._enter(self.sees["accounting"])
        self._close(SEPTEMBER, wanted="draft")
        for number in (self.foreign.id, self._statement(SEPTEMBER).id, 999999):
            for path in (f"/my/trade/statements/{number}", f"/my/trade/statements/{number}/pdf"):
                self.assertEqual(self.url_open(path).status_code, 404, path)
        self.assertEqual(self.url_open("/my/trade/statements/open?age=nonsense").status_code, 200)

    def test_guests_log_in(self):
        self.authenticate(None, None)
        for path in self._pages(self.statement):
            self.assertIn("/web/login", self.url_open(path).url)

    def test_open_invoices_by_age(self):
        old = self._book("out_invoice", self.head, "2020-01-31", 1000)
        self._pay(self.head, "2026-09-20", 77)
        self._enter(self.sees["accounting"])
        late = self.url_open("/my/trade/statements/open?age=older").text
        self.assertIn(old.name, late)
        self.assertNotIn(self.statement.line_ids.move_id.name, late)
        credit = self.url_open("/my/trade/statements/open?age=credit").text
        self.assertTrue("BNK" in credit and "77" in credit)
        self.assertIn("28,082", self.url_open("/my/trade/statements").text)

    def test_pdf(self):
        self._enter(self.sees["accounting"])
        answer = self.url_open(self._pages(self.statement)[3])
        self.assertEqual((answer.status_code, answer.headers["Content-Type"]), (200, "application/pdf"))

    def test_in_japanese(self):
        user = self.sees["accounting"]
        user.lang = "ja_JP"
        self.env["website"].search([]).language_ids |= self.env["res.lang"]._lang_get("ja_JP")
        self._enter(user)
        text = self.url_open(f"/ja/my/trade/statements/{self.statement.id}").text
        self.assertTrue("今回御請求額" in text)
