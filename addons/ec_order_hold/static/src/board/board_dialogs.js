import { _t } from "@web/core/l10n/translation";
import { Dialog } from "@web/core/dialog/dialog";
import { serializeDateTime } from "@web/core/l10n/dates";
import { DateTimeInput } from "@web/core/datetime/datetime_input";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { KeepLast } from "@web/core/utils/concurrency";
import { useAutofocus, useService } from "@web/core/utils/hooks";
import { Component, onMounted, onWillStart, useRef, useState } from "@odoo/owl";
import { whole } from "./board_format";

const MODEL = "ec.order.board";
const ALL_ROWS = 1000;

/** Release, assign or set due: what will change, and then exactly that. */
export class BoardActionDialog extends Component {
    static template = "ec_order_hold.BoardActionDialog";
    static components = { Dialog, DateTimeInput, RecordSelector };
    static props = {
        close: Function,
        what: String, // release, assign or due
        orderIds: Array,
        scopes: Array, // [[key of a queue of holds, its name]]
        scope: String,
        done: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        this.state = useState({ scope: this.props.scope, note: "", userId: false, due: false, preview: null, only: "", busy: false });
        this.rootRef = useRef("root");
        onWillStart(() => this.look());
        // what is asked for first, whatever component asks
        onMounted(() => this.rootRef.el.querySelector("textarea, .o_ec_owner input, .o_ec_due input")?.focus());
    }

    get title() {
        return { release: _t("Release holds"), assign: _t("Assign holds"), due: _t("Set the due date") }[this.props.what];
    }

    get button() {
        return { release: _t("Release"), assign: _t("Assign"), due: _t("Set the Due Date") }[this.props.what];
    }

    get userDomain() {
        return [["share", "=", false]];
    }

    /** The numbers; each shows the orders behind it. Plain numbers, so that no language needs a plural. */
    get facts() {
        const { orders, holds, freed, confirmable, untouched } = this.state.preview;
        const facts = [
            ["", _t("Orders"), orders, ""],
            ["", _t("Holds"), holds, ""],
        ];
        if (this.props.what === "release") {
            facts.push(
                ["freed", _t("Then without any hold"), freed, freed ? "text-success-emphasis" : ""],
                ["confirmable", _t("Can then be confirmed"), confirmable, confirmable ? "text-success-emphasis" : ""]
            );
        }
        if (untouched) {
            facts.push(["untouched", _t("Without such a hold, left alone"), untouched, "text-muted"]);
        }
        return facts.map(([only, label, number, look]) => ({ only, label, number: whole(number), look: look || "text-reset", empty: !number }));
    }

    get moreText() {
        return _t("and %s more", whole(this.state.preview.more));
    }

    async look(only = "", more = {}) {
        const preview = await this.keepLast.add(this.orm.call(MODEL, "preview", [this.props.orderIds, this.props.what, this.state.scope], { only, ...more }));
        Object.assign(this.state, { preview, only });
    }

    lookAtAll() {
        return this.look(this.state.only, { limit: ALL_ROWS });
    }

    onScope(ev) {
        this.state.scope = ev.target.value;
        this.look();
    }

    get value() {
        const { note, userId, due } = this.state;
        return { release: note, assign: userId, due: due ? serializeDateTime(due) : false }[this.props.what];
    }

    async apply() {
        this.state.busy = true;
        try {
            const count = await this.orm.call(MODEL, "apply", [this.state.preview.hold_ids, this.props.what, this.value]);
            this.props.close();
            await this.props.done(count);
        } finally {
            this.state.busy = false;
        }
    }
}

/** One note on each of the orders. */
export class BoardCommentDialog extends Component {
    static template = "ec_order_hold.BoardCommentDialog";
    static components = { Dialog };
    static props = { close: Function, orderIds: Array, title: String, done: Function };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ text: "", busy: false });
        useAutofocus({ refName: "text" });
    }

    async apply() {
        this.state.busy = true;
        try {
            const count = await this.orm.call(MODEL, "comment", [this.props.orderIds, this.state.text]);
            this.props.close();
            this.props.done(count);
        } finally {
            this.state.busy = false;
        }
    }
}

export class BoardKeysDialog extends Component {
    static template = "ec_order_hold.BoardKeysDialog";
    static components = { Dialog };
    static props = { close: Function, actions: Array };

    get title() {
        return _t("Keys");
    }

    get keys() {
        return [
            ["/", _t("Search")],
            ["↓  ↑   j  k", _t("Next, previous order")],
            ["Enter", _t("Open the order")],
            ["x", _t("Select the order")],
            ...this.props.actions.map((action) => [action.hotkey, action.help]),
            ["n   N", _t("Next, previous queue")],
            ["Esc", _t("Select none")],
        ];
    }
}
