from . import stock_warehouse
from . import product_template
from . import delivery_carrier
from . import ec_shipping_rate
from . import ec_routing_capacity
from . import ec_routing_candidates
