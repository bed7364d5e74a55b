{
    "name": "Hatoba: order routing",
    "summary": "Rules decide which orders wait, where they ship from and with whom: versioned, tried before use, explained",
    "description": "Versioned rules that hold, route and ship orders, and say why. See README.md.",
    "version": "19.0.1.0.0",
    "category": "Sales/Sales",
    "author": "Hatoba contributors",
    "website": "https://github.com/hatoba-oms/hatoba",
    "license": "LGPL-3",
    "depends": ["ec_order_hold", "ec_sale_batch", "ec_stock_atp", "stock_delivery", "resource"],
    "data": [
        "security/ir.model.access.csv",
        "security/ec_rule_rules.xml",
<<<<<<< HEAD
        "security/ec_decision_rules.xml",
        "security/ec_routing_candidates_rules.xml",
        "data/ir_cron.xml",
=======
        "security/ec_routing_candidates_rules.xml",
>>>>>>> rulesets
        "data/ec_hold_types.xml",
        "views/ec_rule_views.xml",
        "views/ec_rule_function_views.xml",
        "views/ec_rule_action_views.xml",
        "views/ec_routing_criterion_views.xml",
        "views/ec_routing_fence_views.xml",
        "views/ec_routing_strategy_views.xml",
        "views/ec_rule_templates.xml",
        "wizards/ec_rule_preset_views.xml",
        "views/ec_rule_set_views.xml",
        "wizards/ec_rule_set_activate_views.xml",
<<<<<<< HEAD
=======
        "views/ec_rule_menus.xml",
>>>>>>> rulesets
        "views/stock_warehouse_views.xml",
        "views/ec_shipping_rate_views.xml",
        "views/delivery_carrier_views.xml",
        "views/product_template_views.xml",
        "views/ec_routing_capacity_views.xml",
        "wizards/ec_routing_reject_views.xml",
        "views/ec_decision_templates.xml",
        "views/ec_decision_views.xml",
        "views/ec_replay_views.xml",
        "views/ec_rule_menus.xml",
        "views/ec_routing_menus.xml",
    ],
    "assets": {
        "web.assets_backend": ["ec_order_routing/static/src/**/*"],
    },
    "installable": True,
    "uninstall_hook": "uninstall_hook",
}
