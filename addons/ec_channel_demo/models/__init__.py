from . import ec_channel, ec_demo_shop
