from . import ec_order_hold_type
from . import ec_order_hold
from . import sale_order
from . import stock_picking
from . import payment_transaction
