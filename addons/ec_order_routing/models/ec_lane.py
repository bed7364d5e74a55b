from odoo import api, models

LOT = 200
NAMESPACE_REPLAY = 19_704


class EcLane(models.AbstractModel):
    """The lane that sorts orders."""

    _inherit = "ec.lane"

    @api.model
    def _cron_route(self):
        """Look at the orders that were asked for. Several of these lanes may run at once: an order is one worker's."""
        self._run(self.env["ec.routing.todo"]._add_due)
        self._run(lambda conflicts: self.env["ec.routing"]._work(max(1, LOT >> conflicts)), shrinks=True)
        at = self.env["ec.routing.todo"]._next_moment()
        if at:
            self.env.ref("ec_order_routing.cron_route").sudo()._trigger(at)  # as superuser, as every lane: its own alarm clock

    @api.model
    def _wake_routing(self):
        """Wake the lane when this transaction commits; anybody's change may."""
        for name in ("cron_route", "cron_route_2"):
            self.env.ref(f"ec_order_routing.{name}").sudo()._trigger()  # whoever changed an order

    @api.model
    def _wake_after_routing(self):
        """Orders were decided: a lane that goes on with them is woken. For other addons to extend."""

    @api.model
    def _cron_replay(self):
        """Replays that people asked for, lot by lot; their pages show how far they are."""
        self._run_locked(NAMESPACE_REPLAY, 0, self.env["ec.replay"]._work)

    @api.model
    def _wake_replay(self):
        """Wake the lane of replays when this transaction commits."""
        self.env.ref("ec_order_routing.cron_replay").sudo()._trigger()  # whoever may ask for a replay may wake it
