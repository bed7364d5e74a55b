from . import ec_order_refund_wizard
from . import ec_listing_match
from . import ec_mapping_test
