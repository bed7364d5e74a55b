import logging
import secrets
from datetime import UTC, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..sdk.connector import Capability
from ..sdk.errors import ChannelError, NeedsAttention, Retryable
from ..sdk.transport import Transport

_logger = logging.getLogger(__name__)

ACTIVE_STATES = ("sandbox", "live")
ATTENTION = ("parked", "bug", "failed")  # rows of the queues that wait for a person
LATE_AFTER = timedelta(minutes=30)
EXPIRY_WARNING = timedelta(days=14)
CATALOGUE_START = "start"
CATALOGUE_PAGES = 8  # so many while the user waits; a larger catalogue is read on by the lane
OF_ADMINISTRATORS = {"connector", "company_id", "state", "external_id", "capabilities"}


class EcChannel(models.Model):
    """One account on one shop, mall or market place."""

    _name = "ec.channel"
    _description = "Sales Channel"
    _inherit = ["mail.thread"]
    _order = "sequence, id"
    _check_company_auto = True

    # ---- fields

    name = fields.Char(required=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    connector = fields.Selection([], string="Kind of Shop", required=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    state = fields.Selection(
        [
            ("draft", "Not connected"),
            ("sandbox", "Sandbox"),
            ("live", "Live"),
            ("paused", "Paused"),
            ("disconnected", "Disconnected"),
        ],
        default="draft",
        required=True,
        copy=False,
        tracking=True,
    )
    external_id = fields.Char("Account", copy=False, readonly=True)
    currency_id = fields.Many2one("res.currency", "Shop Currency", copy=False, readonly=True)
    prices_include_tax = fields.Boolean(copy=False, readonly=True)
    timezone = fields.Char(copy=False, readonly=True)

    endpoint_url = fields.Char(
        "Other Address of the API",
        groups="ec_channel_base.group_ec_admin",
        copy=False,
        help="Only for test shops: where to send requests instead of the shop's real API.",
    )
    allow_private_host = fields.Boolean(
        "Address May Be on This Network",
        groups="ec_channel_base.group_ec_admin",
        copy=False,
        help="Requests to private addresses are refused unless this is set. Only for test shops.",
    )
    webhook_token = fields.Char(
        groups="ec_channel_base.group_ec_admin", copy=False, default=lambda self: secrets.token_urlsafe(24), required=True
    )

    warehouse_id = fields.Many2one(
        "stock.warehouse",
        check_company=True,
        default=lambda self: self.env["stock.warehouse"].search([("company_id", "=", self.env.company.id)], limit=1),
        help="Ships the orders whose shop location is not mapped to a warehouse.",
    )
    team_id = fields.Many2one("crm.team", "Sales Team", check_company=True)
    user_id = fields.Many2one("res.users", "Responsible", help="Is told when the channel needs attention.")
    import_since = fields.Datetime(
        "Orders Placed Since",
        default=fields.Datetime.now,
        copy=False,
        help="Orders placed before are left alone. Move it back to fetch older orders.",
    )
    auto_confirm = fields.Boolean("Confirm Orders Automatically", default=True)
    rounding_tolerance = fields.Monetary(
        default=0.05,
        currency_field="company_currency_id",
        help="A difference between the shop's total and Odoo's up to this amount becomes a rounding line; a larger one a hold.",
    )
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    notify_buyer = fields.Boolean("Shop Tells the Buyer of Shipments", default=True)

    last_contact_at = fields.Datetime("Last Contact", readonly=True, copy=False)
    last_error = fields.Char(readonly=True, copy=False)
    last_error_code = fields.Char(readonly=True, copy=False)
    last_error_action = fields.Char(readonly=True, copy=False)
    paused_until = fields.Datetime(
        "Waiting Until", readonly=True, copy=False, help="The shop asked us to wait (rate limit or outage)."
    )
    failures = fields.Integer("Failures in a Row", readonly=True, copy=False)
    poll_since = fields.Datetime(readonly=True, copy=False)
    poll_cursor = fields.Char(readonly=True, copy=False)
    poll_seen = fields.Datetime(readonly=True, copy=False)
    polled_at = fields.Datetime("Orders Read Up To", readonly=True, copy=False)
    catalogue_cursor = fields.Char(readonly=True, copy=False)
    backfill_token = fields.Char(readonly=True, copy=False)
    reread_at = fields.Datetime(readonly=True, copy=False)
    maintained_at = fields.Datetime(readonly=True, copy=False)
    credential_expires_at = fields.Datetime("Credential Ends", readonly=True, copy=False)
    api_version = fields.Char("API Version Asked For", readonly=True, copy=False)
    served_version = fields.Char("API Version Served", readonly=True, copy=False)
    missing_permissions = fields.Char(readonly=True, copy=False)
    capabilities = fields.Char(readonly=True, copy=False)

    health = fields.Selection(
        [("ok", "Healthy"), ("warning", "Look at It"), ("error", "Not Working"), ("off", "Off")], compute="_compute_health"
    )
    health_message = fields.Text(compute="_compute_health")
    lag_minutes = fields.Integer("Minutes Behind", compute="_compute_health")
    event_parked_count = fields.Integer("Inbox to Settle", compute="_compute_counts")
    event_pending_count = fields.Integer("Waiting to Be Read", compute="_compute_counts")
    message_parked_count = fields.Integer("Outbox to Settle", compute="_compute_counts")
    message_pending_count = fields.Integer("Waiting to Be Told", compute="_compute_counts")
    order_count = fields.Integer("Orders", compute="_compute_counts")
    order_held_count = fields.Integer("Held", compute="_compute_counts")
    webhook_url = fields.Char("Webhook Address", compute="_compute_webhook_url", groups="ec_channel_base.group_ec_admin")

    # ---- compute

    @api.depends(
        "state", "last_error", "paused_until", "polled_at", "credential_expires_at", "api_version", "served_version",
        "missing_permissions", "failures",
    )
    def _compute_health(self):
        now = fields.Datetime.now()
        for channel in self:
            problems, warnings = [], []
            channel.lag_minutes = int((now - channel.polled_at).total_seconds() // 60) if channel.polled_at else 0
            if channel.state not in ACTIVE_STATES:
                channel.health = "off"
                channel.health_message = False
                continue
            if channel.last_error_code:
                problems.append(channel._error_text(channel.last_error_code, channel.last_error))
            if channel.missing_permissions:
                problems.append(self.env._("The shop has not given these permissions: %s", channel.missing_permissions))
            if channel.polled_at and now - channel.polled_at > LATE_AFTER:
                problems.append(
                    self.env._("No orders have been read for %s minutes. Are Odoo's scheduled actions running?", channel.lag_minutes)
                )
            if channel.credential_expires_at and channel.credential_expires_at - now < EXPIRY_WARNING:
                warnings.append(self.env._("The credential ends on %s. Renew it before.", channel.credential_expires_at.date()))
            if channel.served_version and channel.api_version and channel.served_version != channel.api_version:
                warnings.append(
                    self.env._(
                        "We ask for API version %(ours)s, the shop answers with %(theirs)s: ours has been retired. Update Hatoba.",
                        ours=channel.api_version,
                        theirs=channel.served_version,
                    )
                )
            if channel.failures > 1 and not channel.last_error_code:
                warnings.append(
                    self.env._("The shop has not answered properly %s times in a row. It is tried again by itself.", channel.failures)
                )
            warnings += channel._stock_warnings()
            channel.health = "error" if problems else "warning" if warnings else "ok"
            channel.health_message = "\n".join(problems + warnings)

    def _compute_counts(self):
        def counts(model, domain, field="channel_id"):
            return dict(self.env[model]._read_group([(field, "in", self.ids)] + domain, [field], ["__count"]))

        parked = counts("ec.inbound.event", [("state", "in", ATTENTION)])
        pending = counts("ec.inbound.event", [("state", "=", "pending")])
        out_parked = counts("ec.outbound.message", [("state", "in", ATTENTION)])
        out_pending = counts("ec.outbound.message", [("state", "=", "pending")])
        # the operator may see these figures without any right on sales orders of other teams
        Order = self.env["sale.order"].sudo()
        orders = dict(Order._read_group([("ec_channel_id", "in", self.ids)], ["ec_channel_id"], ["__count"]))
        held = dict(
            Order._read_group([("ec_channel_id", "in", self.ids), ("ec_hold_count", ">", 0)], ["ec_channel_id"], ["__count"])
        )
        for channel in self:
            channel.event_parked_count = parked.get(channel, 0)
            channel.event_pending_count = pending.get(channel, 0)
            channel.message_parked_count = out_parked.get(channel, 0)
            channel.message_pending_count = out_pending.get(channel, 0)
            key = channel.sudo()
            channel.order_count = orders.get(key, 0)
            channel.order_held_count = held.get(key, 0)

    def _compute_webhook_url(self):
        for channel in self:
            channel.webhook_url = channel._webhook_url()

    # ---- what a connector's addon provides or uses

    def _connector(self):
        """The channel's Connector, ready to call. The one method a connector's addon must override; building it sends nothing."""
        self.ensure_one()
        raise UserError(self.env._("The addon that connects %s is not installed.", self.name))

    def _secret_field_names(self):
        """{field name on ec.channel: name of the secret}: write-only fields that show only whether something is stored."""
        return {}

    @api.depends()
    def _compute_secret_fields(self):
        # secrets have no access rights of their own; what is shown here is a mask, never the value
        rows = self.env["ec.channel.secret"].sudo().search([("channel_id", "in", self.ids)])
        stored = {(row.channel_id.id, row.name) for row in rows if row.value}
        for channel in self:
            for field, name in channel._secret_field_names().items():
                channel[field] = "••••••••" if (channel._origin.id, name) in stored else False

    def _inverse_secret_fields(self):
        for channel in self:
            for field, name in channel._secret_field_names().items():
                value = channel[field]
                if value and set(value) == {"•"}:
                    continue
                channel._set_secret(name, value)

    def _get_secret(self, name):
        """The credential in clear, "" when not set. Only for `_connector()` and token refresh."""
        self.ensure_one()
        # nobody has access to secrets; the connector needs them whoever's cron or click built it
        row = self.env["ec.channel.secret"].sudo().search([("channel_id", "=", self.id), ("name", "=", name)], limit=1)
        return row._decrypted() if row else ""

    def _set_secret(self, name, value):
        self.ensure_one()
        # as above; who may call this is decided by the field or method that leads here
        Secret = self.env["ec.channel.secret"].sudo()
        row = Secret.search([("channel_id", "=", self.id), ("name", "=", name)], limit=1)
        encrypted = Secret._encrypt(value) if value else False
        if row:
            row.value = encrypted
        elif encrypted:
            Secret.create({"channel_id": self.id, "name": name, "value": encrypted})

    def _transport(self, base_url, secrets=(), extra_hosts=()):
        """The only way out. Addresses of this network are refused unless the administrator allowed them for this channel."""
        self.ensure_one()
        channel = self.sudo()  # endpoint and permission are the administrator's fields, used on everybody's behalf
        return Transport(
            channel.endpoint_url or base_url,
            secrets=secrets,
            allow_private=channel.allow_private_host,
            extra_hosts=extra_hosts,
        )

    def _webhook_url(self):
        self.ensure_one()
        base = self.env["ir.config_parameter"].sudo().get_param("web.base.url")  # a public fact, kept in a protected table
        return f"{base}/ec_channel/webhook/{self.id}/{self.sudo().webhook_token}"

    def _on_uninstalled(self):
        """The shop removed our app: the credentials are dead, so nothing may be sent any more. Bindings stay."""
        for channel in self:
            channel.write({"state": "disconnected", "last_error_code": "uninstalled", "last_error": "uninstalled"})
            channel.message_post(body=self.env._("The app was removed in the shop. Nothing is sent or read until it is connected again."))

    def _on_scopes_changed(self):
        self.maintained_at = False

    def _on_privacy_request(self, topic, body):
        """A data request or erasure by the channel: shown to the responsible person; connectors add what they can do by themselves."""
        for channel in self:
            channel.message_post(body=self.env._("Privacy request “%(topic)s”: see the inbox.", topic=topic))

    def _has(self, capability):
        return capability.value in (self.capabilities or "").split(",")

    def _check_role(self, role):
        """Refuse whoever is not "manager" or "admin" of these channels. A button's group hides it; this guards the method behind it."""
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group(f"ec_channel_base.group_ec_{role}"):
            raise AccessError(self.env._("Your role in Channels does not allow this. Ask a manager or administrator of channels."))

    # ---- crud

    @api.model_create_multi
    def create(self, vals_list):
        channels = super().create(vals_list)
        for channel in channels:
            channel._refresh_capabilities()
        return channels

    def write(self, vals):
        """What a channel is, and whether it runs, is the administrator's to say; managers change how orders are taken."""
        if vals.keys() & OF_ADMINISTRATORS:
            self._check_role("admin")
        if "company_id" in vals:
            self._check_may_move(vals["company_id"])
        return super().write(vals)

    def _check_may_move(self, company_id):
        """Orders, items and mappings carry the company: moving a channel that has any orders would leave them behind."""
        moving = self.filtered(lambda channel: channel.company_id.id != company_id)
        # orders count, also those that the administrator may not see
        if moving and self.env["sale.order"].sudo().search_count([("ec_channel_id", "in", moving.ids)], limit=1):
            raise ValidationError(self.env._("A channel with orders cannot move to another company. Create a new channel there."))

    def _refresh_capabilities(self):
        try:
            self.capabilities = ",".join(sorted(c.value for c in self._connector().capabilities))
        except (UserError, ChannelError):
            self.capabilities = False

    # ---- actions

    def action_check(self):
        """Connect: prove the credentials, read what the account is and what it may do, and remember its locations."""
        self.ensure_one()
        self._check_role("admin")
        try:
            info = self._connector().check()
        except ChannelError as error:
            raise UserError(self._error_text(error.code, str(error))) from error
        self._record_contact()
        self._apply_account(info)
        self._refresh_capabilities()
        if info.missing:
            return self._notify(
                "warning", self.env._("Connected, but the shop must still give these permissions: %s", ", ".join(info.missing))
            )
        return self._notify("success", self.env._("Connected to %s.", info.name))

    def _apply_account(self, info):
        # an inactive currency is still the shop's currency
        currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", info.currency)], limit=1)
        if currency and not currency.active:
            currency.sudo().active = True  # a clerk may not switch currencies on, but the shop sells in this one
        expires = info.credential_expires_at
        self.write(
            {
                "external_id": info.external_id,
                "currency_id": currency.id,
                "timezone": info.timezone,
                "prices_include_tax": info.prices_include_tax,
                "api_version": info.api_version,
                "served_version": info.served_version,
                "missing_permissions": ", ".join(info.missing) or False,
                "credential_expires_at": expires.astimezone(UTC).replace(tzinfo=None) if expires else False,
            }
        )
        locations = {loc.external_id: {"external_name": loc.name} for loc in info.locations if loc.active}
        if locations:
            self.env["ec.mapping"]._lookup(self, "location", locations)

    def action_live(self):
        self._check_role("admin")
        for channel in self:
            channel._check_can_go_live()
            channel.action_check()
            if channel.missing_permissions:
                raise UserError(
                    self.env._("First give these permissions in the shop, then check again: %s", channel.missing_permissions)
                )
        self.write({"state": "live", "failures": 0, "paused_until": False})
        self._trigger_lanes()

    def action_sandbox(self):
        self._check_role("admin")
        for channel in self:
            channel.action_check()
        self.write({"state": "sandbox", "failures": 0, "paused_until": False})
        self._trigger_lanes()

    def _check_can_go_live(self):
        """A connector that can never be live refuses here."""

    def action_pause(self):
        self._check_role("manager")
        # a manager may stop a channel; only an administrator may start it
        self.sudo().write({"state": "paused"})

    def action_fetch_now(self):
        self.ensure_one()
        self._check_role("manager")
        self.write({"paused_until": False})
        self._trigger_lanes()
        return self._notify("info", self.env._("Orders are being read in the background."))

    def action_backfill(self):
        """Read all orders since `import_since` in one mass read."""
        self.ensure_one()
        self._check_role("manager")
        if self._has(Capability.BACKFILL):
            try:
                self._start_backfill()
            except ChannelError as error:
                raise UserError(self._error_text(error.code, str(error))) from error
        else:
            self.write({"poll_since": self.import_since, "poll_cursor": False})
        self._trigger_lanes()
        return self._notify("info", self.env._("Older orders are being fetched in the background."))

    def action_pull_catalogue(self):
        """Read the shop's items, so that they can be matched before the first order comes."""
        self.ensure_one()
        self._check_role("manager")
        self.sudo().catalogue_cursor = CATALOGUE_START  # the lanes' own field
        seen = 0
        for _page in range(CATALOGUE_PAGES):
            try:
                seen += self._pull_catalogue_page()
            except ChannelError as error:
                if not seen or not isinstance(error, Retryable):
                    self.sudo().catalogue_cursor = False
                    raise UserError(self._error_text(error.code, str(error))) from error
                break
            if not self.catalogue_cursor:
                return self._notify("success", self.env._("%s items of the shop have been read.", seen))
        self.env["ec.lane"]._wake("fetch")
        return self._notify("info", self.env._("%s items of the shop have been read, the rest is read in the background.", seen))

    def _pull_catalogue_page(self):
        """Read one page of the shop's items. Returns their number."""
        cursor = self.catalogue_cursor if self.catalogue_cursor != CATALOGUE_START else None
        page = self._connector().fetch_listings(cursor)
        self.env["ec.listing"]._pull(self, page.listings)
        self.sudo().catalogue_cursor = page.next_cursor or False  # as above
        return len(page.listings)

    def _notify(self, kind, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": kind, "message": message, "next": {"type": "ir.actions.client", "tag": "soft_reload"}},
        }

    # ---- health

    def _record_contact(self, action=None):
        """Called after a call that worked. Writes only when something changes by a minute or a state, not on every call.

        An error stays until the action that met it works (none given: all of them do): reading works on while telling is forbidden.
        """
        now = fields.Datetime.now()
        for channel in self:
            vals = {}
            if not channel.last_contact_at or now - channel.last_contact_at > timedelta(minutes=1):
                vals["last_contact_at"] = now
            if channel.last_error_code and (not action or channel.last_error_action in (False, action)):
                vals.update(last_error=False, last_error_code=False, last_error_action=False)
            if channel.failures:
                vals.update(failures=0, paused_until=False)
            channel._note_down(vals)

    def _note_down(self, vals):
        """Write bookkeeping; when another lane has just written to this channel, its word stands: the work is worth more."""
        if not vals:
            return
        self.env.flush_all()  # what else is pending is not bookkeeping: its conflicts are the caller's
        try:
            with self.env.cr.savepoint():
                self.write(vals)
                self.flush_recordset()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            self.invalidate_recordset(flush=False)

    def _record_error(self, error, action=None):
        """Called after a call that failed as a whole: wait as long as the shop asks, else ever longer (up to 15 minutes)."""
        self.ensure_one()
        vals = {"failures": self.failures + 1}
        if isinstance(error, Retryable):
            wait = error.retry_after if error.retry_after is not None else min(900, 5 * 2 ** min(self.failures, 8))
            vals["paused_until"] = fields.Datetime.now() + timedelta(seconds=max(1, wait))
            if error.code == "cursor_lost":
                vals["poll_cursor"] = False
            if self.failures >= 5:
                vals.update(last_error_code=error.code, last_error=str(error)[:500], last_error_action=action)
        else:
            vals.update(last_error_code=error.code, last_error=str(error)[:500], last_error_action=action)
            # a cursor that the shop no longer takes would fail for ever: the window is read from its start again
            vals.update(paused_until=fields.Datetime.now() + timedelta(minutes=5), poll_cursor=False)
            if isinstance(error, NeedsAttention) and self.last_error_code != error.code:
                self.message_post(
                    body=self._error_text(error.code, str(error)),
                    partner_ids=self.user_id.partner_id.ids,
                )
        self._note_down(vals)

    @api.model
    def _error_text(self, code, message=""):
        """The sentence and the fix for a stable error code, in the user's language."""
        texts = {
            "credentials": self.env._("The shop refuses the credentials. Enter them again in the channel and press Connect."),
            "forbidden": self.env._("The shop does not allow this. Give the app the missing permission in the shop, then press Connect."),
            "account_frozen": self.env._("The shop is frozen or locked. Settle it with the shop's provider, then press Connect."),
            "uninstalled": self.env._("The app was removed in the shop. Install it again there, then press Connect."),
            "unreadable": self.env._("The body is not a document this connector can read. Press “Ask the Shop Again”; if that does not help, report it."),
            "order_missing": self.env._("The shop no longer has this order. Nothing to do, unless it should exist: look in the shop."),
            "before_window": self.env._("Placed before the channel's start date. Move “Orders Placed Since” back to import it."),
            "test_order": self.env._("A test order of the shop: never booked."),
            "absurd_amount": self.env._("Quantities or amounts of this order make no sense. Look at it in the shop, correct it there, then retry."),
            "currency": self.env._("Odoo does not know this currency. Create or activate it under Accounting, then retry."),
            "no_rate": self.env._("There is no exchange rate for this currency. Enter one, then retry."),
            "on_hold_in_channel": self.env._("The shop holds this order. Release the hold there; the shipment is sent again by itself."),
            "nothing_to_ship": self.env._("The shop has nothing left to ship for these lines. Somebody shipped or cancelled them there."),
            "retryable": self.env._("The shop did not answer properly. It is tried again by itself."),
            "timeout": self.env._("The shop did not answer in time. It is tried again by itself."),
            "rate_limited": self.env._("The shop asks us to slow down. It is tried again by itself."),
            "address": self.env._("The address of the shop's API is not allowed or cannot be found. Look at the address in the channel."),
            "redirected": self.env._("The shop answered with another address. Enter the shop's permanent address in the channel."),
            "not_found": self.env._("The shop does not know this any more. Look at the order in the shop."),
            "gone": self.env._("The shop does not know this any more. Look at the order in the shop."),
            "refused": self.env._("The shop refuses this request as it is. The details are in brackets."),
            "conflict": self.env._("The shop has changed meanwhile. Read the order again, then retry."),
            "too_large": self.env._("The answer of the shop is larger than we accept. Please report it."),
            "unexpected_answer": self.env._("The shop answered something unexpected. It may be a passing fault: retry, and report it if it stays."),
            "refused_by_odoo": self.env._("Odoo refuses this. Correct what it says in brackets, then retry."),
            "unsupported": self.env._("This shop cannot do that from here. Do it in the shop."),
            "unknown_item": self.env._("The shop does not know this item. Read the shop's items again and correct the match."),
            "unknown_location": self.env._("The shop does not know this location. Press Connect to read the locations again, then choose one."),
            "stale": self.env._("The shop showed another figure than expected: it sold or changed meanwhile. It is read and told again by itself."),
            "untracked": self.env._("The shop does not count this item and sells it without end. Turn counting on there, or leave the item alone."),
            "not_stocked": self.env._("The item is not stocked at this location of the shop. Stock it there, then press Retry."),
            "immutable_item": self.env._("The shop computes this item's stock itself (a bundle). Match the items it consists of instead."),
            "quantity_refused": self.env._("The shop does not accept this figure. Correct the quantity or limit it, then press Retry."),
            "counted_by_lot": self.env._("Odoo keeps this product by lots or serial numbers: count it in Odoo, and leave the location alone."),
            "counted_below_zero": self.env._("Less is there than Odoo has promised. Cancel or move some of it, then press Retry."),
            "counted_several": self.env._("The location's stock policy names several warehouses: choose one with a single warehouse."),
            "busy": self.env._("The shop is still working on an earlier request. It is tried again by itself."),
            "throttled": self.env._("The shop asks us to slow down. It is tried again by itself."),
            "scope_missing": self.env._("The shop does not allow this. Give the app the missing permission in the shop, then press Connect."),
            "too_many_attempts": self.env._("The shop could not be reached for a long time. Press Retry when it works again."),
            "bug": self.env._("A fault in Hatoba. The details are in the technical page; please report them, then retry."),
        }
        text = texts.get(code)
        if not text:
            return self.env._("%(message)s (code %(code)s). Correct it, then press Retry.", message=message or code, code=code)
        return text if not message or message == code else f"{text} [{message[:300]}]"
