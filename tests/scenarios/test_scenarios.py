"""Every case of the scenario book, run on records through the lane that sorts orders: see docs/scenarios.md."""

from freezegun import freeze_time

from odoo.addons.ec_order_routing.engine.words import Said
from odoo.addons.ec_order_routing.language import sentence

from .book import cases
from .world import NOW, World, utc

LANGUAGES = {"en": "en_US", "ja": "ja_JP"}


class TestScenarios(World):
    @classmethod
    def setUpClass(cls):
        cls.clock_face = freeze_time(utc(NOW))
        cls.time = cls.clock_face.start()
        cls.addClassCleanup(cls.clock_face.stop)
        super().setUpClass()

    def run_case(self, case):
        __tracebackhide__ = True
        if case.misspelt:
            self.fail(case.misspelt)
        now = case.situation.get("now", NOW)
        self.time.move_to(utc(now))
        self.build(case.situation)
        for number, (change, expected) in enumerate(case.steps):
            now = change.get("now", now)
            self.time.move_to(utc(now))
            self.change(change)
            self.work(now)
            wrong = [line for name, wanted in expected.items() for line in differences(name, wanted, getattr(self, f"got_{name}")(wanted))]
            if wrong:
                step = f"\n  step {number} ({', '.join(change)})" if number else ""
                self.fail("\n".join([f"{case}{step}", *wrong, *self.told()]))

    # ---- what came of it, in the form in which the book says it

    @property
    def decision(self):
        return self.order.ec_decision_ids[:1]

    @property
    def plan(self):
        return self.decision.plan or {}

    def read(self, said, language):
        return self.named(sentence(self.env(context={**self.env.context, "lang": LANGUAGES[language]}), Said.from_json(said)))

    def named(self, text):
        """Numbers of other orders as the book writes them: {earlier}, {earlier 2}, {later}."""
        for kind, orders in (("earlier", self.earlier), ("later", self.later)):
            for number, order in enumerate(orders, 1):
                text = text.replace(order.name, f"{{{kind}}}" if number == 1 else f"{{{kind} {number}}}")
        return text

    def got_holds(self, wanted):
        codes = sorted(self.order.ec_hold_ids.filtered("open").mapped("code"))
        return codes[0] if isinstance(wanted, str) and len(codes) == 1 else codes

    def got_reason(self, wanted):
        """{language: text} of the only hold, or {code: {language: text}}; several holds of one code joined by " / "."""
        holds = self.plan.get("holds", ())
        alone = wanted.keys() <= LANGUAGES.keys()
        texts = {
            code: {language: self._held(code, language) or " / ".join(self.read(hold["reason"], language) for hold in holds if hold["code"] == code) for language in languages}
            for code, languages in ({holds[0]["code"]: wanted} if alone and holds else {} if alone else wanted).items()
        }
        return next(iter(texts.values()), None) if alone else texts

    def _held(self, code, language):
        """What stands on the order, which is written in its company's language."""
        holds = self.order.ec_hold_ids.filtered(lambda hold: hold.open and hold.code == code)
        return self.named(" / ".join(holds.sorted("key").mapped("reason"))) if language == "en" else ""

    def got_warehouse(self, _wanted):
        return self.order.warehouse_id.name

    def got_carrier(self, _wanted):
        return self.order.carrier_id.name or ""

    def got_parcels(self, _wanted):
        """Where the goods lines ship from, as the order has it."""
        found = {}
        for line in self.order.order_line.filtered(lambda line: line.product_id.type == "consu"):
            found.setdefault((line.ec_warehouse_id or self.order.warehouse_id).name, []).append(line.product_id.default_code)
        return {name: " ".join(sorted(skus)) for name, skus in found.items()}

    def got_ships(self, wanted):
        return self._days("ships_on", wanted)

    def got_arrives(self, wanted):
        return self._days("arrives_on", wanted)

    def _days(self, key, wanted):
        days = [parcel[key] for parcel in (self.plan.get("choice") or {}).get("parcels", ())]
        return days[0] if isinstance(wanted, str) and len(days) == 1 else days

    def got_planned(self, _wanted):
        """The shipping date that rules set."""
        return str(self.order.ec_ship_date or "")

    def got_why_not(self, wanted):
        """Of a warehouse, or "warehouse, carrier": what excluded it, as the panel shows it."""
        return {name: {language: self._why_not(name, language) for language in languages} for name, languages in wanted.items()}

    def _why_not(self, name, language):
        site, _comma, service = name.partition(", ")
        rows = self.decision.with_context(lang=LANGUAGES[language])._why()["candidates"]
        return " / ".join(dict.fromkeys(row["said"] for row in rows if row["site"] == site and service in ("", row["service"])))

    def got_matched(self, _wanted):
        return [step["name"] for step in self.plan.get("steps", ()) if step["matched"]]

    def got_said(self, wanted):
        """By rule: why it matched or did not."""
        return {name: {language: self._step_said(name, language) for language in languages} for name, languages in wanted.items()}

    def _step_said(self, name, language):
        why = self.decision.with_context(lang=LANGUAGES[language])._why()
        return next((step["said"] for step in why["matched"] + why["others"] if step["name"] == name), None)

    def got_state(self, _wanted):
        return self.order.state

    def got_tags(self, _wanted):
        return sorted(self.order.tag_ids.mapped("name"))

    def got_looks_again(self, _wanted):
        return self.clock(self.order) or ""

    def got_looked_at(self, _wanted):
        return bool(self.decision)

    def got_todo(self, _wanted):
        return self.order.activity_ids.mapped("summary")

    def got_reminders(self, _wanted):
        """Reminders of the payment that were sent to the buyer."""
        return len(self.order.message_ids.filtered(lambda message: "Your payment for order" in (message.subject or "")))

    def got_together(self, _wanted):
        """Whether it ships with all earlier orders."""
        return bool(self.order.ec_combination_id) and self.order.ec_combination_id.order_ids == self.order.union(*self.earlier)

    def got_failed(self, _wanted):
        """Rules that could not be answered."""
        return [error["name"] for error in self.plan.get("errors", ())]

    def got_salesperson(self, _wanted):
        """Whether the order is looked after by who runs the book."""
        return self.order.user_id == self.env.user

    def got_deliveries(self, _wanted):
        return len(self.order.picking_ids.filtered(lambda picking: picking.state != "cancel"))

    def told(self):
        """What the rules said, for the reader of a failure."""
        if not self.decision:
            return ["  (no rules looked at the order)"]
        why = self.decision._why()
        lines = [f"  the rules said: {why['outcome']}"]
        lines += [f"    hold {hold['name']}: {hold['reason']}" for hold in why["needed"]]
        lines += [f"    error {error}" for error in why["errors"]]
        return lines + [f"    {row['site']}, {row['service']}: {row['said'] or 'can ship'}" for row in why["candidates"]]


def differences(name, wanted, got):
    """Lines that say where two values differ; tables are compared entry by entry."""
    if isinstance(wanted, dict) and isinstance(got, dict) and wanted.keys() == got.keys():
        return [line for key in wanted for line in differences(f"{name}, {key}", wanted[key], got[key])]
    return [] if got == wanted else [f"  {name}", f"    expected {wanted!r}", f"    got      {got!r}"]


def _item(case):
    def test(self):
        __tracebackhide__ = True
        self.run_case(case)

    test.__doc__ = str(case)
    return test


for each in cases():
    setattr(TestScenarios, each.slug, _item(each))
