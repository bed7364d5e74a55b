from collections import defaultdict

from odoo import api, fields, models

from ..sdk.documents import LineKind, OrderState


class SaleOrder(models.Model):
    _inherit = "sale.order"

    ec_counted = fields.Json(readonly=True, copy=False, groups="ec_channel_base.group_ec_operator")


class EcOrderImporter(models.AbstractModel):
    """What an order took from the figure that its shop shows: an order is counted once, its changes by their difference."""

    _inherit = "ec.order.importer"

    @api.model
    def _prepare_order_vals(self, batch, document):
        """Units of a shop's order are promised to its buyer from the moment it is here, confirmed or not."""
        return {
            **super()._prepare_order_vals(batch, document),
            "ec_claims_stock": True,
            "ec_counted": {"units": self._sold_units(batch, document)},
        }

    @api.model
    def _item_key(self, batch, line):
        """"<location> <item>" of a line of goods, "" of any other."""
        key = batch.listing_key(line) if line.kind is LineKind.PRODUCT else ""
        return f"{line.location_external_id or '-'} {key}" if key else ""

    @api.model
    def _named_items(self, batch, document):
        """Items of all lines, those that were taken back too, as in `_sold_units`."""
        return {key for line in document.lines if (key := self._item_key(batch, line))}

    @api.model
    def _sold_units(self, batch, document):
        """{"<location> <item>": units} that the shop took from what it shows, returned and restocked ones given back."""
        units = defaultdict(int)
        if document.state is OrderState.CANCELLED:
            return {}
        back = defaultdict(int)
        for refund in document.refunds:
            for line in refund.lines:
                if line.restocked and not line.removed:
                    back[line.line_external_id] += int(line.quantity)
        for line in document.lines:
            if key := self._item_key(batch, line):
                units[key] += int(line.quantity) - back[line.external_id]
        return {key: value for key, value in units.items() if value}

    @api.model
    def _count_sales(self, batch, pairs, new):
        """Tell the planner what these documents sold or gave back. `new`: external ids of the orders that were just made.

        Taken and given back between two looks is no difference, but a figure that was read in between lacks it. So an item whose figure
        is being read is told of every document that names it, of no units too.
        """
        rows = []
        for order, document in pairs:
            now = self._sold_units(batch, document)
            # an order from before its units were counted: only what changes from now on
            before = {} if document.external_id in new else (order.ec_counted or {}).get("units", now)
            happened = self._naive(document.placed_at if document.external_id in new else document.updated_at)
            for key in now.keys() | before.keys() | self._named_items(batch, document):
                location, item = key.split(" ", 1)
                rows.append((batch.channel.id, item, "" if location == "-" else location, now.get(key, 0) - before.get(key, 0), happened))
            if document.external_id not in new and (now != before or not order.ec_counted):
                order.ec_counted = {"units": now}
        if not rows:
            return
        self.env.cr.execute(
            """INSERT INTO ec_stock_sale (channel_id, listing_key, location, units, happened_at)
               SELECT * FROM unnest(%s::int[], %s::text[], %s::text[], %s::int[], %s::timestamp[]) AS sale (channel, item, location, units, at)
                WHERE units <> 0 OR EXISTS (
                      SELECT FROM ec_listing listing JOIN ec_stock_level level ON level.listing_id = listing.id
                       WHERE listing.channel_id = sale.channel AND listing.external_id = sale.item AND level.state IN ('unread', 'stale'))""",
            [list(column) for column in zip(*rows, strict=True)],
        )
        if self.env.cr.rowcount:
            self.env["ec.lane"]._wake("stock")
