from . import test_rule
from . import test_rule_set
from . import test_rule_set_access
from . import test_rule_set_diff
from . import test_rule_set_lint
from . import test_preset
