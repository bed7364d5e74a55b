from . import ec_stock_policy
from . import ec_stock_kit
from . import ec_stock_figure
from . import ec_stock_dirty
from . import ec_stock_set_aside
