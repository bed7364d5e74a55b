{
    "name": "Channels: Shopify",
    "summary": "Orders, shipments, cancellations and refunds between Shopify and Odoo",
    "description": "Connects Shopify shops to Odoo. See README.md.",
    "version": "19.0.1.1.0",
    "category": "Sales/Sales",
    "author": "Hatoba contributors",
    "website": "https://github.com/hatoba-oms/hatoba",
    "license": "LGPL-3",
    "depends": ["ec_channel_base"],
    "data": ["views/ec_channel_views.xml"],
}
