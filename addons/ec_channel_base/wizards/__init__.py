from . import ec_order_refund_wizard
