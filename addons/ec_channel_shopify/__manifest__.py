{
    "name": "Hatoba: Shopify",
    "version": "19.0.1.0.0",
    "category": "Sales/Sales",
    "summary": "Orders, fulfilments, cancellations and refunds between Shopify and Odoo",
    "author": "Hatoba",
    "license": "LGPL-3",
    "depends": ["ec_channel_base"],
    "data": [],
    "installable": True,
}
