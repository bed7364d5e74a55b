from . import ec_trade_close
