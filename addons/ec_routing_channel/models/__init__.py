from . import ec_lane
from . import ec_routing_facts
from . import ec_routing_todo
