{
    "name": "Hatoba: many sale orders at once",
    "summary": "Create, confirm and reserve orders in batches, with the result of one by one",
    "description": "Creates, confirms and reserves many sale orders at once. See README.md.",
    "version": "19.0.1.1.0",
    "category": "Sales/Sales",
    "author": "Hatoba contributors",
    "website": "https://github.com/hatoba-oms/hatoba",
    "license": "LGPL-3",
    "depends": ["sale_stock", "stock_delivery"],
    "installable": True,
    "auto_install": False,
}
