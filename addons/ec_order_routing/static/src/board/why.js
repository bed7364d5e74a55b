import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Component } from "@odoo/owl";

const PROPS = { panel: Object, data: { optional: true }, selectedIds: Array, reload: Function, act: Function };

/** What the rules decided of the order, and why. */
class Why extends Component {
    static template = "ec_order_routing.BoardWhy";
    static props = PROPS;
}

/** Buttons: look again, one parcel for the selected orders, ship what is there. */
class ParcelButtons extends Component {
    static template = "ec_order_routing.BoardParcel";
    static props = PROPS;

    setup() {
        this.orm = useService("orm");
    }

    /** The selected orders and the one in focus. */
    get ids() {
        return [...new Set([...this.props.selectedIds, this.props.panel.id])];
    }

    async call(method, ids) {
        await this.orm.call("sale.order", method, [ids]);
        this.props.reload();
    }
}

registry.category("ec_order_board_panel").add("why", { Component: Why, title: _t("Why") }, { sequence: 10 });
registry.category("ec_order_board_panel").add("parcel", { Component: ParcelButtons, slot: "button" }, { sequence: 20 });
