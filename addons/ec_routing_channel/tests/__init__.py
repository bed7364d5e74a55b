from . import test_shop_orders
from . import test_gift
