import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { Component } from "@odoo/owl";

const PROPS = { panel: Object, data: { optional: true }, selectedIds: Array, reload: Function, act: Function };

/** What the rules decided of the order, and why. */
class Why extends Component {
    static template = "ec_order_routing.BoardWhy";
    static props = PROPS;
}

registry.category("ec_order_board_panel").add("why", { Component: Why, title: _t("Why") }, { sequence: 10 });
