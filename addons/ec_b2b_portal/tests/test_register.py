from odoo import http
from odoo.tests import HttpCase, tagged

from .common import TradeWorld

FORM = {
    "company_name": "Hana Shoten",
    "contact_name": "Hana",
    "email": "hana@example.com",
    "phone": "03-1",
    "message": "We sell tea.",
}


@tagged("post_install", "-at_install")
class TestRegister(TradeWorld, HttpCase):
    def setUp(self):
        super().setUp()
        self.authenticate(None, None)

    def _send(self, **form):
        return self.url_open("/trade/register", data={**FORM, **form, "csrf_token": http.Request.csrf_token(self)})

    def _requests(self):
        return self.env["ec.trade.request"].search([])

    def test_request_is_parked_and_approved_to_an_account(self):
        answer = self._send()
        self.assertTrue(answer.url.endswith("/trade/register/thanks"))
        request = self._requests()
        self.assertEqual((request.state, request.company_name), ("new", "Hana Shoten"))
        self.assertFalse(self.env["res.partner"].search([("name", "=", "Hana Shoten")]))
        self.assertFalse(request.action_approve())
        buyer = request.account_id.buyer_ids
        self.assertEqual(
            (buyer.role_id, buyer.user_id.login, request.account_id.state),
            (self.roles["administrator"], "hana@example.com", "active"),
        )

    def test_stranger_does_not_learn_who_has_a_login(self):
        user = self._buyer(self.north[0], self.roles["viewer"], "North Nora")
        known, unknown = self._send(email=user.login.upper()), self._send(email="unknown@example.com")
        self.assertEqual((known.url, known.status_code), (unknown.url, unknown.status_code))
        requests = self._requests()
        self.assertEqual(requests.mapped("login_exists"), [False, True])
        left = requests.action_approve()
        self.assertIn(user.login, left["params"]["message"])
        user.login = user.login.upper()
        self.env.invalidate_all()
        self.assertTrue(requests[1].login_exists, "a login with capitals")
        self.assertEqual(requests.mapped("state"), ["approved", "new"])

    def test_the_same_request_again_is_not_kept(self):
        self._send()
        self.assertTrue(self._send().url.endswith("thanks"))
        self.assertEqual(len(self._requests()), 1)

    def test_a_program_is_thanked_and_forgotten(self):
        self.assertTrue(self._send(homepage="http://spam.example").url.endswith("thanks"))
        self.assertFalse(self._requests())

    def test_odd_input_is_no_error(self):
        odd = {name: text[:1] + "\0" + text[1:] for name, text in FORM.items()}
        self.assertTrue(self._send(**odd).url.endswith("thanks"))
        self.assertEqual(self._requests().company_name, "Hana Shoten")

    def test_a_flood_is_stopped(self):
        for number in range(5):
            self._send(email=f"flood{number}@example.com")
        self.assertEqual(self._send(email="flood6@example.com").status_code, 429)
        self.assertEqual(len(self._requests()), 5)

    def test_errors_stand_at_their_fields(self):
        answer = self._send(email="nonsense", company_name="")
        self.assertIn("company_name_error", answer.text)
        self.assertIn('id="email_error"', answer.text)
        self.assertIn("We sell tea.", answer.text)
        self.assertFalse(self._requests())
