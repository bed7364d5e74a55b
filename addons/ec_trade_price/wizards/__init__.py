from . import ec_price_why
