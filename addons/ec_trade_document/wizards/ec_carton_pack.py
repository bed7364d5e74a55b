from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..packing import cartons_needed, exact, fill

MAX_CARTONS = 5_000


class EcCartonPack(models.TransientModel):
    """Packs a delivery into cartons of so many pieces, all packages at once."""

    _name = "ec.carton.pack"
    _description = "Pack into Cartons"

    picking_id = fields.Many2one("stock.picking", required=True, readonly=True, ondelete="cascade")
    package_type_id = fields.Many2one(
        "stock.package.type",
        domain="[('company_id', 'in', (False, company_id))]",
        help="Gives the cartons their size and empty weight.",
    )
    company_id = fields.Many2one(related="picking_id.company_id")
    line_ids = fields.One2many("ec.carton.pack.line", "pack_id")

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        picking = self.env["stock.picking"].browse(values.get("picking_id") or self.env.context.get("active_id"))
        values["picking_id"] = picking.id
        values["line_ids"] = [
            Command.create({"product_id": product.id, "uom_id": uom.id, "quantity": sum(lines.mapped("quantity"))})
            for (product, uom), lines in self._unpacked(picking).items()
        ]
        return values

    @api.model
    def _unpacked(self, picking):
        """{(product, uom): move lines} of what is reserved and in no package yet."""
        lines = picking.move_line_ids.filtered(
            lambda line: line.quantity > 0 and not line.result_package_id and line.state not in ("done", "cancel")
        )
        return lines.grouped(lambda line: (line.product_id, line.product_uom_id))

    def action_pack(self):
        self.ensure_one()
        each = {(line.product_id, line.uom_id): exact(line.per_carton) for line in self.line_ids if line.per_carton > 0}
        if not each:
            raise UserError(self.env._("Fill in how many go into a carton, for at least one product."))
        plan = self._plan(each)
        packages = self.env["stock.package"].create([{"package_type_id": self.package_type_id.id} for _carton in plan])
        self._fill_packages(plan, packages)
        return {"type": "ir.actions.act_window_close"}

    def _plan(self, each):
        """[[(move line, quantity), …] of each carton] for {(product, uom): pieces a carton}."""
        unpacked = self._unpacked(self.picking_id)
        goods = [(unpacked.get(key, self.env["stock.move.line"]), per_carton) for key, per_carton in each.items()]
        goods = [(lines, [exact(line.quantity) for line in lines], per_carton) for lines, per_carton in goods]
        needed = sum(cartons_needed(quantities, per_carton) for _lines, quantities, per_carton in goods)
        if needed > MAX_CARTONS:
            raise UserError(
                self.env._(
                    "These are %(needed)s cartons, and %(most)s are packed at once: put more into each, or pack the products one after another.",
                    needed=f"{needed:,}",
                    most=f"{MAX_CARTONS:,}",
                )
            )
        return [
            [(lines[index], quantity) for index, quantity in carton]
            for lines, quantities, per_carton in goods
            for carton in fill(quantities, per_carton)
        ]

    def _fill_packages(self, plan, packages):
        """Each move line keeps its first carton; its further cartons become lines like it."""
        parts = defaultdict(list)
        for carton, package in zip(plan, packages, strict=True):
            for line, quantity in carton:
                parts[line].append((package, float(quantity)))
        further = []
        for line, ((package, quantity), *rest) in parts.items():
            copied = line.copy_data()[0]
            further += [
                {**copied, "picked": line.picked, "quantity": more, "result_package_id": carton.id}
                for carton, more in rest
            ]
            # a changed quantity reserves again, so it is written only where it changes
            line.write({"result_package_id": package.id, **({"quantity": quantity} if rest else {})})
        self.env["stock.move.line"].create(further)
