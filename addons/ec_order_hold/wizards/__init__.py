from . import ec_order_hold_open
from . import ec_order_hold_release
