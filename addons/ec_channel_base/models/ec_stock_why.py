from odoo import api, fields, models
from odoo.tools import SQL, format_datetime

from odoo.addons.ec_stock_atp.sharing import oversell_bound, threshold

from .ec_stock_planner import _sinks


class EcStockLevel(models.Model):
    """Why a shop shows what it shows: the figure term by term, how it is shared, and its way to the shop."""

    _inherit = "ec.stock.level"

    why = fields.Html("Why", compute="_compute_why", sanitize=False)
    age = fields.Char("Last Word of the Shop", compute="_compute_age")
    shown_text = fields.Char("Shows Now", compute="_compute_shown_text")
    sold_out = fields.Boolean("Sold Out in the Shop", compute="_compute_sold_out", search="_search_sold_out")

    @api.depends_context("lang", "tz")
    def _compute_why(self):
        for level in self:
            level.why = level.id and self.env["ir.qweb"]._render("ec_channel_base.ec_stock_why", level._why())

    @api.depends("acknowledged_at", "checked_at")
    @api.depends_context("lang")
    def _compute_age(self):
        for level in self:
            last = max(filter(None, (level.acknowledged_at, level.checked_at)), default=None)
            level.age = last and self._age_text(last)

    @api.depends("believed")
    def _compute_shown_text(self):
        unknown = self._unknown_ids()
        for level in self:
            level.shown_text = "–" if level.id in unknown else str(max(0, level.believed))

    @api.depends("believed")
    def _compute_sold_out(self):
        unknown = self._unknown_ids()
        for level in self:
            level.sold_out = level.id not in unknown and level.believed <= 0

    def _search_sold_out(self, operator, value):
        if operator != "in":
            return NotImplemented
        # rows of the table are filtered by the record rules of the search around this
        ids = SQL("(SELECT id FROM ec_stock_level WHERE believed <= 0)")
        return [("id", "in" if True in value else "not in", ids)]

    def action_refresh(self):
        """Work the page out again."""
        self.env.invalidate_all()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    # ---- what the page says

    def _why(self):
        """Everything the page shows, as plain data: sentence, lines and figure, sharing, shops, path, and what needs a person."""
        self.ensure_one()
        # the sum is the policy's; its terms are explained to whoever may see the row
        Figure = self.env["ec.stock.figure"]
        lines, nothing, figure = Figure._explain_lines(self.product_id, self.policy_id)
        sharing, shops = self._why_sharing(figure)
        return {
            "level": self,
            "units": Figure._units_text,
            "sentence": self._why_sentence(),
            "lines": lines,
            "nothing": nothing,
            "figure": figure,
            "sharing": sharing,
            "shops": shops,
            "path": self._why_path(),
            "error": bool(self.error_code),
            "fix": self.fix,
            "links": self._why_links(),
        }

    def _shown(self):
        """Units the shop shows; None: never read."""
        self.ensure_one()
        return None if self._unknown_ids() else max(0, self.believed)

    def _why_sentence(self):
        """The state of this figure in one or two sentences."""
        self.ensure_one()
        _ = self.env._
        shown, words = self._shown(), {"shop": self.channel_id.name, "product": self.product_id.display_name}
        if shown is None:
            first = _("What %(shop)s shows of %(product)s has not been read yet.", **words)
        elif shown == self.desired:
            return " ".join(filter(None, (_("%(shop)s shows %(units)s of %(product)s, as it shall.", units=shown, **words), self._why_rule())))
        else:
            first = _("%(shop)s shows %(units)s of %(product)s.", units=shown, **words)
        shall = _("It shall show %(units)s; %(state)s.", units=self.desired, state=self._why_state(shown))
        return " ".join(filter(None, (first, shall, self._why_rule())))

    def _why_state(self, shown):
        """Why the shop does not show the desired figure yet; goes on a sentence."""
        _ = self.env._
        channel = self.channel_id
        if self.state == "error":
            return _("a person has to look at it")
        if channel.company_id.sudo().ec_stock_stopped:  # that nothing is sent is for all who see the row
            return _("nothing is sent, stock to all shops is stopped")
        if channel.stock_state == "stopped":
            return _("nothing is sent, stock to this shop is stopped")
        if channel.stock_state != "on":
            return _("nothing is sent, the shop's figures are only compared")
        if channel.state not in ("sandbox", "live"):
            return _("nothing is sent, the channel does not run")
        if self.listing_id.stock_rule == "paused":
            return _("nothing is sent, the item is left alone")
        if self.flight_batch:
            if self.flight_quantity == self.desired:
                return _("the new figure is on its way since %s", self._seconds_text(self._since(self.flight_at)))
            return _("first %(units)s is on its way, since %(time)s", units=self.flight_quantity, time=self._seconds_text(self._since(self.flight_at)))
        if shown is None:
            return _("it is told as soon as the shop's figure is read")
        if self.state in ("stale", "unread"):
            return _("the shop's figure is being read again first")
        if self.strict and self.desired > shown:
            return _("it waits until another shop has let go of units")
        return _("the new figure is about to be sent")

    def _why_rule(self):
        """What a person decided for this item alone."""
        _ = self.env._
        item = self.listing_id
        return {
            "limit": _("Somebody decided: at most %s of this item.", item.stock_units),
            "fixed": _("Somebody decided: always %s of this item, whatever there is.", item.stock_units),
            "sold_out": _("Somebody decided: this item is sold out now."),
            "paused": _("Somebody decided: this item is left alone."),
        }.get(item.stock_rule)

    def _why_sharing(self, figure):
        """How the units are shared: (facts, one row a shop). Worked out by the planner's own rules."""
        Planner = self.env["ec.stock.planner"]
        self.env.flush_all()
        rows = Planner._facts([self.product_id.id])
        mine = next((row for row in rows if row.id == self.id), None)
        if mine is None or mine.stock_rule == "fixed":
            return None, []
        group = next(group for group in Planner._groups([row for row in rows if row.stock_rule != "fixed"]) if mine in group)
        goals = {row.id: desired for row, (desired, _strict, _push) in Planner._plan_group(group, set())}
        steered = [row for row in group if row.steered]
        offer = max(row.offer for row in group)
        hybrid = [row for row in group if row.mode == "hybrid"]
        rate, lag = sum(row.rate for row in steered), max((row.stock_lag or 0 for row in steered), default=0)
        least = max((row.strict_below or 0 for row in hybrid), default=0)
        limit = threshold(rate, lag, max((row.safety or 0 for row in hybrid), default=0), least)
        strict = bool(Planner._is_strict(group, steered, offer))
        modes = {row.mode for row in group}
        mode = next(name for name in ("strict", "hybrid", "shared") if name in modes)
        levels = self.browse(row.id for row in group)
        shops = [
            {
                "id": level.id,
                "name": level.channel_id.name,
                "shown": None if row.believed is None else max(0, row.believed),
                "exposure": row.exposure,
                "goal": goals[row.id],
                "rate": round(row.rate * 60, 1),
                "ours": row.steered,
                "me": row.id == self.id,
            }
            for row, level in zip(group, levels, strict=True)
        ]
        rate_text, lag_text = f"{rate * 60:.1f}", self._seconds_text(lag)
        oversell = oversell_bound(max(0, offer), _sinks([row for row in group if row.controlled]))
        _ = self.env._
        sharing = {
            "mode": mode,
            "mode_name": dict(self.policy_id._fields["mode"]._description_selection(self.env))[mode],
            "strict": strict,
            "offer": offer,
            "limit": limit,
            "oversell": oversell,
            "recounting": mine.quantity != figure and _("Something has just changed: this figure replaces %s in a moment.", mine.quantity),
            "divided_text": _("Divided now: together the shops show no more than %s.", offer)
            if strict
            else _("Not divided now: every shop may show all %s.", offer),
            "limit_text": mode == "hybrid"
            and _(
                "Divided when fewer than %(limit)s are left: at least %(least)s, more the faster the shops sell (%(rate)s an hour) "
                "and the longer a change takes (%(lag)s).",
                limit=limit, least=least, rate=rate_text, lag=lag_text,
            ),
            "oversell_text": _(
                "At most %(units)s could be sold twice, if every shop sold all it shows before we hear of it. In the time a change "
                "takes (%(lag)s) they sell %(sold)s at the present speed.",
                units=oversell, lag=lag_text, sold=f"{rate * lag / 60:.1f}",
            )
            if oversell
            else _("Nothing can be sold twice: what the shops may sell is all there."),
        }  # fmt: skip
        return sharing, shops

    def _why_path(self):
        """[(what, units or "", when)]: the way of the figure to the shop, the latest first where it matters."""
        _ = self.env._
        reasons = dict(self._fields["drift_reason"]._description_selection(self.env))
        steps = []
        if self.desired_at:
            steps.append((_("Shall show, since"), self.desired, self._when(self.desired_at)))
        if self.flight_batch:
            what = _("On its way") if self.attempts < 1 else _("On its way, tried %s times", self.attempts + 1)
            steps.append((what, self.flight_quantity, self._when(self.flight_at)))
        if self.stale_at:
            steps.append((_("Read, waiting for the orders placed before"), self.stale_quantity, self._when(self.stale_at)))
        if self.acknowledged_at:
            steps.append((_("Last told, and the shop said yes"), self.acknowledged, self._when(self.acknowledged_at)))
        if self.checked_at:
            steps.append((_("Read back, all orders counted"), "", self._when(self.checked_at)))
        if self.drift_at:
            what = _("Found off by %(units)s: %(reason)s", units=f"{self.drift:+d}", reason=reasons.get(self.drift_reason, "–"))
            steps.append((what, "", self._when(self.drift_at)))
        if self.extra:
            steps.append((_("May be sold twice until it is read again"), self.extra, ""))
        waiting, unread = self._why_uncounted()
        if waiting:
            steps.append((_("Sold in the shop, about to be counted"), waiting, ""))
        if unread:
            steps.append((_("Orders of the shop still to be read; any of them may hold this item"), unread, ""))
        return steps

    def _why_uncounted(self):
        """(units of this item in orders that came in and are not counted yet, orders of the shop that are not read yet)."""
        return self.env.execute_query(
            SQL(
                """
                SELECT (SELECT COALESCE(sum(sale.units), 0) FROM ec_stock_sale sale
                         WHERE sale.channel_id = %(channel)s AND sale.listing_key = %(key)s AND sale.location IN ('', %(location)s)),
                       (SELECT count(*) FROM ec_inbound_event event
                         WHERE event.channel_id = %(channel)s AND event.kind = 'order' AND event.state = 'pending')
                """,
                channel=self.channel_id.id,
                key=self.listing_id.external_id,
                location=self.location_external_id or "",
            )
        )[0]

    def _why_links(self):
        """[(what, name, address)] of what one may want to change."""
        _ = self.env._
        links = [
            (_("Product"), self.product_id.display_name, f"/odoo/product.product/{self.product_id.id}"),
            (_("Item"), self.listing_id.display_name, f"/odoo/channel-items/{self.listing_id.id}"),
            (_("Policy"), self.policy_id.name, f"/odoo/stock-policies/{self.policy_id.id}"),
            (_("Channel"), self.channel_id.name, f"/odoo/channels/{self.channel_id.id}"),
        ]
        return [{"what": what, "name": name, "url": url} for what, name, url in links]

    # ---- times in words

    def _since(self, at):
        return max(0, (fields.Datetime.now() - at).total_seconds()) if at else 0

    def _age_text(self, at):
        return self.env._("%s ago", self._seconds_text(self._since(at)))

    def _when(self, at):
        return f"{self._age_text(at)} · {format_datetime(self.env, at, dt_format='short')}"

    @api.model
    def _seconds_text(self, seconds):
        """A time span in its largest fitting unit."""
        if seconds < 120:
            return self.env._("%s s", int(seconds))
        if seconds < 7200:
            return self.env._("%s min", int(seconds // 60))
        if seconds < 172_800:
            return self.env._("%s h", int(seconds // 3600))
        return self.env._("%s days", int(seconds // 86_400))
