from . import ec_trade_print
from . import ec_carton_pack
from . import ec_carton_pack_line
