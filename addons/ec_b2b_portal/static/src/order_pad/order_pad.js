import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

const SETTLE_MS = 250;
const MAX_FILE = 5 * 1024 * 1024;

/**
 * The quick-order pad. Rows are typed, pasted, scanned or read from a file; the server answers all of them at once.
 * An answer counts for a row only while the row still says what was asked.
 */
export class OrderPad extends Interaction {
    static selector = ".o_ec_order_pad";
    dynamicContent = {
        ".o_ec_rows": {
            "t-on-keydown": this.onKey,
            "t-on-paste": this.onPaste,
            "t-on-input": this.onInput,
            "t-on-change": this.onChange,
            "t-on-click": this.onClick,
        },
        ".o_ec_add": { "t-on-click": () => this.add() },
        ".o_ec_report": { "t-on-click": (ev) => this.report(ev.currentTarget.dataset.kind) },
        ".o_ec_save_list": { "t-on-submit.prevent": () => this.saveList() },
        ".o_ec_file": { "t-on-change": () => this.upload() },
        ".o_ec_list": { "t-on-change": (ev) => this.openList(ev.currentTarget.value) },
    };

    setup() {
        this.rows = this.el.querySelector(".o_ec_rows");
        this.rowTemplate = this.el.querySelector("template");
        this.max = Number(this.el.dataset.max);
        this.key = this.el.dataset.key;
        this.count = 0;
        this.asked = 0;
        this.busy = false;
        // rows whose answer was lost: the same are sent again with the same key, whatever was changed meanwhile
        this.unanswered = null;
    }

    start() {
        this.put(JSON.parse(this.el.dataset.rows));
        this.field(this.rows.lastElementChild, "code").focus();
    }

    // ---- rows

    field(row, name) {
        return row.querySelector(`.o_ec_${name}`);
    }

    /** A new row at the end; undefined when the pad is full. */
    newRow({ code = "", quantity = "", product_id = 0 } = {}) {
        if (this.rows.children.length >= this.max) {
            this.tell(this.el.dataset.full, "warning");
            return undefined;
        }
        const row = this.rowTemplate.content.firstElementChild.cloneNode(true);
        row.dataset.key = `r${++this.count}`;
        this.field(row, "code").value = code;
        this.field(row, "quantity").value = quantity;
        this.choose(row, product_id);
        this.field(row, "message").id = `${row.dataset.key}_message`;
        for (const name of ["code", "quantity"]) {
            this.field(row, name).setAttribute("aria-describedby", `${row.dataset.key}_message`);
        }
        this.rows.append(row);
        this.number();
        return row;
    }

    number() {
        [...this.rows.children].forEach((row, place) => {
            this.field(row, "number").textContent = place + 1;
        });
    }

    choose(row, productId) {
        row.dataset.product = productId || "";
    }

    isEmpty(row) {
        return !this.field(row, "code").value.trim() && !this.field(row, "quantity").value.trim() && !row.dataset.product;
    }

    /** What the server is told of all rows that say anything. */
    read() {
        return [...this.rows.children]
            .filter((row) => !this.isEmpty(row))
            .map((row) => ({
                key: row.dataset.key,
                code: this.field(row, "code").value.trim(),
                quantity: this.field(row, "quantity").value.trim(),
                product_id: Number(row.dataset.product) || 0,
                sure: row.dataset.sure === "1",
            }));
    }

    /** Whether the row of a key still says what was sent of it. */
    unchanged(sent) {
        const asked = Object.fromEntries(sent.map((row) => [row.key, row]));
        const now = Object.fromEntries(this.read().map((row) => [row.key, row]));
        return (key) => now[key] && JSON.stringify(now[key]) === JSON.stringify(asked[key]);
    }

    /** Rows onto the pad: into the empty ones at its end first; one empty row is always there to go on. */
    put(items) {
        while (this.rows.lastElementChild && this.isEmpty(this.rows.lastElementChild)) {
            this.rows.lastElementChild.remove();
        }
        for (const item of items) {
            if (!this.newRow(item)) {
                break;
            }
        }
        if (this.rows.children.length < this.max || !this.rows.children.length) {
            this.newRow();
        }
        this.number();
        if (items.length) {
            this.check();
        } else {
            this.totals({ good: 0, bad: 0, pieces: "0", amount: "" });
        }
    }

    // ---- hands

    onKey(ev) {
        const row = ev.target.closest(".o_ec_row");
        const name = ev.target.classList.contains("o_ec_quantity") ? "quantity" : "code";
        if (ev.isComposing || !row || ev.target.tagName !== "INPUT") {
            return;
        }
        if (ev.key === "Enter") {
            ev.preventDefault();
            this.endRow(row);
        } else if (ev.key === "ArrowDown" && row.nextElementSibling) {
            ev.preventDefault();
            this.field(row.nextElementSibling, name).focus();
        } else if (ev.key === "ArrowUp" && row.previousElementSibling) {
            ev.preventDefault();
            this.field(row.previousElementSibling, name).focus();
        }
    }

