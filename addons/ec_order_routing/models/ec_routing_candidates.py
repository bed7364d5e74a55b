from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytz

from odoo import api, fields, models

from ..engine import places
from ..engine.case import HORIZON_DAYS

KEPT = {
    "normal": ["normal"],
    "chilled": ["normal", "chilled"],
    "frozen": ["normal", "frozen"],
    "all": ["normal", "chilled", "frozen"],
}
EVERY_DAY = list(range(7))


class EcRoutingCandidates(models.AbstractModel):
    """Warehouses and carriers as sourcing reads them: plain dicts, in a number of queries that does not grow with them."""

    _name = "ec.routing.candidates"
    _description = "Warehouses and Carriers to Route to"

    @api.model
    def _sites(self, company, now=None):
        """The company's warehouses, as snapshot["sites"]; as superuser, since routing does not depend on who caused it.

        now: naive datetime in UTC. closed: days from today on, in the company's time zone; capacity_left: of today, None if unlimited.
        """
        warehouses = self.env["stock.warehouse"].sudo().search([("company_id", "=", company.id)], order="ec_routing_priority, id")
        zone = pytz.timezone(company.sudo().partner_id.tz or self.env.user.tz or "UTC")
        today = (now or fields.Datetime.now()).replace(tzinfo=UTC).astimezone(zone).date()
        work = self._work(warehouses.ec_calendar_id, company, today, zone)
        taken = self._taken(warehouses, today)
        return [self._prepare_site(warehouse, *work[warehouse.ec_calendar_id.id], taken.get(warehouse.id, 0)) for warehouse in warehouses]

    @api.model
    def _prepare_site(self, warehouse, workdays, closed, taken):
        """One of snapshot["sites"]. taken: places of today that are not free."""
        address = warehouse.partner_id
        minutes = round(warehouse.ec_cut_off * 60)
        return {
            "id": warehouse.id,
            "name": warehouse.name,
            "priority": warehouse.ec_routing_priority,
            "state": self._state(address.state_id) or False,
            "lat": address.partner_latitude,
            "lon": address.partner_longitude,
            "cut_off": f"{minutes // 60:02}:{minutes % 60:02}" if 0 < minutes < 24 * 60 else None,
            "closed": closed,
            "workdays": workdays,
            "handling_days": warehouse.ec_handling_days,
            "capacity_left": max(0, warehouse.ec_capacity - taken) if warehouse.ec_capacity else None,
            "temperatures": KEPT[warehouse.ec_temperatures],
            "dangerous": warehouse.ec_dangerous,
            "zones": {"states": sorted(map(self._state, warehouse.ec_zone_state_ids)), "zips": warehouse._ec_zips()},
            "tags": sorted(warehouse.ec_product_tag_ids.ids),
            "rejected": False,
        }

    @api.model
    def _services(self, company):
        """Carriers the company may use, as snapshot["services"]; as superuser, since routing does not depend on who caused it."""
        domain = [("company_id", "in", [company.id, False])]
        carriers = self.env["delivery.carrier"].sudo().search(domain, order="sequence, id")
        rates = defaultdict(list)
        for rate in self.env["ec.shipping.rate"].sudo().search([("carrier_id", "in", carriers.ids), ("company_id", "=", company.id)]):
            rates[rate.carrier_id.id].append(self._prepare_rate(rate))
        return [self._prepare_service(carrier, rates[carrier.id]) for carrier in carriers]

    @api.model
    def _prepare_service(self, carrier, rates):
        """One of snapshot["services"]."""
        return {
            "id": carrier.id,
            "name": carrier.name,
            "cod": carrier.ec_cod,
            "cod_limit": carrier.ec_cod_limit,
            "temperatures": KEPT[carrier.ec_temperatures],
            "dangerous": carrier.ec_dangerous,
            "max_weight": carrier.max_weight or None,
            "rates": rates,
        }

    @api.model
    def _prepare_rate(self, rate):
        """One of a service's rates."""
        return {
            "site": rate.warehouse_id.id or None,
            "states": sorted(map(self._state, rate.state_ids)),
            "max_weight": rate.max_weight or None,
            "price": rate.price,
            "days": rate.days,
        }

    def _state(self, state):
        """Country and code, "JP-13" or "US-CA"."""
        return places.state_code(state.code, state.country_id.code)

    def _work(self, calendars, company, today, zone):
        """{calendar id: (weekdays worked, days closed from today on)}; False: every day, but for what closes the whole company.

        A day is closed where time off covers its noon. A calendar without hours is one of every day.
        """
        attendances = calendars.attendance_ids
        weekdays = defaultdict(set)
        for attendance in attendances:
            if not attendance.display_type and attendance.day_period != "lunch":
                weekdays[attendance.calendar_id.id].add(int(attendance.dayofweek))
        until = today + timedelta(days=HORIZON_DAYS)
        domain = [
            ("resource_id", "=", False),
            ("time_type", "=", "leave"),
            ("calendar_id", "in", [*calendars.ids, False]),
            ("company_id", "in", [company.id, False]),
            ("date_from", "<=", datetime.combine(until + timedelta(days=1), datetime.max.time())),
            ("date_to", ">=", datetime.combine(today - timedelta(days=1), datetime.min.time())),
        ]
        closed = defaultdict(set)
        for leave in self.env["resource.calendar.leaves"].sudo().search(domain):  # as the warehouses
            begin, end = (value.replace(tzinfo=UTC).astimezone(zone) for value in (leave.date_from, leave.date_to))
            day = max(begin.date(), today)
            while day <= min(end.date(), until):
                if begin <= zone.localize(datetime(day.year, day.month, day.day, 12)) <= end:
                    closed[leave.calendar_id.id].add(fields.Date.to_string(day))
                day += timedelta(days=1)
        return {
            key: (sorted(weekdays[key]) or EVERY_DAY, sorted(closed[key] | closed[False])) for key in [*calendars.ids, False]
        }

    def _taken(self, warehouses, today):
        """{warehouse id: places of today held or consumed}"""
        days = self.env["ec.routing.capacity"].sudo().search([("warehouse_id", "in", warehouses.ids), ("day", "=", today)])  # as the warehouses
        return {each.warehouse_id.id: each.held + each.consumed for each in days}
