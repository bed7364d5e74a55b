import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { debounce } from "@web/core/utils/timing";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { ControlPanel } from "@web/search/control_panel/control_panel";
import { useSetupAction } from "@web/search/action_hook";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { Component, onMounted, onWillStart, onWillUnmount, useEffect, useExternalListener, useRef, useState } from "@odoo/owl";
import { BoardPanel } from "./board_panel";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { actionsFor } from "./board_actions";
import { BoardActionDialog, BoardCommentDialog, BoardKeysDialog } from "./board_dialogs";
import { BoardOrdersDialog } from "./board_orders_dialog";
import * as format from "./board_format";

const PAGE = 80;
const MOST = 1000; // selected at once, as the server gives them
const FRESH_SECONDS = 60;
const KEPT = "ec_order_board";
const MODEL = "ec.order.board";

/** Queues of orders that wait, one page of one queue, and the keys to work through it. The server decides what is seen. */
export class OrderBoard extends Component {
    static template = "ec_order_hold.OrderBoard";
    static components = { ControlPanel, BoardPanel, Dropdown, DropdownItem };
    static path = "order-board"; // so that an address is told from a click on the menu
    static displayName = _t("Board");
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.ui = useState(useService("ui"));
        this.searchRef = useRef("search");
        this.rowsRef = useRef("rows");
        this.queuesRef = useRef("queues");
        this.keepLast = new KeepLast();
        this.format = format;
        this.state = useState({
            data: { queue: "", queues: [], rows: [], total: 0, currency_id: false, uid: false, actions: [] },
            people: [],
            queue: "",
            words: "",
            filters: [],
            responsible: "",
            sort: "oldest",
            offset: 0,
            selected: {},
            focused: 0, // place on the page
            panel: false, // open over the page, where there is no room beside it
            stamp: 0,
            loaded: false,
            turning: false, // the rows are still those of the page before
            ...(this.props.state?.board || this.reopened || {}),
        });
        useSetupAction({ getLocalState: () => ({ board: this.kept }) });
        this.search = debounce(() => this.show(), 300);
        onWillStart(() => this.load());
        onMounted(async () => {
            this.timer = setInterval(() => this.freshen(), FRESH_SECONDS * 1000);
            this.state.people = await this.orm.silent.call(MODEL, "people", []);
        });
        onWillUnmount(() => clearInterval(this.timer));
        useEffect(
            () => {
                this.queuesRef.el?.querySelector(".active")?.scrollIntoView({ block: "nearest", inline: "nearest" });
            },
            () => [this.state.queue]
        );
        useExternalListener(window, "keydown", (ev) => this.onWindowKey(ev));
    }

    // ---- data

    get kept() {
        const { queue, words, filters, responsible, sort, offset, focused } = this.state;
        return { queue, words, filters: [...filters], responsible, sort, offset, focused };
    }

    /** What was looked at, when the browser's own "back" or "reload" led here and not the menu. */
    get reopened() {
        return this.props.action.params?.action && JSON.parse(browser.sessionStorage.getItem(KEPT) || "null");
    }

    get question() {
        const { queue, words, filters, responsible, sort } = this.state;
        return { queue, words, filters, responsible, sort };
    }

    async load() {
        const { offset } = this.state;
        const data = await this.keepLast.add(this.orm.call(MODEL, "board", [], { ...this.question, offset, limit: PAGE }));
        if (offset && !data.rows.length && data.total) {
            // the last page was worked off
            this.state.offset = Math.floor((data.total - 1) / PAGE) * PAGE;
            return this.load();
        }
        const before = this.state.data.rows[this.state.focused]?.id;
        const place = data.rows.findIndex((row) => row.id === before);
        Object.assign(this.state, { data, queue: data.queue, loaded: true, turning: false, stamp: this.state.stamp + 1 });
        // whoever works the queue off finds the next order in the place of the one that has gone
        this.state.focused = place >= 0 ? place : Math.max(0, Math.min(this.state.focused, data.rows.length - 1));
        browser.sessionStorage.setItem(KEPT, JSON.stringify(this.kept));
    }

    /** From the first page on: what is looked for has changed. */
    async show(changes = {}) {
        Object.assign(this.state, changes, { offset: 0, selected: {}, focused: 0, panel: false });
        await this.renew();
        this.rowsRef.el?.scrollTo({ top: 0 });
    }

    /** Another page: until it is there nothing can be done to the one before. */
    async renew() {
        this.state.turning = true;
        try {
            await this.load();
        } catch (error) {
            this.state.turning = false;
            throw error;
        }
    }

    async freshen() {
        if (document.visibilityState === "visible" && !this.inDialog) {
            await this.load();
        }
    }

    get inDialog() {
        return Boolean(document.querySelector(".o_dialog, .o-dropdown--menu, .o_command_palette"));
    }

    // ---- what the template asks for

    get filterNames() {
        return [
            ["mine", _t("Mine")],
            ["overdue", _t("Overdue")],
        ];
    }

    get sortNames() {
        return [
            ["oldest", _t("Oldest first")],
            ["due", _t("Due first")],
            ["value", _t("Highest value")],
        ];
    }

    get sections() {
        const names = { holds: _t("Waiting for"), progress: _t("Progress") };
        const sections = new Map();
        for (const queue of this.state.data.queues) {
            const name = names[queue.section] || queue.section;
            sections.set(name, [...(sections.get(name) || []), queue]);
        }
        return [...sections].map(([name, queues]) => ({ name, queues }));
    }

    get queueNow() {
        return this.state.data.queues.find((queue) => queue.key === this.state.queue) || {};
    }

    get narrowed() {
        const { words, filters, responsible } = this.state;
        return Boolean(words || filters.length || responsible);
    }

    get nothingAtAll() {
        return !this.state.data.queues.some((queue) => queue.count);
    }

    get focusedRow() {
        return this.state.data.rows[this.state.focused];
    }

    get selectedIds() {
        return Object.keys(this.state.selected).filter((id) => this.state.selected[id]).map(Number);
    }

    /** The orders that a key or a button is about: the selected ones, else the one in focus. */
    get chosenIds() {
        return this.selectedIds.length ? this.selectedIds : this.focusedRow ? [this.focusedRow.id] : [];
    }

    get selectedText() {
        return _t("%s selected", format.whole(this.selectedIds.length));
    }

    /** What this user can do to orders. */
    get actions() {
        return actionsFor(this.state.data.actions);
    }

    /** On a narrow screen two fit beside the number of selected orders. */
    get bulkActions() {
        const bar = this.actions.filter((action) => !action.more);
        return this.ui.isSmall ? bar.slice(0, 2) : bar;
    }

    get moreActions() {
        return this.actions.filter((action) => !this.bulkActions.some((shown) => shown.key === action.key));
    }

    get allSelected() {
        const { rows } = this.state.data;
        return rows.length > 0 && rows.every((row) => this.state.selected[row.id]);
    }

    get canSelectMore() {
        const { rows, total } = this.state.data;
        return this.allSelected && total > rows.length && this.selectedIds.length < Math.min(total, MOST);
    }

    get selectMoreText() {
        const { total } = this.state.data;
        return total > MOST ? _t("Select the first %s", format.whole(MOST)) : _t("Select all %s", format.whole(total));
    }

    get range() {
        const { total, rows } = this.state.data;
        const { offset } = this.state;
        return _t("%(first)s–%(last)s of %(total)s", {
            first: format.whole(rows.length ? offset + 1 : 0),
            last: format.whole(offset + rows.length),
            total: format.whole(total),
        });
    }

    get hasNext() {
        return this.state.offset + this.state.data.rows.length < this.state.data.total;
    }

    statusText(row) {
        return this.state.data.queues.find((queue) => queue.key === `status-${row.status}`)?.name || "";
    }

    owners(row) {
        return [...new Set(row.holds.map((hold) => hold.owner).filter(Boolean))].join(", ");
    }

    holdHint(hold) {
        const parts = [hold.reason, hold.advice && `→ ${hold.advice}`, _t("since %s", format.moment(hold.opened))];
        if (hold.due) {
            parts.push(_t("due %s", format.moment(hold.due)));
        }
        if (hold.owner) {
            parts.push(_t("owner: %s", hold.owner));
        }
        return parts.filter(Boolean).join("\n");
    }

    actionHint(action) {
        return `${action.help} (${action.hotkey})`;
    }

    valueHint(queue) {
        return _t("%s in all: show the highest first", format.money(queue.value, this.state.data.currency_id, true));
    }

    // ---- looking

    showOverdue(queue) {
        return this.show({ queue, filters: [...new Set([...this.state.filters, "overdue"])] });
    }

    toggleFilter(name) {
        const { filters } = this.state;
        this.show({ filters: filters.includes(name) ? filters.filter((f) => f !== name) : [...filters, name] });
    }

    onSearch(ev) {
        this.state.words = ev.target.value;
        this.search();
    }

    clear() {
        this.show({ words: "", filters: [], responsible: "" });
    }

    /** The next queue with orders in it, round and round. */
    nextQueue(step = 1) {
        const { queues } = this.state.data;
        const at = queues.findIndex((queue) => queue.key === this.state.queue);
        for (let n = 1; n <= queues.length; n++) {
            const queue = queues[(at + step * n + queues.length * n) % queues.length];
            if (queue.count) {
                return this.show({ queue: queue.key });
            }
        }
    }

    async turn(pages) {
        Object.assign(this.state, { offset: Math.max(0, this.state.offset + pages * PAGE), focused: 0 });
        await this.renew();
        this.rowsRef.el?.scrollTo({ top: 0 });
    }

    openOrder(id) {
        this.action.doAction({ type: "ir.actions.act_window", res_model: "sale.order", res_id: id, views: [[false, "form"]] });
    }

    createOrder() {
        this.action.doAction({ type: "ir.actions.act_window", res_model: "sale.order", views: [[false, "form"]] });
    }

    focusRow(place, { panel = false } = {}) {
        const { rows } = this.state.data;
        if (!rows.length) {
            return;
        }
        this.state.focused = Math.max(0, Math.min(place, rows.length - 1));
        this.state.panel = panel;
        const row = this.rowsRef.el?.querySelector(`[data-place="${this.state.focused}"]`);
        row?.focus({ preventScroll: true });
        row?.scrollIntoView({ block: "nearest" });
    }

    onRowClick(ev, place) {
        if (!ev.target.closest("input, a, button")) {
            this.focusRow(place, { panel: true });
        }
    }

    // ---- keyboard

    get keys() {
        return {
            "/": () => this.focusSearch(),
            j: () => this.focusRow(this.state.focused + 1),
            k: () => this.focusRow(this.state.focused - 1),
            ArrowDown: () => this.focusRow(this.state.focused + 1),
            ArrowUp: () => this.focusRow(this.state.focused - 1),
            Enter: () => this.focusedRow && this.openOrder(this.focusedRow.id),
            x: () => this.focusedRow && this.toggleRow(this.focusedRow),
            n: () => this.nextQueue(),
            N: () => this.nextQueue(-1),
            "?": () => this.showKeys(),
            Escape: () => Object.assign(this.state, { selected: {}, panel: false }),
            ...Object.fromEntries(this.actions.map((action) => [action.hotkey, () => this.run(action)])),
        };
    }

    onWindowKey(ev) {
        if (ev.defaultPrevented || ev.isComposing || ev.ctrlKey || ev.metaKey || ev.altKey || this.inDialog) {
            return;
        }
        if (ev.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable=true]")) {
            return;
        }
        if (ev.key === "Enter" && ev.target.closest?.("a, button, input")) {
            return; // they have a meaning of their own
        }
        const key = this.keys[ev.key];
        if (key) {
            ev.preventDefault();
            if (this.state.turning && !["/", "?", "n", "N"].includes(ev.key)) {
                return;
            }
            key();
        }
    }

    onSearchKey(ev) {
        if (ev.isComposing) {
            return;
        }
        if (ev.key === "ArrowDown" || ev.key === "Enter") {
            ev.preventDefault();
            this.focusRow(0);
        } else if (ev.key === "Escape") {
            if (this.state.words) {
                this.show({ words: "" });
            } else {
                ev.target.blur();
            }
        }
    }

    focusSearch() {
        this.searchRef.el?.focus();
        this.searchRef.el?.select();
    }

    showKeys() {
        this.dialog.add(BoardKeysDialog, { actions: this.actions });
    }

    // ---- selecting and deciding

    toggleRow(row) {
        this.state.selected[row.id] = !this.state.selected[row.id];
    }

    toggleAll() {
        const all = !this.allSelected;
        this.state.selected = Object.fromEntries(this.state.data.rows.map((row) => [row.id, all]));
    }

    async selectMore() {
        const ids = await this.orm.call(MODEL, "order_ids", [], this.question);
        this.state.selected = Object.fromEntries(ids.map((id) => [id, true]));
    }

    run(action, ids = this.chosenIds) {
        if (!ids.length) {
            return;
        }
        if (action.run) {
            return action.run(this, ids);
        }
        this.dialog.add(BoardOrdersDialog, { action, orderIds: ids, done: (doneIds, count) => this.onDone(action, doneIds, count) });
    }

    async onDone(action, ids, count) {
        const undo = this.actions.find((other) => other.key === action.undo);
        this.notification.add(_t("%(what)s: %(count)s", { what: action.label, count: format.whole(count) }), {
            type: "success",
            buttons: undo ? [{ name: undo.label, onClick: () => this.run(undo, ids) }] : [],
        });
        this.state.selected = {};
        await this.reload();
    }

    /** A button of the server's own that needs no preview: it says itself what it did. */
    async call(model, method, ids) {
        const action = await this.orm.call(model, method, [ids]);
        if (action?.type) {
            await this.action.doAction(action);
        }
        await this.reload();
    }

    /** The orders themselves, in a list. */
    openOrders(ids) {
        this.action.doAction({
            type: "ir.actions.act_window",
            name: _t("Selected Orders"),
            res_model: "sale.order",
            domain: [["id", "in", ids]],
            views: [
                [false, "list"],
                [false, "form"],
            ],
        });
    }

    openDeliveries(id) {
        return this.action.doActionButton({ type: "object", name: "action_view_delivery", resModel: "sale.order", resId: id, resIds: [id] });
    }

    /** Release, assign or set due, with a look at it before: the holds of this queue, or others of these orders. */
    act(what, { ids = this.chosenIds, queue } = {}) {
        if (!ids.length) {
            return;
        }
        const scopes = new Map();
        for (const row of this.state.data.rows.filter((row) => ids.includes(row.id))) {
            row.holds.forEach((hold) => scopes.set(hold.queue, hold.name));
        }
        if (this.queueNow.section === "holds") {
            scopes.set(this.queueNow.key, this.queueNow.name);
        }
        const preset = queue || this.state.queue;
        this.dialog.add(BoardActionDialog, {
            what,
            orderIds: ids,
            scopes: [...scopes],
            scope: scopes.has(preset) ? preset : "",
            done: async (count) => {
                const said = { release: _t("Holds released: %s", count), assign: _t("Holds assigned: %s", count), due: _t("Due dates set: %s", count) };
                this.notification.add(said[what], { type: "success" });
                this.state.selected = {};
                await this.reload();
            },
        });
    }

    comment(ids = this.chosenIds) {
        if (!ids.length) {
            return;
        }
        const name = this.state.data.rows.find((row) => row.id === ids[0])?.name;
        this.dialog.add(BoardCommentDialog, {
            orderIds: ids,
            title: ids.length > 1 ? _t("Note on %s orders", format.whole(ids.length)) : _t("Note on %s", name),
            done: (count) => this.notification.add(count > 1 ? _t("The note is on %s orders.", format.whole(count)) : _t("The note is on order %s.", name), { type: "success" }),
        });
    }

    async hold(ids = this.chosenIds) {
        if (ids.length) {
            const action = await this.orm.call("sale.order", "action_ec_hold", [ids]);
            await this.action.doAction({ ...action, views: [[false, "form"]] }, { onClose: () => this.reload() });
        }
    }

    async reload() {
        await this.load();
        this.focusRow(this.state.focused, { panel: this.state.panel });
    }
}

registry.category("actions").add("ec_order_board", OrderBoard);
