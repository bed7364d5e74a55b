{
    "name": "Trade Prices at the Point of Sale",
    "summary": "Keeps rules of brands away from the point of sale, which would take them for rules of all products",
    "description": "See README.md.",
    "version": "19.0.1.0.0",
    "category": "Sales/Point of Sale",
    "author": "Hatoba contributors",
    "website": "https://github.com/hatoba-oms/hatoba",
    "license": "LGPL-3",
    "depends": ["ec_trade_price", "point_of_sale"],
    "installable": True,
    "auto_install": True,
}
