from . import test_rule
from . import test_rule_set
from . import test_rule_set_access
from . import test_rule_set_diff
from . import test_preset
from . import test_routing
from . import test_routing_stock
from . import test_combination
