from . import test_account
from . import test_buyer
from . import test_documents
from . import test_outsiders
from . import test_portal
from . import test_order_pad
from . import test_order_place
from . import test_register
