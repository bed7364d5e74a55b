from . import ec_trade_close
from . import ec_trade_skip
