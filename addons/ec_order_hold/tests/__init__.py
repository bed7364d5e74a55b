from . import test_access
from . import test_guard_confirm
from . import test_guard_delivery
from . import test_hold
from . import test_hold_batch
from . import test_hold_type
from . import test_payment
from . import test_status
