from . import test_brand
from . import test_fallback
from . import test_rate_and_rounding
from . import test_same_as_odoo
from . import test_order_lines
from . import test_why
from . import test_access
