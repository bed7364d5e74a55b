{
    "name": "Hatoba: many sale orders at once",
    "summary": "Create, confirm and reserve orders in batches, with the result of one by one",
    "version": "19.0.1.0.0",
    "category": "Sales/Sales",
    "author": "Hatoba contributors",
    "license": "LGPL-3",
    "depends": ["sale_stock", "stock_delivery"],
    "installable": True,
    "auto_install": False,
}
