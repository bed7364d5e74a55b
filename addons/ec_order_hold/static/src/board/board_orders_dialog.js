import { _t } from "@web/core/l10n/translation";
import { Dialog } from "@web/core/dialog/dialog";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { Component, onMounted, onWillStart, onWillUnmount, useRef, useState } from "@odoo/owl";
import { whole } from "./board_format";

const MODEL = "ec.order.board";
const ALL_ROWS = 1000;
const AGAIN = 1500; // milliseconds until the server is asked for an answer that was about to change

/** An action on orders: what will happen to each, what is refused and why, and then exactly that. */
export class BoardOrdersDialog extends Component {
    static template = "ec_order_hold.BoardOrdersDialog";
    static components = { Dialog };
    static props = {
        close: Function,
        action: Object, // of the registry
        orderIds: Array,
        done: Function, // (ids of the orders it was shown for, number of those it was done to)
    };

    setup() {
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        this.state = useState({ preview: null, only: "", busy: false });
        this.applyRef = useRef("apply");
        onWillStart(() => this.look());
        onMounted(() => this.applyRef.el?.focus());
        onWillUnmount(() => {
            this.gone = true;
            clearTimeout(this.timer);
        });
    }

    async look(only = "", more = {}) {
        const preview = await this.keepLast.add(this.orm.call(MODEL, "preview_orders", [this.props.orderIds, this.props.action.key], { only, ...more }));
        Object.assign(this.state, { preview, only });
        clearTimeout(this.timer);
        if (preview.again && !this.gone) {
            this.timer = setTimeout(() => !this.state.busy && this.look(only, more), AGAIN);
        }
    }

    lookAtAll() {
        return this.look(this.state.only, { limit: ALL_ROWS });
    }

    /** The numbers; each shows the orders behind it. */
    get facts() {
        const { order_ids, refused } = this.state.preview;
        return [
            { only: "done", label: _t("Will be done"), count: order_ids.length, look: order_ids.length ? "text-success-emphasis" : "text-muted" },
            { only: "refused", label: _t("Left alone"), count: refused, look: refused ? "text-warning-emphasis" : "text-muted" },
        ].map((fact) => ({ ...fact, number: whole(fact.count) }));
    }

    get moreText() {
        return _t("and %s more", whole(this.state.preview.more));
    }

    async apply() {
        this.state.busy = true;
        try {
            const ids = this.state.preview.order_ids;
            const count = await this.orm.call(MODEL, "apply_orders", [ids, this.props.action.key]);
            this.props.close();
            await this.props.done(ids, count);
        } finally {
            this.state.busy = false;
        }
    }
}
