from . import ec_order_hold_type
from . import ec_order_hold
from . import sale_order
from . import stock_picking
from . import payment_transaction
from . import ec_order_board
from . import ec_order_board_panel
from . import ec_order_board_bulk
