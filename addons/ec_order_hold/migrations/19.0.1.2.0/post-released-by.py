"""Hold types that end by themselves say so."""


def migrate(cr, version):
    cr.execute(
        """UPDATE ec_order_hold_type SET released_by = 'fact'
            WHERE code IN ('payment_pending', 'stock_short')"""
    )
