from . import test_rule
from . import test_rule_set
from . import test_rule_set_access
from . import test_rule_set_diff
from . import test_rule_set_lint
from . import test_preset
<<<<<<< HEAD
from . import test_routing
from . import test_routing_stock
from . import test_combination
from . import test_candidates
from . import test_capacity
from . import test_shipping_rate
from . import test_day_one
=======
from . import test_candidates
from . import test_capacity
from . import test_shipping_rate
>>>>>>> rulesets
