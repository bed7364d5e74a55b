"""Two trade accounts full of secrets, and who may know each of them."""

import base64
import json
import re

from odoo.fields import Command

from odoo.addons.ec_b2b_portal.tests.common import TradeWorld

SECRET = re.compile(r"zq7-[a-z0-9-]+?-zq7")
PRICE = re.compile(r"77,?00(\d)\.37")
PLACES = ("head", "kyoto", "kobe")
# Which documents of their own account the people see; `mine` are those addressed to themselves
ALL = {*PLACES, "mine"}
ORDERS = {
    "viewer": {"mine"},
    "purchaser": {"mine"},
    "approver": ALL,
    "accounting": ALL,
    "administrator": ALL,
    "kyoto": {"kyoto"},
    "own": {"mine"},
    "blind": ALL,
    "guest": {"mine"},
}
INVOICES = {
    "viewer": set(),
    "purchaser": set(),
    "approver": set(),
    "accounting": ALL,
    "administrator": ALL,
    "kyoto": {"kyoto"},
    "own": ALL,
    "blind": set(),
    "guest": {"mine"},
}
CONTACTS = {**dict.fromkeys(ORDERS, set(PLACES)), "kyoto": {"kyoto"}, "guest": {"head"}}


class IsolationWorld(TradeWorld):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref("base.JPY").active = True
        cls.allowed = {}  # secret: the logins that may know it
        cls.people = {}  # name: user
        cls.targets = {}  # name: {model: id}, what is guessed at
        cls.colour = cls.env["product.attribute"].create(
            {
                "name": "Text",
                "create_variant": "no_variant",
                "value_ids": [Command.create({"name": "own words", "is_custom": True})],
            }
        )
        cls.product.product_tmpl_id.write(
            {
                "is_published": True,
                "attribute_line_ids": [
                    Command.create(
                        {"attribute_id": cls.colour.id, "value_ids": [Command.set(cls.colour.value_ids.ids)]}
                    )
                ],
            }
        )
        cls.product.product_tmpl_id.attribute_line_ids._update_product_template_attribute_values()
        cls.own_words = cls.env["product.template.attribute.value"].search(
            [("product_tmpl_id", "=", cls.product.product_tmpl_id.id)]
        )
        # each customer has a product that nobody else may see; one for all leads to both
        cls.env["website"].search([]).ecommerce_access = "trade"
        cls.goods = {customer: cls._goods(customer) for customer in ("north", "south")}
        both = cls.goods["north"] | cls.goods["south"]
        cls.product.product_tmpl_id.write(
            {
                "accessory_product_ids": [Command.set(both.ids)],
                "alternative_product_ids": [Command.set(both.product_tmpl_id.ids)],
                "optional_product_ids": [Command.set(both.product_tmpl_id.ids)],
            }
        )
        for number, (customer, account_and_places) in enumerate((("north", cls.north), ("south", cls.south)), 1):
            cls._fill(number, customer, *account_and_places)
        cls.people["outsider"] = cls._login(
            cls.env["res.partner"].create({"name": "Outsider", "email": "outsider@example.com"})
        )
        cls.env.flush_all()
        cls.coded = [(secret, cls._base64_cores(secret)) for secret in cls.allowed if secret.startswith("zq7")]

    @classmethod
    def _fill(cls, number, customer, account, head, kyoto, kobe):
        companies = dict(zip(PLACES, (head, kyoto, kobe), strict=True))
        role = cls.env["ec.trade.role"].create(
            {
                "name": cls._secret([], customer, "role"),
                "account_id": account.id,
                "can_order": True,
                "can_see_invoices": True,
            }
        )
        people = {
            name: cls._buyer(account, role_, f"{customer} {name}")
            for name, role_ in [*cls.roles.items(), ("own", role)]
        }
        blind = cls.env["ec.trade.role"].create(
            {
                "name": "Prices hidden",
                "account_id": account.id,
                "can_order": True,
                "can_see_prices": False,
                "can_see_invoices": True,
                "orders_seen": "branch",
            }
        )
        people["blind"] = cls._buyer(account, blind, f"{customer} blind")
        people["kyoto"] = cls._buyer(account, cls.roles["accounting"], f"{customer} kyo", kyoto, kyoto)
        people["guest"] = cls._login(cls._contact(head, f"{customer} guest"))
        cls.people |= {f"{customer}-{name}": user for name, user in people.items()}
        # a role's name is known in its own company
        cls.allowed[role.name] = {f"{customer}-{name}" for name in people}
        buyers = {f"{customer}-{name}" for name in people if name != "guest"}
        goods = cls.goods[customer]
        cls.allowed[goods.name] = cls.allowed[goods.default_code] = cls.allowed[goods.barcode] = buyers
        cls.env["ec.trade.item"].create(
            {
                "account_id": account.id,
                "product_id": goods.id,
                "code": cls._secret(buyers, customer, "item"),
                "name": cls._secret(buyers, customer, "own", "name"),
            }
        )
        account.write(
            {
                "hidden_product_ids": [
                    Command.set([other.product_tmpl_id.id for name, other in cls.goods.items() if name != customer])
                ],
                "block_reason": cls._secret([], customer, "staff"),
                "pricelist_id": cls._price_list(number, customer, people).id,
            }
        )
        account.buyer_ids.problem = cls._secret([], customer, "problem")
        saved = cls._saved(customer, account, people) | cls._statement(number, customer, account)
        asked, approval = cls._asked(customer, account, people)
        saved |= approval
        owners = {**companies, "mine": people["viewer"].partner_id}
        for place, partner in owners.items():
            cls.targets[f"{customer}-{place}"] = {
                **cls._documents(number, customer, place, partner, account),
                **saved,
            }
        cls.targets[f"{customer}-asked"] = {
            **cls.targets[f"{customer}-head"],
            "sale.order": asked.id,
            "sale.order.line": asked.order_line.id,
        }
        requested, offered = cls._quoted(number, customer, account, people["purchaser"])
        for name, order in (("requested", requested), ("offered", offered)):
            cls.targets[f"{customer}-{name}"] = {
                **cls.targets[f"{customer}-head"],
                "sale.order": order.id,
                "sale.order.line": order.order_line.id,
            }

    @classmethod
    def _quoted(cls, number, customer, account, user):
        """Two quotations of the purchaser: one that is asked for, and an offer that he answered with a proposal."""
        seen = [f"{customer}-{name}" for name, orders in ORDERS.items() if orders == ALL or name == "purchaser"]
        price = 77000.37 + number
        orders = cls.env["sale.order"]
        for name in ("wish", "offer"):
            word = cls._secret(seen, customer, name)
            order = cls._order(user.partner_id, confirm=False, note=word)
            order.with_user(user).sudo()._ec_quote_ask(account, word, None, word)
            orders |= order
        order.order_line.price_unit = price
        order.ec_quote_message = cls._secret(seen, customer, "message")
        order.action_ec_send_offer()
        proposal = {order.order_line: {"ec_quote_quantity": 2, "ec_quote_price": price}}
        order.with_user(user).sudo()._ec_quote_counter(proposal, cls._secret(seen, customer, "proposal"))
        return orders

    @classmethod
    def _asked(cls, customer, account, people):
        """An order of the purchaser that waits for the second of two approvals."""
        seen = [f"{customer}-{name}" for name, orders in ORDERS.items() if orders == ALL or name == "purchaser"]
        buyers = {name: user._ec_trade_buyer(account) for name, user in people.items()}
        rule = cls.env["ec.trade.approval.rule"].create(
            {
                "name": cls._secret(seen, customer, "rule"),
                "account_id": account.id,
                "two_steps": True,
                "first_approver_ids": [Command.set(buyers["approver"].ids)],
            }
        )
        word = cls._secret(seen, customer, "asked")
        order = cls._order(people["purchaser"].partner_id, confirm=False, note=word)
        order.with_user(people["purchaser"]).sudo()._ec_trade_place(account, word, None, "")
        comment = cls._secret(seen, customer, "comment")
        approver = buyers["approver"].with_user(people["approver"]).sudo()
        approvals = order.ec_approval_ids.with_user(people["approver"]).sudo()
        approvals._decide(approver, "approved", comment)
        substitute = cls.env["ec.trade.approval.substitute"].create(
            {
                "buyer_id": buyers["approver"].id,
                "substitute_id": buyers["administrator"].id,
                "date_from": "2026-01-01",
                "date_to": "2036-01-01",
            }
        )
        return order, {
            "ec.trade.approval": approvals.id,
            "ec.trade.approval.rule": rule.id,
            "ec.trade.approval.substitute": substitute.id,
        }

    @classmethod
    def _statement(cls, number, customer, account):
        seen = [f"{customer}-{name}" for name, invoices in INVOICES.items() if invoices == ALL]
        name = cls._secret(seen, customer, "statement")
        statement = cls.env["ec.trade.statement"].create(
            {
                "name": name,
                "account_id": account.id,
                "date_from": "2026-01-01",
                "date_to": "2026-01-31",
                "amount_due": 77000.37 + number,
                "line_ids": [
                    Command.create({"kind": "invoice", "date": "2026-01-10", "slip": name, "name": name, "amount": 1})
                ],
            }
        )
        # sudo: what issuing it writes
        statement.sudo().state = "issued"
        return {"ec.trade.statement": statement.id, "ec.trade.statement.line": statement.line_ids.id}

    @classmethod
    def _saved(cls, customer, account, people):
        """What its administrator kept for himself: a list, and the answer to a form that was sent."""
        buyer = people["administrator"]._ec_trade_buyer(account)
        secret = cls._secret([f"{customer}-administrator"], customer, "saved")
        saved = cls.env["ec.trade.list"].create({"name": secret, "account_id": account.id, "buyer_id": buyer.id})
        saved.line_ids = [Command.create({"product_id": cls.product.id, "quantity": 1})]
        sent = cls.env["ec.trade.submission"].create(
            {"buyer_id": buyer.id, "key": f"{customer}-form", "answer": {"text": secret}}
        )
        return {"ec.trade.list": saved.id, "ec.trade.list.line": saved.line_ids.id, "ec.trade.submission": sent.id}

    @classmethod
    def _who(cls, table, customer, place):
        """People of one customer that see a place; of what is addressed to somebody himself: the viewer's."""
        for name, seen in table.items():
            if place in seen and (place != "mine" or name == "viewer" or seen == ALL):
                yield f"{customer}-{name}"

    @classmethod
    def _secret(cls, people, *words):
        secret = "zq7-" + "-".join(words) + "-zq7"
        cls.allowed[secret] = set(people)
        return secret

    @classmethod
    def _goods(cls, customer):
        return cls.env["product.product"].create(
            {
                "name": f"zq7-{customer}-goods-zq7",
                "default_code": f"zq7-{customer}-sku-zq7",
                "barcode": f"zq7-{customer}-jan-zq7",
                "website_published": True,
                "allow_out_of_stock_order": True,
            }
        )

    @classmethod
    def _price_list(cls, number, customer, people):
        # a list's name stands on the contacts of its company; its prices are what a role may hide
        names = {f"{customer}-{name}" for name in people}
        cls.allowed[f"price{number}"] = names - {f"{customer}-blind"}
        return cls.env["product.pricelist"].create(
            {
                "name": cls._secret(names, customer, "list"),
                "selectable": False,
                "item_ids": [
                    Command.create(
                        {"fixed_price": 77000.37 + number, "applied_on": "3_global", "compute_price": "fixed"}
                    )
                ],
            }
        )

    @classmethod
    def _documents(cls, number, customer, place, partner, account):
        word = cls._secret(cls._who(ORDERS, customer, place), customer, place, "order")
        bill = cls._secret(cls._who(INVOICES, customer, place), customer, place, "invoice")
        found = {
            "res.partner": partner.id,
            "ec.trade.account": account.id,
            "ec.trade.buyer": account.buyer_ids[0].id,
            "ec.trade.role": account.role_ids[0].id,
            "ec.trade.item": account.item_ids.id,
        }
        if place in PLACES:
            partner.ref = cls._secret(cls._who(CONTACTS, customer, place), customer, place, "ref")
            found["res.partner"] = (
                cls.env["res.partner"]
                .create(
                    {
                        "name": cls._secret(
                            cls._who({**CONTACTS, "guest": set()}, customer, place), customer, place, "store"
                        ),
                        "parent_id": partner.id,
                        "type": "delivery",
                        "street": "1",
                        "city": "Osaka",
                        "zip": "530-0001",
                        "country_id": cls.env.ref("base.jp").id,
                    }
                )
                .id
            )
        order = cls._order(partner, confirm=False, client_order_ref=word, note=word, origin=word)
        order.order_line.write(
            {
                "name": word,
                "price_unit": 77000.37 + number,
                "product_custom_attribute_value_ids": [
                    Command.create(
                        {
                            "custom_product_template_attribute_value_id": cls.own_words.id,
                            "custom_value": word,
                        }
                    )
                ],
            }
        )
        order.action_confirm()
        order.picking_ids.note = word
        order.picking_ids.action_assign()
        order.message_post(body=word, message_type="comment", subtype_xmlid="mail.mt_comment")
        invoice = cls._invoice(partner, name=bill)
        invoice.write({"ref": bill, "narration": bill, "invoice_origin": bill})
        message = invoice.message_post(body=bill, message_type="comment", subtype_xmlid="mail.mt_comment")
        files = cls.env["ir.attachment"].create(
            [
                {
                    "name": f"{text}.txt",
                    "raw": text.encode(),
                    "mimetype": "text/plain",
                    "res_model": record._name,
                    "res_id": record.id,
                }
                for text, record in ((word, order), (bill, invoice), (word, order.picking_ids))
            ]
        )
        for record in (order, invoice):
            record._portal_ensure_token()
        return found | {
            "sale.order": order.id,
            "sale.order.line": order.order_line.id,
            "account.move": invoice.id,
            "account.move.line": invoice.invoice_line_ids.id,
            "stock.picking": order.picking_ids.id,
            "ir.attachment": files[0].id,
            "mail.message": message.id,
            "product.pricelist": account.pricelist_id.id,
            "product.attribute.custom.value": order.order_line.product_custom_attribute_value_ids.id,
            "product.product": cls.goods[customer].id,
            "product.template": cls.goods[customer].product_tmpl_id.id,
        }

    # ---- what was told

    @staticmethod
    def _base64_cores(secret):
        """How the secret looks inside base64, wherever it begins; without what depends on its neighbours."""
        cores = []
        for lead in range(3):
            text = base64.b64encode(b"x" * lead + secret.encode()).decode().rstrip("=")
            cores.append(text[4 if lead else 0 : -3])
        return cores

    def leaks(self, person, answer):
        """Secrets in an answer (text, bytes or anything that JSON takes) that this person may not know."""
        if isinstance(answer, bytes):
            answer = answer.decode("utf-8", "replace")
        elif not isinstance(answer, str):
            answer = json.dumps(answer, default=repr)
        told = {*SECRET.findall(answer)} | {f"price{number}" for number in PRICE.findall(answer)}
        told |= {secret for secret, cores in self.coded if any(core in answer for core in cores)}
        return sorted(secret for secret in told if person not in self.allowed.get(secret, ()))
