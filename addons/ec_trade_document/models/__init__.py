from . import ec_trade_shipment
from . import ec_trade_document
from . import res_company
from . import sale_order
from . import stock_picking
from . import account_move
