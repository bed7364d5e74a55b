<<<<<<< HEAD
from . import stock_warehouse
from . import product_template
from . import delivery_carrier
from . import ec_shipping_rate
from . import ec_routing_capacity
from . import ec_routing_candidates
=======
>>>>>>> rulesets
from . import ec_rule_part
from . import ec_rule_call
from . import ec_rule_set
from . import ec_rule
from . import ec_rule_function
from . import ec_rule_action
from . import ec_routing_strategy
from . import ec_rule_set_version
from . import ec_rule_set_diff
from . import ec_rule_set_lint
<<<<<<< HEAD
from . import ec_routing_words
from . import ec_routing_facts
from . import ec_routing_stock
from . import ec_decision
from . import ec_decision_why
from . import ec_routing_todo
from . import ec_rule_set_todo
from . import ec_routing
from . import ec_routing_apply
from . import ec_replay
from . import ec_lane
from . import ec_order_combination
from . import sale_order
from . import sale_order_line
from . import stock_picking
=======
from . import stock_warehouse
from . import product_template
from . import delivery_carrier
from . import ec_shipping_rate
from . import ec_routing_capacity
from . import ec_routing_candidates
>>>>>>> rulesets
