from . import ec_channel
from . import ec_lane
from . import ec_order_importer
from . import ec_routing_apply
from . import ec_routing_facts
from . import ec_routing_todo
from . import sale_order
