{
    "name": "Hatoba: rules for the orders of shops",
    "summary": "What shops say of an order is there for rules; sorted orders are confirmed at once",
    "description": "Joins channels and order routing. See README.md.",
    "version": "19.0.1.1.0",
    "category": "Sales/Sales",
    "author": "Hatoba contributors",
    "website": "https://github.com/hatoba-oms/hatoba",
    "license": "LGPL-3",
    "depends": ["ec_channel_base", "ec_order_routing"],
    "data": ["views/ec_channel_views.xml"],
    "installable": True,
    "auto_install": True,
}