    /** Enter ends a row, as scanners send it: one piece if no quantity was typed. */
    endRow(row) {
        if (!this.field(row, "code").value.trim() && !row.dataset.product) {
            this.field(row, "code").focus();
            return;
        }
        if (!this.field(row, "quantity").value.trim()) {
            this.field(row, "quantity").value = "1";
        }
        const next = row.nextElementSibling || this.newRow();
        if (next) {
            this.field(next, "code").focus();
        }
        this.checkSoon();
    }

    onInput(ev) {
        const row = ev.target.closest(".o_ec_row");
        if (ev.target.classList.contains("o_ec_code")) {
            this.choose(row, 0);
        }
        row.dataset.sure = "";
        if (row === this.rows.lastElementChild && !this.isEmpty(row) && this.rows.children.length < this.max) {
            this.newRow();
        }
    }

    onChange(ev) {
        if (ev.target.classList.contains("o_ec_choice")) {
            this.choose(ev.target.closest(".o_ec_row"), Number(ev.target.value));
        }
        this.checkSoon();
    }

    onClick(ev) {
        const button = ev.target.closest("button");
        const row = ev.target.closest(".o_ec_row");
        if (!button || !row) {
            return;
        }
        if (button.classList.contains("o_ec_remove")) {
            const near = row.nextElementSibling || row.previousElementSibling;
            row.remove();
            this.put([]);
            this.field(near && near.isConnected ? near : this.rows.lastElementChild, "code").focus();
        } else if (button.dataset.fix) {
            this.field(row, "quantity").value = button.dataset.fix;
            this.field(row, "quantity").focus();
        } else if (button.classList.contains("o_ec_sure")) {
            row.dataset.sure = "1";
            this.field(row, "quantity").focus();
        }
        this.check();
    }

    /** Two columns of a spreadsheet, or one code a line. */
    onPaste(ev) {
        const text = ev.clipboardData.getData("text/plain");
        if (!/[\t\n]/.test(text.trim())) {
            return;
        }
        ev.preventDefault();
        const row = ev.target.closest(".o_ec_row");
        const items = text
            .split(/\r\n|\r|\n/)
            .map((line) => line.split("\t").map((cell) => cell.trim()))
            .filter((cells) => cells[0] || cells[1])
            .map(([code, quantity]) => ({ code, quantity: quantity || "1" }));
        if (row && this.isEmpty(row) && row !== this.rows.lastElementChild) {
            row.remove();
        }
        this.put(items);
        this.field(this.rows.lastElementChild, "code").focus();
    }

    // ---- the server

