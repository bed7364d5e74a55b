from . import test_pure
from . import test_tax
from . import test_closed_month
from . import test_closing
from . import test_balance_random
from . import test_statement
from . import test_access
from . import test_portal
