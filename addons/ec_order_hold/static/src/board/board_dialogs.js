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
        this.state = useState({ scope: this.props.scope, note: "", userId: false, due: false, preview: null, busy: false });
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

    /** Label, number, look: plain numbers, so that no language needs a plural. */
    get facts() {
        const { orders, holds, freed, confirmable, untouched } = this.state.preview;
        const facts = [
            [_t("Orders"), orders, ""],
            [_t("Holds"), holds, ""],
        ];
        if (this.props.what === "release") {
            facts.push([_t("Then without any hold"), freed, freed ? "text-success" : ""], [_t("Can then be confirmed"), confirmable, confirmable ? "text-success" : ""]);
        }
        if (untouched) {
            facts.push([_t("Without such a hold, left alone"), untouched, "text-muted"]);
        }
        return facts.map(([label, number, look]) => ({ label, number: whole(number), look }));
    }

    get moreText() {
        return _t("and %s more", whole(this.state.preview.more));
    }

    async look() {
        this.state.preview = await this.keepLast.add(this.orm.call(MODEL, "preview", [this.props.orderIds, this.props.what, this.state.scope]));
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

/** A note on one order. */
export class BoardCommentDialog extends Component {
    static template = "ec_order_hold.BoardCommentDialog";
    static components = { Dialog };
    static props = { close: Function, orderId: Number, name: String, done: Function };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ text: "", busy: false });
        useAutofocus({ refName: "text" });
    }

    get title() {
        return _t("Note on %s", this.props.name);
    }

    async apply() {
        this.state.busy = true;
        try {
            await this.orm.call(MODEL, "comment", [[this.props.orderId], this.state.text]);
            this.props.close();
            this.props.done();
        } finally {
            this.state.busy = false;
        }
    }
}

export class BoardKeysDialog extends Component {
    static template = "ec_order_hold.BoardKeysDialog";
    static components = { Dialog };
    static props = { close: Function };

    get title() {
        return _t("Keys");
    }

    get keys() {
        return [
            ["/", _t("Search")],
            ["↓  ↑   j  k", _t("Next, previous order")],
            ["Enter", _t("Open the order")],
            ["x", _t("Select the order")],
            ["r", _t("Release holds")],
            ["a", _t("Assign to a colleague")],
            ["d", _t("Set the due date")],
            ["c", _t("Write a note")],
            ["h", _t("Put on hold")],
            ["n   N", _t("Next, previous queue")],
            ["Esc", _t("Select none")],
        ];
    }
}
