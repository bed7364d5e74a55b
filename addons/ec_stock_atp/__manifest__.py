{
    "name": "Hatoba: sellable stock",
    "summary": "No unit promised twice, and one figure of what each shop may sell",
    "description": "Guards every reservation and computes what may be sold. See README.md.",
    "version": "19.0.1.0.0",
    "category": "Inventory/Inventory",
    "author": "Hatoba contributors",
    "website": "https://github.com/hatoba-oms/hatoba",
    "license": "LGPL-3",
    "depends": ["sale_stock"],
    "data": [
        "security/ir.model.access.csv",
        "security/ec_stock_policy_rules.xml",
        "data/ec_stock_cron.xml",
    ],
    "installable": True,
    "auto_install": False,
    "uninstall_hook": "uninstall_hook",
}
