import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { registry } from "@web/core/registry";
import { debounce } from "@web/core/utils/timing";
import { formatFloat, formatInteger } from "@web/views/fields/formatters";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { ControlPanel } from "@web/search/control_panel/control_panel";
import { useSetupAction } from "@web/search/action_hook";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { Component, onMounted, onWillStart, onWillUnmount, useExternalListener, useRef, useState } from "@odoo/owl";
import { StockRuleDialog } from "./stock_rule_dialog";

const PAGE = 80;
const FRESH_SECONDS = 20;
const KEPT = "ec_stock_grid";

/** What each shop shows of each product: a page of products, a column a shop. Nothing is worked out here but looks. */
export class StockGrid extends Component {
    static template = "ec_channel_base.StockGrid";
    static components = { ControlPanel };
    static path = "channel-stock"; // so that an address is told from a click on the menu
    static displayName = _t("Stock in the Shops");
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.searchRef = useRef("search");
        this.tableRef = useRef("table");
        this.keepLast = new KeepLast();
        this.state = useState({
            data: { rows: [], columns: [], channels: [], companies: [], total: 0, capped: false, manager: false },
            words: "",
            filters: [],
            channelId: this.props.action.params?.channel_id || false,
            sort: "sku",
            offset: 0,
            selected: {},
            loaded: false,
            ...(this.props.state?.grid || this.reopened || {}),
        });
        this.dialogs = 0;
        useSetupAction({ getLocalState: () => ({ grid: this.kept }) });
        this.search = debounce(() => this.show(), 300);
        onWillStart(() => this.load());
        onMounted(() => {
            this.timer = setInterval(() => this.freshen(), FRESH_SECONDS * 1000);
        });
        onWillUnmount(() => clearInterval(this.timer));
        useExternalListener(window, "keydown", (ev) => this.onWindowKey(ev));
    }

    // ---- data

    get kept() {
        const { words, filters, channelId, sort, offset } = this.state;
        return { words, filters: [...filters], channelId, sort, offset };
    }

    /** What was looked for, when the browser's own "back" or "reload" led here and not the menu. */
    get reopened() {
        return this.props.action.params?.action && JSON.parse(browser.sessionStorage.getItem(KEPT) || "null");
    }

    async load() {
        browser.sessionStorage.setItem(KEPT, JSON.stringify(this.kept));
        const { words, filters, channelId, sort, offset } = this.state;
        const call = this.orm.call("ec.stock.level", "grid", [], {
            words, filters, channel_id: channelId, sort, offset, limit: PAGE,
        });
        this.state.data = await this.keepLast.add(call);
        this.state.loaded = true;
    }

    /** From the first page on: what is looked for has changed. */
    async show(changes = {}) {
        Object.assign(this.state, changes, { offset: 0, selected: {} });
        await this.load();
    }

    async freshen() {
        if (document.visibilityState === "visible" && !this.dialogs) {
            await this.load();
        }
    }

    // ---- what the template asks for

    get filterNames() {
        return [
            ["differs", _t("Differs")],
            ["error", _t("Needs a person")],
            ["flight", _t("On its way")],
            ["sold_out", _t("Sold out in the shop")],
            ["strict", _t("Divided")],
            ["unread", _t("Never read")],
        ];
    }

    get sortNames() {
        return [
            ["sku", _t("SKU")],
            ["name", _t("Product")],
            ["difference", _t("Biggest difference")],
            ["waiting", _t("Waiting longest")],
        ];
    }

    get looks() {
        return {
            ok: { icon: "fa-check", text: _t("Shown as it shall be") },
            differs: { icon: "fa-exclamation-circle", text: _t("The shop shows something else") },
            flight: { icon: "fa-paper-plane", text: _t("The new figure is on its way") },
            reading: { icon: "fa-refresh", text: _t("The shop's figure is being read again") },
            unread: { icon: "fa-ellipsis-h", text: _t("The shop's figure has not been read yet") },
            error: { icon: "fa-exclamation-triangle", text: _t("Needs a person") },
            off: { icon: "fa-pause", text: _t("Nothing is sent: only compared, stopped or left alone") },
        };
    }

    get filtered() {
        return this.state.words || this.state.filters.length || this.state.channelId;
    }

    get selectedIds() {
        return Object.keys(this.state.selected).filter((id) => this.state.selected[id]).map(Number);
    }

    get selectedText() {
        return _t("%s selected", this.selectedIds.length);
    }

    stoppedText(company) {
        return _t("Stock to all shops of %s is stopped: nothing is sent.", company.name);
    }

    get allSelected() {
        const { rows } = this.state.data;
        return rows.length > 0 && rows.every((row) => this.state.selected[row.id]);
    }

    get range() {
        const { total, capped, rows } = this.state.data;
        const { offset } = this.state;
        if (!rows.length) {
            return "0";
        }
        const last = offset + rows.length;
        return _t("%(first)s–%(last)s of %(total)s", {
            first: formatInteger(offset + 1),
            last: formatInteger(last),
            total: formatInteger(Math.max(total, last)) + (capped ? "+" : ""),
        });
    }

    get hasNext() {
        const { total, capped, rows } = this.state.data;
        return capped ? rows.length === PAGE : this.state.offset + rows.length < total;
    }

    count(number) {
        return number > 10000 ? "10,000+" : formatInteger(number);
    }

    units(number) {
        return Number.isInteger(number) ? formatInteger(number) : formatFloat(number, { digits: [16, 2] });
    }

    sellable(row) {
        return row.least === row.most ? formatInteger(row.most) : `${formatInteger(row.least)}–${formatInteger(row.most)}`;
    }

    age(seconds) {
        if (seconds === null) {
            return "";
        }
        if (seconds < 120) {
            return _t("%s s", Math.max(0, seconds));
        }
        if (seconds < 7200) {
            return _t("%s min", Math.floor(seconds / 60));
        }
        return seconds < 172800 ? _t("%s h", Math.floor(seconds / 3600)) : _t("%s days", Math.floor(seconds / 86400));
    }

    lag(channel) {
        return channel.lag ? _t("9 of 10 within %s", this.age(Math.round(channel.lag))) : "";
    }

    hint(level) {
        const parts = [this.looks[level.look].text];
        if (level.look === "flight") {
            parts.push(_t("on its way: %s", level.flight));
        }
        if (level.strict) {
            parts.push(_t("divided among the shops"));
        }
        if (level.rule !== "follow") {
            parts.push(this.ruleText(level));
        }
        if (level.age !== null) {
            parts.push(_t("last word of the shop %s ago", this.age(level.age)));
        }
        return parts.join("\n");
    }

    ruleText(level) {
        return {
            limit: _t("at most %s", level.units),
            fixed: _t("always %s", level.units),
            sold_out: _t("sold out now, by hand"),
            paused: _t("left alone"),
        }[level.rule];
    }

    company(channel) {
        return this.state.data.companies.find((company) => company.id === channel.company_id) || {};
    }

    stateText(channel) {
        if (channel.state === "on" && this.company(channel).stopped) {
            return _t("Stopped");
        }
        if (channel.state === "on" && !channel.running) {
            return _t("Channel paused");
        }
        return { on: _t("On"), shadow: _t("Only compared"), stopped: _t("Stopped") }[channel.state];
    }

    badge(channel) {
        if (channel.state === "on") {
            return channel.running && !this.company(channel).stopped ? "text-bg-success" : "text-bg-secondary";
        }
        return channel.state === "stopped" ? "text-bg-danger" : "text-bg-secondary";
    }

    // ---- looking

    toggleFilter(name) {
        const { filters } = this.state;
        this.show({ filters: filters.includes(name) ? filters.filter((f) => f !== name) : [...filters, name] });
    }

    onChannel(ev) {
        this.show({ channelId: Number(ev.target.value) || false });
    }

    onSort(ev) {
        this.show({ sort: ev.target.value });
    }

    onSearch(ev) {
        this.state.words = ev.target.value;
        this.search();
    }

    clear() {
        this.show({ words: "", filters: [], channelId: false, sort: "sku" });
    }

    async turn(pages) {
        this.state.offset = Math.max(0, this.state.offset + pages * PAGE);
        this.state.selected = {};
        await this.load();
        this.tableRef.el?.scrollTo({ top: 0 });
    }

    openList(channel, filter) {
        this.action.doAction("ec_channel_base.action_ec_stock_level", {
            additionalContext: { search_default_channel_id: channel.id, ...(filter ? { [`search_default_${filter}`]: 1 } : {}) },
        });
    }

    openChannel(channel) {
        this.openRecord("ec.channel", channel.id);
    }

    openRecord(model, id) {
        this.action.doAction({ type: "ir.actions.act_window", res_model: model, res_id: id, views: [[false, "form"]] });
    }

    async why(level) {
        this.action.doAction(await this.orm.call("ec.stock.level", "action_why", [[level.id]]));
    }

    // ---- keyboard: "/" searches, arrows walk through the cells, Enter says why

    onWindowKey(ev) {
        const typing = ev.target.closest?.("input, textarea, select, [contenteditable=true]");
        if (ev.key === "/" && !typing && !ev.ctrlKey && !ev.metaKey && !this.dialogs) {
            ev.preventDefault();
            this.searchRef.el?.focus();
            this.searchRef.el?.select();
        }
    }

    onSearchKey(ev) {
        if (ev.key === "ArrowDown") {
            ev.preventDefault();
            this.focusCell(0, 0);
        } else if (ev.key === "Escape" && this.state.words) {
            this.show({ words: "" });
        }
    }

    onTableKey(ev) {
        const cell = ev.target.closest("[data-row]");
        const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[ev.key];
        if (cell && step) {
            ev.preventDefault();
            this.focusCell(Number(cell.dataset.row) + step[0], Number(cell.dataset.col) + step[1]);
        } else if (cell && ev.key === "Enter" && ev.target === cell) {
            ev.preventDefault();
            cell.querySelector(".o_ec_level")?.click();
        }
    }

    focusCell(row, col) {
        const { rows, columns } = this.state.data;
        const at = [Math.min(Math.max(row, 0), rows.length - 1), Math.min(Math.max(col, 0), columns.length - 1)];
        const cell = this.tableRef.el?.querySelector(`[data-row="${at[0]}"][data-col="${at[1]}"]`);
        cell?.focus();
        cell?.scrollIntoView({ block: "nearest", inline: "nearest" });
    }

    // ---- selecting and deciding

    toggleRow(row) {
        this.state.selected[row.id] = !this.state.selected[row.id];
    }

    toggleAll() {
        const all = !this.allSelected;
        this.state.selected = Object.fromEntries(this.state.data.rows.map((row) => [row.id, all]));
    }

    openDialog(component, props) {
        this.dialogs++;
        this.dialog.add(component, props, { onClose: () => this.dialogs-- });
    }

    decide(rule) {
        const channels = this.state.data.channels.filter((c) => !this.state.channelId || c.id === this.state.channelId);
        this.openDialog(StockRuleDialog, {
            rule,
            productIds: this.selectedIds,
            channels: channels.map(({ id, name }) => ({ id, name })),
            done: async (items) => {
                this.notification.add(
                    rule === "read" ? _t("%s items are being read again.", items) : _t("%s items changed. The shops follow in a moment.", items),
                    { type: "success" }
                );
                this.state.selected = {};
                await this.load();
            },
        });
    }

    ask(title, body, confirmLabel, confirmClass, model, method, id) {
        this.openDialog(ConfirmationDialog, {
            title, body, confirmLabel, confirmClass,
            confirm: async () => {
                await this.orm.call(model, method, [[id]]);
                await this.load();
            },
            cancel: () => {},
        });
    }

    stop(channel) {
        this.ask(
            _t("Stop %s?", channel.name),
            _t("Nothing more is told to this shop, at once. What it shows stays set aside for it, so that no other shop sells it."),
            _t("Stop"), "btn-danger", "ec.channel", "action_stock_stop", channel.id
        );
    }

    async turnOn(channel) {
        const [{ stock_on_text }] = await this.orm.read("ec.channel", [channel.id], ["stock_on_text"]);
        this.ask(
            _t("Turn on %s?", channel.name),
            `${stock_on_text}\n\n${_t("From now on Odoo sets the figures in this shop.")}`,
            _t("Turn On"), "btn-primary", "ec.channel", "action_stock_on", channel.id
        );
    }

    stopAll(company) {
        this.ask(
            _t("Stop all shops of %s?", company.name),
            _t("No shop is told any figure from now on. What they show stays set aside for them. A manager starts it again."),
            _t("Stop All Shops"), "btn-danger", "res.company", "action_ec_stock_stop", company.id
        );
    }

    goOnAll(company) {
        this.ask(
            _t("Start stock of %s again?", company.name),
            _t("All shops that are turned on are told their figures again, beginning with those that differ."),
            _t("Start Again"), "btn-primary", "res.company", "action_ec_stock_go_on", company.id
        );
    }
}

registry.category("actions").add("ec_stock_grid", StockGrid);
