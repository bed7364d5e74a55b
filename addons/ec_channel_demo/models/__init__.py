from . import ec_demo_shop
from . import ec_channel
