from . import ec_stock_guard
from . import stock_move
from . import sale_order
from . import ec_stock_policy
from . import ec_stock_figure
from . import ec_stock_dirty
from . import ec_stock_policy_example
