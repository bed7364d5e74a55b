from . import ec_brand
from . import product_template
from . import product_pricelist_item
from . import product_pricelist
from . import product_pricelist_find
from . import product_pricelist_why
from . import sale_order_line
