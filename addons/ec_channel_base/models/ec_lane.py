import logging
import time

from odoo import api, models

from odoo.addons.ec_sale_batch.models import ec_lane

from .sale_order import CONFIRM_BATCH

_logger = logging.getLogger(__name__)

PLAN_SECONDS = 0.2
TELL_SECONDS = 2
NAMESPACE_WAREHOUSE = 19_701  # advisory lock spaces, so that nobody else's lock on the same number is ours
NAMESPACE_FETCH = 19_702
NAMESPACE_PLAN = 19_703
DIRECTIONS = {"_work_fetch": 0, "_work_push": 1, "_work_stock": 3}


class EcLane(models.AbstractModel):
    """The lanes of channels."""

    _inherit = "ec.lane"

    # ---- crons

    @api.model
    def _cron_fetch(self):
        """Read the shops: hints first, then everything changed since the last look, then mass reads."""
        for channel in self._due_channels():
            self._run_channel(channel, channel._work_fetch)

    @api.model
    def _cron_push(self):
        """Tell the shops what happened here."""
        for channel in self._due_channels():
            self._run_channel(channel, channel._work_push)

    @api.model
    def _cron_import(self):
        """Turn stored bodies into orders. Several of these lanes may run at once."""
        self._run(self.env["ec.inbound.event"]._work_import)

    @api.model
    def _cron_confirm(self):
        """Confirm and reserve, one allocator a warehouse: the lock is taken (and committed) before the snapshot of the lot."""
        for warehouse_id in self.env["sale.order"]._ec_warehouses_to_confirm():
            self._run_locked(
                NAMESPACE_WAREHOUSE,
                warehouse_id,
                lambda conflicts, w=warehouse_id: self.env["sale.order"]._ec_work_confirm(w, max(1, CONFIRM_BATCH >> conflicts)),
                shrinks=True,
            )

    @api.model
    def _cron_stock(self):
        """What the shops shall show: one planner, then each channel's figures, until nothing is left to do."""
        deadline = time.monotonic() + ec_lane.LANE_SECONDS
        while time.monotonic() < deadline:
            # in turns: changes that keep coming must not keep the shops from hearing of them, nor one shop the others
            done = self._run_locked(NAMESPACE_PLAN, 0, self.env["ec.stock.planner"]._work_plan, PLAN_SECONDS)
            self._run_locked(NAMESPACE_PLAN, 1, self.env["ec.stock.planner"]._work_assign)
            self._run_locked(NAMESPACE_PLAN, 2, self.env["ec.stock.level"]._work_pull)
            for channel in self._due_channels():
                done += self._run_channel(channel, channel._work_stock, TELL_SECONDS)
            if not done:
                break

    @api.model
    def _cron_maintain(self):
        """Once in a while, for each channel: subscriptions, credentials, audit, slow re-read of open orders, clean-up."""
        for channel in self._due_channels():
            self._run_channel(channel, channel._work_maintain)
        self._run(self.env["ec.channel.log"]._work_clean_up)

    def _due_channels(self):
        """Active channels that did not ask us to wait. As superuser: the lane serves every company."""
        return self.env["ec.channel"].sudo().search([("state", "in", ("sandbox", "live"))]).filtered(
            lambda c: not c.paused_until or c.paused_until <= self.env.cr.now()
        )

    def _run_channel(self, channel, step, seconds=None):
        """One worker a channel and direction; a channel that is down or slow never keeps the others from their turn."""
        name = step.__name__

        def guarded():
            # the state may have changed since the list was made (paused, told to wait)
            if not channel.exists() or channel.state not in ("sandbox", "live"):
                return 0
            if channel.paused_until and channel.paused_until > self.env.cr.now():
                return 0
            return step()

        return self._run_locked(NAMESPACE_FETCH, channel.id * 8 + DIRECTIONS.get(name, 2), guarded, seconds)

    @api.model
    def _wake(self, *lanes):
        """Wake these lanes' crons when the transaction commits (lanes: fetch, import, confirm, push, stock, maintain)."""
        for lane in lanes:
            # anybody's click or delivery may wake a lane; which cron that is, is not theirs to read
            self.env.ref(f"ec_channel_base.cron_{lane}").sudo()._trigger()
            if lane in ("import", "confirm", "stock"):
                self.env.ref(f"ec_channel_base.cron_{lane}_2").sudo()._trigger()

    @api.model
    def _wake_stock(self, registry):
        """After somebody's transaction: wake the stock lane in a transaction of its own, if any shop shows our stock.

        That transaction has committed: whatever fails here is not its user's, the lane looks once a minute anyway.
        """
        try:
            with registry.cursor() as cr:
                lane = self.env(cr=cr, user=api.SUPERUSER_ID)["ec.lane"]
                cr.execute("SELECT 1 FROM ec_channel WHERE stock_state IN ('shadow', 'on') AND state IN ('sandbox', 'live') LIMIT 1")
                if cr.fetchone():
                    lane._wake("stock")
        except Exception:
            _logger.warning("the stock lane could not be woken", exc_info=True)

    @api.model
    def _cron_id(self, lane):
        return self.env["ir.model.data"]._xmlid_to_res_id(f"ec_channel_base.cron_{lane}")
