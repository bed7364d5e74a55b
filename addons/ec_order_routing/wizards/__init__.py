from . import ec_rule_preset
from . import ec_rule_set_activate
from . import ec_routing_reject
