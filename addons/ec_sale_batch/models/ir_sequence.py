from odoo import models


class IrSequence(models.Model):
    _inherit = "ir.sequence"

    def _ec_next_many(self, count):
        """Draw `count` numbers, formatted, as `count` calls of `next_by_id` would give them."""
        self.ensure_one()
        if self.implementation != "standard" or self.use_date_range:
            return [self.next_by_id() for _number in range(count)]
        self.browse().check_access("read")
        prefix, suffix = self._get_prefix_suffix()
        self.env.cr.execute("SELECT nextval(%s) FROM generate_series(1, %s)", [f"ir_sequence_{self.id:03d}", count])
        return [f"{prefix}{number:0{self.padding}d}{suffix}" for (number,) in self.env.cr.fetchall()]
