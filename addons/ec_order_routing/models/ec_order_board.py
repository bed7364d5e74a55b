from odoo import api, models


class EcOrderBoard(models.AbstractModel):
    """On the board: why an order waits or ships from where it does, and what can be done about it with others."""

    _inherit = "ec.order.board"

    @api.model
    def _board_panel(self, order):
        decision = order.ec_decision_ids[:1]
        data = dict(super()._board_panel(order))
        if decision:
            why = decision._why()
            data["why"] = {
                "outcome": why["outcome"],
                "rules": [
                    {"name": step["name"], "said": step["said"], "actions": step["actions"]} for step in why["matched"]
                ],
                "candidates": [{key: row[key] for key in ("site", "service", "chosen", "passed", "said")} for row in why["candidates"][:6]],
                "unroutable": why["unroutable"] or "",
                "lacks": why["lacks"],
            }
        # the orders that it ships with, by name: whoever sees one of them may know
        data["parcel"] = {
            "name": order.ec_combination_id.sudo().name or "",
            "splittable": bool(self._board_look_split(order)[0]),
            "split": bool(self._board_look_unsplit(order)[0]),
        }
        return data
