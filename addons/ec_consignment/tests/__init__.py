from . import test_access
from . import test_balance_random
from . import test_closing
from . import test_consignment
from . import test_count
from . import test_import
from . import test_loan
from . import test_sellable
