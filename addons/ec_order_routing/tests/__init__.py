from . import test_candidates
from . import test_capacity
from . import test_shipping_rate
