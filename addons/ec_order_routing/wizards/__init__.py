from . import ec_routing_reject
