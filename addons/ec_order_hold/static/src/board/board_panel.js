import { registry } from "@web/core/registry";
import { debounce } from "@web/core/utils/timing";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { Component, onWillUnmount, useEffect, useState } from "@odoo/owl";
import * as format from "./board_format";

/**
 * What other addons show of the order: `registry.category("ec_order_board_panel").add(key, item, { sequence })` with
 * `{ Component, title, isShown(panel) }`. Without `isShown` it is there when the
 * server's `_board_panel` gave data for the key. Props: `{ panel, data, selectedIds, reload, act }`.
 */
const EXTENSIONS = registry.category("ec_order_board_panel");

/** The order in focus. It has no state of the board: it shows one order and says which button was pressed. */
export class BoardPanel extends Component {
    static template = "ec_order_hold.BoardPanel";
    static props = {
        orderId: Number,
        stamp: Number, // another one: read the order again
        selectedIds: Array,
        close: Function,
        open: Function,
        act: Function, // (what, { ids, queue })
        actions: Array, // of the registry
        run: Function, // (action, ids)
        openDeliveries: Function,
        reload: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        this.format = format;
        this.state = useState({ panel: null, gone: false });
        // whoever holds a key down reads only where it stops
        this.later = debounce(() => this.load(), 120);
        onWillUnmount(() => this.later.cancel());
        useEffect(
            () => {
                this.later();
            },
            () => [this.props.orderId, this.props.stamp]
        );
    }

    async load() {
        const panel = await this.keepLast.add(this.orm.silent.call("ec.order.board", "panel", [this.props.orderId]));
        Object.assign(this.state, { panel: panel || null, gone: !panel });
    }

    /** What was read last may still be the order before. */
    get panel() {
        return this.state.panel?.id === this.props.orderId ? this.state.panel : null;
    }

    get extensions() {
        return EXTENSIONS.getEntries()
            .filter(([key, item]) => (item.isShown ? item.isShown(this.panel) : key in this.panel.sections))
            .map(([key, item]) => ({
                key,
                ...item,
                props: {
                    panel: this.panel,
                    data: this.panel.sections[key],
                    selectedIds: this.props.selectedIds,
                    reload: this.props.reload,
                    act: this.props.act,
                },
            }));
    }

    get ids() {
        return [this.props.orderId];
    }

    /** The selected orders and this one. */
    get allIds() {
        return [...new Set([...this.props.selectedIds, this.props.orderId])];
    }

    get buttons() {
        const shown = this.props.actions.filter((action) => action.onOrder?.(this.panel, this.allIds));
        const main = shown.find((action) => action.key === "confirm") || shown.find((action) => action.key === "release");
        return shown.map((action) => ({ ...action, look: action.key === main?.key ? "btn-primary" : "btn-secondary" }));
    }

    press(action) {
        return this.props.run(action, action.together ? this.allIds : this.ids);
    }

    get statusClass() {
        return { held: "text-bg-danger", waiting_stock: "text-bg-warning", ready: "text-bg-info", shipping: "text-bg-info" }[this.panel.status] || "text-bg-secondary";
    }
}
