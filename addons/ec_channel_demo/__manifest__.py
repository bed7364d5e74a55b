{
    "name": "Channels: Demo Shop",
    "summary": "A shop that exists only here: try everything, and see how a connector is written",
    "description": "A shop inside this database to try channels without an account anywhere. See README.md.",
    "version": "19.0.1.1.0",
    "category": "Sales/Sales",
    "author": "Hatoba contributors",
    "website": "https://github.com/hatoba-oms/hatoba",
    "license": "LGPL-3",
    "depends": ["ec_channel_base"],
    "data": [
        "security/ir.model.access.csv",
        "security/ec_demo_shop_rules.xml",
        "views/ec_channel_views.xml",
    ],
}