    checkSoon() {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.check(), SETTLE_MS);
    }

    async call(route, values) {
        try {
            return await rpc(route, values, { silent: true });
        } catch {
            this.tell(this.el.dataset.lost, "danger");
            return undefined;
        }
    }

    async check() {
        const sent = this.read();
        const asked = ++this.asked;
        if (!sent.length) {
            this.totals({ good: 0, bad: 0, pieces: "0", amount: "" });
            return;
        }
        this.el.dataset.checking = "1";
        const answer = await this.call("/my/trade/order/check", { rows: sent });
        if (asked === this.asked) {
            delete this.el.dataset.checking;
        }
        if (answer && asked === this.asked) {
            this.show(answer, sent);
        }
    }

    async add() {
        const sent = this.unanswered || this.read();
        if (this.busy || !sent.length) {
            return;
        }
        this.busy = true;
        this.unanswered = sent;
        this.asked++;
        const button = this.el.querySelector(".o_ec_add");
        button.setAttribute("aria-disabled", "true");
        const answer = await this.call("/my/trade/order/add", { rows: sent, key: this.key });
        button.removeAttribute("aria-disabled");
        this.busy = false;
        if (!answer) {
            return;
        }
        this.unanswered = null;
        if (answer.error) {
            this.tell(answer.error, "warning");
            return;
        }
        this.key = answer.key;
        const same = this.unchanged(sent);
        const gone = new Set(answer.rows.filter((row) => row.state !== "bad").map((row) => row.key));
        for (const row of [...this.rows.children]) {
            if (gone.has(row.dataset.key) && same(row.dataset.key)) {
                row.remove();
            }
        }
        this.put([]);
        this.show({ rows: answer.rows.filter((row) => row.state === "bad"), totals: { ...answer.totals, good: 0, pieces: "0", amount: "" } }, sent);
        if (answer.added) {
            this.tell(this.el.dataset.added.replace("{lines}", answer.added), "success");
            this.el.querySelector(".o_ec_review").classList.remove("d-none");
            this.el.querySelector(".o_ec_review .o_ec_lines").textContent = answer.lines;
            this.el.querySelector(".o_ec_review").focus();
        } else {
            this.focusBad();
        }
    }

    focusBad() {
        const bad = this.rows.querySelector(".o_ec_row.o_ec_bad");
        if (bad) {
            this.field(bad, "quantity").focus();
        }
    }

    async upload() {
        const input = this.el.querySelector(".o_ec_file");
        const file = input.files[0];
        if (!file) {
            return;
        }
        if (file.size > MAX_FILE) {
            this.tell(this.el.dataset.tooLarge, "warning");
            input.value = "";
            return;
        }
        const form = new FormData();
        form.append("file", file);
        form.append("csrf_token", odoo.csrf_token);
        input.value = "";
        let answer;
        try {
            const response = await fetch("/my/trade/order/upload", { method: "POST", body: form });
            answer = response.status === 413 ? { error: this.el.dataset.tooLarge } : await response.json();
        } catch {
            answer = { error: this.el.dataset.lost };
        }
        if (answer.error) {
            this.tell(answer.error, "warning");
            return;
        }
        const before = this.read().length;
        if (before + answer.rows.length > this.max) {
            this.tell(this.el.dataset.full, "warning");
            return;
        }
        this.put(answer.rows);
    }

    openList(id) {
        if (id) {
            window.location.href = `/my/trade/order?list_id=${Number(id)}`;
        }
    }

    report(kind) {
        const form = this.el.querySelector(".o_ec_report_form");
        form.elements.rows.value = JSON.stringify(this.read());
        form.elements.kind.value = kind;
        form.submit();
    }

    async saveList() {
        const form = this.el.querySelector(".o_ec_save_list");
        const values = { rows: this.read(), name: form.elements.name.value, shared: form.elements.shared.checked };
        const answer = await this.call("/my/trade/lists/save", values);
        if (answer?.error) {
            this.tell(answer.error, "warning");
        } else if (answer) {
            this.tell(this.el.dataset.saved, "success");
            form.closest("details").open = false;
        }
    }

    // ---- telling

    show(answer, sent) {
        const same = this.unchanged(sent);
        let merged = 0;
        for (const row of answer.rows) {
            const element = this.rows.querySelector(`[data-key="${row.key}"]`);
            if (!element || !same(row.key)) {
                continue;
            }
            if (row.into && same(row.into)) {
                const focused = element.contains(document.activeElement);
                element.remove();
                merged++;
                if (focused) {
                    this.field(this.rows.lastElementChild, "code").focus();
                }
                continue;
            }
            this.showRow(element, row);
        }
        if (merged) {
            this.number();
            this.tell(this.el.dataset.merged, "info");
        }
        this.totals(answer.totals);
    }

    showRow(element, row) {
        element.classList.toggle("o_ec_bad", row.state === "bad");
        element.classList.toggle("o_ec_good", row.state === "good");
        for (const name of ["code", "quantity"]) {
            this.field(element, name).setAttribute("aria-invalid", row.state === "bad");
        }
        const quantity = this.field(element, "quantity");
        if (row.state === "good" || row.problem === "asked") {
            quantity.value = row.quantity;
        }
        this.field(element, "name").textContent = row.name || "";
        this.field(element, "unit").textContent = row.unit || "";
        for (const name of ["price", "amount"]) {
            const cell = this.field(element, name);
            if (cell) {
                cell.textContent = row.state === "bad" && name === "amount" ? "" : row[name] || "";
            }
        }
        const message = this.field(element, "message");
        message.replaceChildren(document.createTextNode(row.message));
        for (const fix of row.fixes) {
            message.append(this.button(fix, "o_ec_fix", { fix }));
        }
        if (row.problem === "asked") {
            message.append(this.button(this.el.dataset.yes, "o_ec_sure"));
        }
        if (row.choices.length) {
            message.append(this.choice(row.choices));
        }
    }

    button(text, kind, data = {}) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = `btn btn-sm btn-secondary ms-1 ${kind}`;
        button.textContent = text;
        Object.assign(button.dataset, data);
        return button;
    }

    choice(choices) {
        const select = document.createElement("select");
        select.className = "form-select form-select-sm mt-1 o_ec_choice";
        select.setAttribute("aria-label", this.el.dataset.choose);
        select.append(new Option(this.el.dataset.choose, ""));
        for (const { id, label } of choices) {
            select.append(new Option(label, id));
        }
        return select;
    }

    totals(totals) {
        const foot = this.el.querySelector(".o_ec_totals");
        for (const name of ["good", "bad", "pieces", "amount"]) {
            const cell = foot.querySelector(`.o_ec_total_${name}`);
            if (cell) {
                cell.textContent = totals[name] ?? "";
            }
        }
        foot.querySelector(".o_ec_has_bad").classList.toggle("d-none", !totals.bad);
    }

    tell(text, kind) {
        const notice = this.el.querySelector(".o_ec_notice");
        notice.className = `o_ec_notice alert alert-${kind}`;
        notice.textContent = text;
    }
}

registry.category("public.interactions").add("ec_b2b_portal.order_pad", OrderPad);
