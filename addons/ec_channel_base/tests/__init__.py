from . import test_order_import
from . import test_outbound
from . import test_reading
from . import test_listing
from . import test_mapping
from . import test_partner
from . import test_access
from . import test_screens
