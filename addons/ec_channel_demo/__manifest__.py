{
    "name": "Channels: Demo Shop",
    "summary": "A shop that exists only here: try everything, and see how a connector is written",
    "version": "19.0.1.0.0",
    "category": "Sales/Sales",
    "author": "Hatoba",
    "website": "https://github.com/hatoba/hatoba",
    "license": "LGPL-3",
    "depends": ["ec_channel_base"],
    "data": [
        "security/ir.model.access.csv",
        "security/ec_demo_shop_rules.xml",
        "views/ec_channel_views.xml",
    ],
}
