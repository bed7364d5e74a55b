"""What warehouses and carriers look like to sourcing, and that others' screens stay as they are."""

import json
from datetime import datetime

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, TransactionCase, new_test_user, tagged

from ..engine import sourcing
from ..engine.spec import FunctionSpec, StrategySpec

MONDAY = datetime(2026, 11, 23, 7, 15)


@tagged("post_install", "-at_install")
class TestCandidates(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Candidates = cls.env["ec.routing.candidates"]
        japan = cls.env.ref("base.jp")
        cls.tokyo, cls.osaka = (cls.env["res.country.state"].search([("country_id", "=", japan.id), ("code", "=", code)]) for code in ("JP-13", "JP-27"))
        cls.company = cls.env["res.company"].create({"name": "Routed", "country_id": japan.id, "currency_id": cls.env.ref("base.JPY").id})
        cls.company.partner_id.tz = "Asia/Tokyo"
        cls.env = cls.env(context={**cls.env.context, "allowed_company_ids": [cls.company.id]})
        cls.env.user.company_ids = [Command.link(cls.company.id)]
        address = cls.env["res.partner"].create({"name": "West", "country_id": japan.id, "state_id": cls.osaka.id})
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)])
        cls.west = cls.env["stock.warehouse"].create(
            {"name": "West", "code": "W", "company_id": cls.company.id, "partner_id": address.id, "ec_routing_priority": 1}
        )
        cls.tag = cls.env["product.tag"].create({"name": "Small"})
        product = cls.env["product.product"].create({"name": "Carriage", "type": "service", "company_id": cls.company.id})
        cls.carrier = cls.env["delivery.carrier"].create({"name": "Yamato", "product_id": product.id, "max_weight": 25})

    def site(self, warehouse=None, now=MONDAY):
        (site,) = [each for each in self.Candidates._sites(self.company, now) if each["id"] == (warehouse or self.west).id]
        return site

    def test_a_warehouse_as_it_comes(self):
        self.assertEqual([site["id"] for site in self.Candidates._sites(self.company)], [self.west.id, self.warehouse.id])
        self.assertEqual(
            self.site(),
            {
                "id": self.west.id, "name": "West", "priority": 1, "state": "JP-27", "lat": 0.0, "lon": 0.0, "cut_off": None, "closed": [],
                "workdays": [0, 1, 2, 3, 4, 5, 6], "handling_days": 0, "capacity_left": None, "temperatures": ["normal"],
                "dangerous": False, "zones": {"states": [], "zips": []}, "tags": [], "rejected": False,
            },
        )  # fmt: skip

    def test_a_warehouse_with_everything(self):
        calendar = self.env["resource.calendar"].create({"name": "Six days", "tz": "Asia/Tokyo", "company_id": self.company.id})
        calendar.attendance_ids = [
            Command.clear(),
            *[Command.create({"name": str(day), "dayofweek": str(day), "hour_from": 9, "hour_to": 17, "day_period": "full_day"}) for day in (0, 1, 5)],
        ]
        leaves = self.env["resource.calendar.leaves"]
        # Days off in Tokyo: Tuesday to Wednesday of the warehouse, Thursday of the company; an afternoon and a past day do not count
        leaves.create({"name": "Inventory", "calendar_id": calendar.id, "date_from": "2026-11-23 15:00:00", "date_to": "2026-11-25 14:59:59"})
        everybody = leaves.create({"name": "All", "calendar_id": False, "date_from": "2026-11-25 15:00:00", "date_to": "2026-11-26 14:59:59"})
        everybody.flush_recordset()  # Odoo computes its company from the environment that flushes
        leaves.create({"name": "Afternoon", "calendar_id": calendar.id, "date_from": "2026-11-27 04:00:00", "date_to": "2026-11-27 09:00:00"})
        leaves.create({"name": "Past", "calendar_id": calendar.id, "date_from": "2026-11-20 15:00:00", "date_to": "2026-11-21 14:59:59"})
        self.west.write(
            {
                "ec_cut_off": 14.5, "ec_handling_days": 1, "ec_capacity": 3, "ec_calendar_id": calendar.id, "ec_temperatures": "frozen",
                "ec_zone_state_ids": [Command.set((self.osaka | self.tokyo).ids)], "ec_zone_zips": "530-, 101、 ,",
                "ec_dangerous": True, "ec_product_tag_ids": [Command.set(self.tag.ids)],
            }
        )  # fmt: skip
        site = self.site()
        self.assertEqual(site["cut_off"], "14:30")
        self.assertEqual(site["workdays"], [0, 1, 5])
        self.assertEqual(site["closed"], ["2026-11-24", "2026-11-25", "2026-11-26"])
        self.assertEqual(site["zones"], {"states": ["JP-13", "JP-27"], "zips": ["530", "101"]})
        self.assertEqual((site["handling_days"], site["capacity_left"], site["dangerous"], site["tags"]), (1, 3, True, self.tag.ids))
        self.assertEqual(site["temperatures"], ["normal", "frozen"])
        self.assertEqual(self.site(self.warehouse)["closed"], ["2026-11-26"])
        self.assertEqual(json.loads(json.dumps(site)), site)

    def test_the_day_is_that_of_the_company(self):
        self.west.ec_capacity = 2
        self.env["ec.routing.capacity"].create({"warehouse_id": self.west.id, "day": "2026-11-24", "held": 1, "consumed": 1})
        self.assertEqual(self.site(now=datetime(2026, 11, 23, 14, 59))["capacity_left"], 2)
        self.assertEqual(self.site(now=datetime(2026, 11, 23, 15, 0))["capacity_left"], 0)

    def test_carriers_and_their_rates(self):
        self.carrier.write({"ec_cod": True, "ec_cod_limit": 300000, "ec_temperatures": "all"})
        self.carrier.ec_rate_ids = [
            Command.create({"price": 900}),
            Command.create({"price": 700, "warehouse_id": self.west.id, "state_ids": [Command.set(self.osaka.ids)], "max_weight": 2, "days": 0}),
        ]
        (service,) = [each for each in self.Candidates._services(self.company) if each["id"] == self.carrier.id]
        rates = sorted(service.pop("rates"), key=lambda rate: rate["price"])
        self.assertEqual(
            service,
            {
                "id": self.carrier.id, "name": "Yamato", "cod": True, "cod_limit": 300000.0, "temperatures": ["normal", "chilled", "frozen"],
                "dangerous": False, "max_weight": 25.0,
            },
        )  # fmt: skip
        self.assertEqual(
            rates,
            [
                {"site": self.west.id, "states": ["JP-27"], "max_weight": 2.0, "price": 700.0, "days": 0},
                {"site": None, "states": [], "max_weight": None, "price": 900.0, "days": 1},
            ],
        )
        other = self.env["res.company"].create({"name": "Other"})
        self.assertNotIn(self.carrier.id, [each["id"] for each in self.Candidates._services(other)])

    def test_sourcing_chooses_among_them(self):
        self.carrier.ec_rate_ids = [Command.create({"price": 900}), Command.create({"price": 700, "warehouse_id": self.west.id})]
        sites = self.Candidates._sites(self.company, MONDAY)
        services = [each for each in self.Candidates._services(self.company) if each["id"] == self.carrier.id]
        line = {
            "id": 1, "product_id": 1, "product_uom_qty": 2.0, "fact.sku": "MUG", "fact.goods": True, "fact.weight": 1.0,
            "fact.free": {str(site["id"]): 5.0 for site in sites},
        }  # fmt: skip
        snapshot = {
            "now": "2026-11-23 07:15:00", "today": "2026-11-23", "utc_offset": 540, "lines": [line], "sites": sites, "services": services,
            "order": {"amount_total": 1.0, "fact.ship_state": "JP-13", "fact.ship_country": "JP"},
        }  # fmt: skip
        strategy = StrategySpec(1, "x", fences=(FunctionSpec("stock"), FunctionSpec("rate")), criteria=((FunctionSpec("cost"), 1.0),))
        self.assertEqual(sourcing.choose(snapshot, strategy).parcels, ((self.west.id, self.carrier.id, {1: 2.0}),))

    def test_queries_do_not_grow_with_warehouses_and_rates(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.Candidates._sites(self.company)
            self.Candidates._services(self.company)
            return self.env.cr.sql_log_count - before

        few = self._fill(1)
        few = count()
        self._fill(5)
        self.assertLessEqual(count(), few)
        self.assertLess(few, 30)

    def _fill(self, number):
        for _each in range(number):
            name = str(self.env["stock.warehouse"].search_count([]))
            partner = self.env["res.partner"].create({"name": name, "state_id": self.osaka.id, "country_id": self.osaka.country_id.id})
            calendar = self.env["resource.calendar"].create({"name": name, "company_id": self.company.id})
            warehouse = self.env["stock.warehouse"].create({"name": name, "code": name, "company_id": self.company.id, "partner_id": partner.id})
            warehouse.write({"ec_calendar_id": calendar.id, "ec_zone_state_ids": self.tokyo.ids, "ec_product_tag_ids": self.tag.ids, "ec_capacity": 5})
            self.env["ec.shipping.rate"].create({"carrier_id": self.carrier.copy().id, "warehouse_id": warehouse.id, "price": 1, "state_ids": self.osaka.ids})

    def test_zips_have_letters_or_digits(self):
        with self.assertRaises(ValidationError):
            self.west.ec_zone_zips = " , -"

    def test_who_does_not_route_sees_nothing_new(self):
        manager = new_test_user(self.env, "routing_stock", groups="stock.group_stock_manager", company_id=self.company.id, company_ids=self.company.ids)
        warehouse = self.west.with_user(manager)
        own = {name for name, field in warehouse._fields.items() if field._modules == ("ec_order_routing",)}
        self.assertIn("ec_capacity", own)
        self.assertFalse(own & set(warehouse.fields_get()))
        with self.assertRaises(AccessError):
            warehouse.read(["ec_capacity"])
        self.assertNotIn("ec_routing", self.env["stock.warehouse"].with_user(manager).get_view(view_type="form")["arch"])
        # and makes a warehouse as before
        with Form(self.env["stock.warehouse"].with_user(manager)) as form:
            form.name, form.code = "New", "NEW"
        self.assertEqual(self.site(form.record)["temperatures"], ["normal"])

    def test_who_routes_sees_it_on_the_forms(self):
        user = new_test_user(
            self.env, "routing_user", groups="ec_order_hold.group_hold_manager,stock.group_stock_manager,product.group_product_manager", company_id=self.company.id,
            company_ids=self.company.ids,
        )  # fmt: skip
        with Form(self.west.with_user(user)) as form:
            form.ec_cut_off, form.ec_capacity = 15.0, 40
        self.assertEqual((self.west.ec_cut_off, self.west.ec_capacity), (15.0, 40))
        with Form(self.carrier.with_user(user)) as form:
            form.ec_cod = True
            form.ec_cod_limit = 1000
            with form.ec_rate_ids.new() as rate:
                rate.price, rate.days = 800, 2
        self.assertEqual(self.carrier.ec_rate_ids.mapped(lambda rate: (rate.price, rate.days, rate.company_id)), [(800.0, 2, self.company)])
        product = self.env["product.template"].create({"name": "Cake", "type": "consu"})
        with Form(product.with_user(user)) as form:
            form.ec_temperature, form.ec_release_date = "frozen", "2026-12-24"
        self.assertEqual(product.ec_temperature, "frozen")
