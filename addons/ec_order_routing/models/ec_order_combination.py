from odoo import api, fields, models
from odoo.exceptions import UserError

GROUP = "ec_order_hold.group_hold_user"


class EcOrderCombination(models.Model):
    """Orders of one buyer that leave in one parcel (同梱). They stay orders of their own: payments, the shops' numbers, and what each shop
    is told of its shipment do not change; their deliveries are validated together and have one tracking number.
    """

    _name = "ec.order.combination"
    _description = "Orders Shipped Together"
    _order = "id desc"

    name = fields.Char(compute="_compute_name", store=True)
    order_ids = fields.One2many("sale.order", "ec_combination_id", "Orders", readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    warehouse_id = fields.Many2one("stock.warehouse", required=True, readonly=True)
    partner_id = fields.Many2one("res.partner", "Ship To", required=True, readonly=True)

    @api.depends("order_ids.name")
    def _compute_name(self):
        for combination in self:
            combination.name = " + ".join(combination.order_ids.sorted("id").mapped("name"))

    def _pickings(self):
        """Open deliveries to the buyer."""
        return self.order_ids.picking_ids.filtered(lambda p: p.picking_type_code == "outgoing" and p.state not in ("done", "cancel"))


class SaleOrder(models.Model):
    _inherit = "sale.order"

    ec_combination_id = fields.Many2one("ec.order.combination", "Ships Together As", readonly=True, copy=False, index="btree_not_null", ondelete="set null", groups=GROUP)

    # ---- combining

    def action_ec_combine(self):
        """Ship these orders in one parcel."""
        self.check_access("write")
        self._ec_combine()
        return True

    def action_ec_uncombine(self):
        self.check_access("write")
        self._ec_uncombine()
        return True

    def _ec_combine(self):
        """One parcel for these orders, and for those they ship with already.

        :return: the combination
        :raise UserError: they are not of one buyer, address and warehouse, or one of them has left
        """
        sudo = self.sudo()  # who may write the orders has been checked; a combination is made of nothing else
        orders = (sudo | sudo.ec_combination_id.order_ids).sorted("id")
        problem = orders._ec_not_together()
        if problem:
            raise UserError(problem)
        return self._ec_combine_parcels([orders])

    @api.model
    def _ec_combine_parcels(self, parcels):
        """One combination for each of these recordsets (sudo) of orders that can leave together.

        :return: the combinations, in the order of `parcels`
        """
        Combination = self.env["ec.order.combination"].sudo()  # as in `_ec_combine`
        lone = [orders[0] for orders in parcels if not orders.ec_combination_id]
        made = iter(Combination.create([{"company_id": o.company_id.id, "warehouse_id": o.warehouse_id.id, "partner_id": o.partner_shipping_id.id} for o in lone]))
        result, superseded, bodies = Combination, Combination, {}
        for orders in parcels:
            former = orders.ec_combination_id
            combination = former[:1] or next(made)
            orders.write({"ec_combination_id": combination.id, "carrier_id": orders[0].carrier_id.id})
            superseded |= former - combination
            result |= combination
        superseded.unlink()
        everything = result.order_ids
        everything._ec_release_holds(codes=["combine"], note=self.env._("Ships together with other orders of the buyer."))
        for combination in result:
            bodies.update(dict.fromkeys(combination.order_ids.ids, self.env._("Ships together: %s", combination.name)))
        everything._message_log_batch(bodies)
        return result

    def _ec_uncombine(self):
        """These orders leave by themselves again. The others go on together, if there are two of them.

        :raise UserError: they have left together already
        """
        sudo = self.sudo()  # as in `_ec_combine`
        for combination in sudo.ec_combination_id:
            gone = sudo.filtered(lambda order, one=combination: order.ec_combination_id == one)
            if gone._ec_has_left():
                raise UserError(self.env._("%s has left already: it cannot be taken apart any more.", combination.name))
            rest = combination.order_ids - gone
            gone.ec_combination_id = False
            for order in gone:
                order._message_log(body=self.env._("Ships by itself again."))
            if len(rest) < 2:
                rest.ec_combination_id = False
                combination.unlink()

    def _ec_not_together(self):
        """Why these orders cannot leave in one parcel; None if they can."""
        if len(self) < 2:
            return self.env._("Choose two orders or more.")
        for what, keys in zip(self._ec_parcel_words(), zip(*(order._ec_parcel_key() for order in self), strict=True), strict=True):
            if len(set(keys)) > 1:
                return self.env._("%(orders)s do not have the same %(what)s: they cannot leave in one parcel.", orders=", ".join(self.mapped("name")), what=what)
        return next((reason for order in self if (reason := order._ec_not_any_more())), None)

    @api.model
    def _ec_parcel_words(self):
        """What the parts of `_ec_parcel_key` are called."""
        return self.env._("company"), self.env._("buyer"), self.env._("delivery address"), self.env._("warehouse")

    def _ec_parcel_key(self):
        """Orders with equal keys may leave in one parcel."""
        return self.company_id.id, self.partner_id.commercial_partner_id.id, self._ec_address_key(), self.warehouse_id.id

    def _ec_not_any_more(self):
        """Why the parcel of this order is beyond change; None if it is not."""
        if self.state == "cancel":
            return self.env._("%s is cancelled.", self.name)
        if self._ec_has_left():
            return self.env._("%s has left already, in part or in whole.", self.name)
        return None

    def _ec_has_left(self):
        return any(p.state == "done" and p.picking_type_code == "outgoing" for p in self.picking_ids)

    def _ec_parcels(self):
        """Which of these orders can leave together: ``([orders (sudo) of one parcel], {order id: why it cannot be with any of the others})``.

        Orders that one of them ships with already come along.
        """
        sudo = self.sudo()  # orders of the same parcel count, whoever sells them; nothing is told but their numbers
        refusals = {order.id: reason for order in sudo if (reason := order._ec_not_any_more())}
        by_key = sudo.filtered(lambda order: order.id not in refusals).grouped(lambda order: order._ec_parcel_key())
        parcels = []
        for key, orders in by_key.items():
            together = (orders | orders.ec_combination_id.order_ids).sorted("id")
            if len(together) < 2:
                refusals[orders.id] = self._ec_why_alone(key, [other for other in by_key if other != key])
            elif len(together.ec_combination_id) == 1 and all(order.ec_combination_id for order in together):
                refusals.update(dict.fromkeys(orders.ids, self.env._("They ship together already: %s.", together.ec_combination_id.name)))
            else:
                parcels.append(together)
        return parcels, refusals

    @api.model
    def _ec_why_alone(self, key, others):
        """What none of the other orders has in common with the order of this parcel key."""
        shared = max((next(n for n, (one, other) in enumerate(zip(key, each, strict=True)) if one != other) for each in others), default=None)
        if shared is None:
            return self.env._("It is alone. Choose the buyer's other orders as well.")
        return self.env._("None of the others has the same %s. What ships together has one buyer, one address and one warehouse.", self._ec_parcel_words()[shared])

    def _ec_address_key(self):
        """Addresses with equal keys are the same door: guests of a shop have a contact an order."""
        to = self.partner_shipping_id
        words = (to.name, to.zip, to.state_id.id, to.city, to.street, to.street2)
        return tuple("".join(str(word or "").split()).replace("-", "").casefold() for word in words)

    @api.model
    def _ec_combine_by_rules(self, orders):
        """What rules ask for: each of these orders leaves with the buyer's other open ones, where that can be; no error where not."""
        done = self.browse()
        for order in orders.sorted("id"):
            if order in done:
                continue
            others = self.search(
                [
                    ("partner_id", "child_of", order.partner_id.commercial_partner_id.id), ("company_id", "=", order.company_id.id),
                    ("warehouse_id", "=", order.warehouse_id.id), ("state", "in", ("draft", "sent", "sale")), ("ec_claims_stock", "=", order.ec_claims_stock),
                    ("ec_status", "in", ("quotation", "held", "waiting_stock", "ready")),
                ]
            )  # fmt: skip
            together = (order | others).filtered(lambda other, order=order: other._ec_address_key() == order._ec_address_key())
            if len(together) > 1 and len(together.ec_combination_id) + len(together.filtered(lambda o: not o.ec_combination_id)) > 1 and not together._ec_not_together():
                together._ec_combine()
                done |= together

    # ---- what takes an order out of a combination

    def _action_cancel(self):
        result = super()._action_cancel()
        cancelled = self.sudo().filtered(lambda order: order.state == "cancel")  # whoever cancels
        cancelled.filtered("ec_combination_id")._ec_uncombine()
        if self.env["ec.routing.capacity"].sudo()._places_of(cancelled):  # as above
            self.env["ec.routing.capacity"].sudo()._release(cancelled)  # as above
            self.env["ec.routing.todo"]._add_full(cancelled.company_id.ids)
        return result

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"partner_shipping_id", "warehouse_id", "partner_id"}:
            # whoever changes the address: the parcel goes to one door
            moved = self.sudo().filtered(lambda order: order.ec_combination_id and order.ec_combination_id.order_ids._ec_not_together())
            moved._ec_uncombine()
        return result

    # ---- splitting

    def action_ec_split(self):
        """Ship now what is there, and the rest when it comes."""
        self.check_access("write")
        if not self._ec_split():
            raise UserError(self.env._("There is nothing to split: all of it is there, or none of it."))
        return True

    def _ec_split(self):
        """Deliveries that wait for a part of their goods: what is reserved stays, the rest becomes a delivery of its own.

        :return: the new deliveries (sudo)
        """
        made = self.env["stock.picking"].sudo()  # who may write the order has been checked
        for picking, rest, part in self._ec_split_parts():
            vals_list = []
            for move in part:
                missing = move.product_uom._compute_quantity(move.product_uom_qty - move.quantity, move.product_id.uom_id, rounding_method="HALF-UP")
                vals_list += move._split(missing)
            new = self.env["stock.move"].sudo().create(vals_list)  # as above
            new._action_confirm(merge=False)
            later = picking._create_backorder_picking()
            (rest | new).write({"picking_id": later.id})
            (rest | new).move_line_ids.write({"picking_id": later.id})
            part._action_assign()
            later.action_confirm()
            made |= later
        return made

    def _ec_split_parts(self):
        """[(delivery, moves that wait as a whole, moves of which a part is there)] (sudo): what can be split, of these orders."""
        parts = []
        orders = self.sudo()  # who may write the order has been checked, or its delivery is only looked at
        for picking in orders.picking_ids.filtered(lambda p: p.picking_type_code == "outgoing" and p.state in ("confirmed", "waiting", "assigned")):
            moves = picking.move_ids.filtered(lambda m: m.state not in ("done", "cancel"))
            rest = moves.filtered(lambda m: m.state in ("confirmed", "waiting"))
            part = moves.filtered(lambda m: m.state == "partially_available")
            if rest | part and moves - rest:
                parts.append((picking, rest, part))
        return parts

    def _ec_unsplit(self):
        """Deliveries that were split before anything left become one again."""
        for order in self.sudo():  # as in `_ec_split`
            open_ = order.picking_ids.filtered(lambda p: p.picking_type_code == "outgoing" and p.state not in ("done", "cancel")).sorted("id")
            for first in open_.filtered(lambda p, open_=open_: p.backorder_id not in open_):
                for later in open_.filtered(lambda p, first=first: p.backorder_id == first):
                    later.move_line_ids.write({"picking_id": first.id})
                    later.move_ids.write({"picking_id": first.id})
                    later.backorder_id = False
                    later.unlink()
                first.move_ids._merge_moves()
                first.action_assign()
