import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useBus } from "@web/core/utils/hooks";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component, useRef } from "@odoo/owl";

const NUMBERS = ["integer", "amount", "float"];

/**
 * The arguments of a function, drawn from their kinds: `args_form` of the record says which there are.
 * The value is a plain object; null stands for an argument left empty.
 */
export class ArgumentsField extends Component {
    static template = "ec_order_routing.Arguments";
    static components = { RecordSelector };
    static props = { ...standardFieldProps };

    setup() {
        this.root = useRef("root");
        this.updating = Promise.resolve();
        this.changed = {}; // not in the record yet
        this.typed = {}; // not even a change yet: drawing again must not take it away
        useBus(this.props.record.model.bus, "NEED_LOCAL_CHANGES", ({ detail }) => detail.proms.push(this.commit()));
    }

    get args() {
        return this.props.record.data.args_form || [];
    }

    get values() {
        return { ...this.props.record.data[this.props.name], ...this.changed };
    }

    text(arg) {
        return this.typed[arg.name] ?? this.values[arg.name] ?? "";
    }

    id(arg) {
        return `${this.props.record.id}_${arg.name}`;
    }

    /** Which of the template's inputs draws this kind. */
    look(arg) {
        if (arg.model) {
            return "record";
        }
        if (arg.kind === "codes" || arg.kind === "widths") {
            return arg.choices.length ? "checks" : "tags";
        }
        if (arg.kind === "boolean") {
            return "boolean";
        }
        return arg.choices.length ? "choice" : "input";
    }

    inputType(arg) {
        return NUMBERS.includes(arg.kind) ? "number" : { date: "date", time: "time" }[arg.kind] || "text";
    }

    step(arg) {
        return NUMBERS.includes(arg.kind) ? (arg.kind === "integer" ? "1" : "any") : undefined;
    }

    missing(arg) {
        const value = this.values[arg.name];
        return arg.required && (value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length));
    }

    // ---- changing

    /** One change after the other: the next one may come before the record has answered. */
    set(arg, value) {
        if (JSON.stringify(this.values[arg.name]) === JSON.stringify(value)) {
            return this.updating;
        }
        this.changed[arg.name] = value;
        this.updating = this.updating.catch(() => {}).then(async () => {
            const taken = { ...this.changed };
            await this.props.record.update({ [this.props.name]: this.values });
            for (const [name, each] of Object.entries(taken)) {
                if (this.changed[name] === each) {
                    delete this.changed[name];
                }
            }
        });
        return this.updating;
    }

    /** Before saving: what is being typed counts, and what is on its way has to arrive. */
    commit() {
        const typing = document.activeElement;
        this.args.forEach((arg) => this.take(arg));
        if (this.root.el?.contains(typing) && typing.matches("input.o_input") && !typing.closest(".o-autocomplete")) {
            typing.dispatchEvent(new Event("change", { bubbles: true }));
        }
        return this.updating;
    }

    onType(arg, ev) {
        this.typed[arg.name] = ev.target.value;
    }

    /** What was typed becomes the value. A browser tells no change of an input that was drawn again meanwhile: leaving it counts, too. */
    take(arg) {
        const text = this.typed[arg.name]?.trim();
        delete this.typed[arg.name];
        if (!text) {
            return text === "" ? this.set(arg, null) : this.updating;
        }
        const value = NUMBERS.includes(arg.kind) ? Number(text) : text;
        return this.set(arg, arg.kind === "integer" ? Math.trunc(value) : value);
    }

    onRecord(arg, id) {
        return this.set(arg, id || null);
    }

    domain(arg) {
        return arg.domain;
    }

    // ---- lists

    list(arg) {
        return this.values[arg.name] || [];
    }

    onCheck(arg, value, ev) {
        const rest = this.list(arg).filter((item) => item !== value);
        const kept = ev.target.checked ? [...rest, value] : rest;
        return this.set(arg, arg.choices.map(([each]) => each).filter((each) => kept.includes(each)));
    }

    /** Several at once, as pasted from a sheet: separated by commas, Japanese commas or line breaks. */
    onTags(arg, ev) {
        const typed = ev.target.value.split(/[,、\n]/).map((text) => text.trim()).filter(Boolean);
        ev.target.value = "";
        const items = arg.kind === "widths" ? typed.map(Number).filter((number) => number > 0).map(Math.trunc) : typed;
        if (items.length) {
            return this.set(arg, [...new Set([...this.list(arg), ...items])]);
        }
    }

    onTagKey(arg, ev) {
        if (ev.key === "Enter") {
            ev.preventDefault();
            ev.stopPropagation();
            return this.onTags(arg, ev);
        }
        if (ev.key === "Backspace" && !ev.target.value) {
            return this.set(arg, this.list(arg).slice(0, -1));
        }
    }

    removeTag(arg, item) {
        return this.set(arg, this.list(arg).filter((each) => each !== item));
    }

    get emptyText() {
        return _t("Nothing to fill in.");
    }

    get addText() {
        return _t("Type and press Enter");
    }

    get noChoiceText() {
        return _t("Choose…");
    }

    removeText(item) {
        return _t("Remove %s", item);
    }
}

export const argumentsField = {
    component: ArgumentsField,
    displayName: _t("Arguments of a function"),
    supportedTypes: ["json"],
    fieldDependencies: [{ name: "args_form", type: "json", readonly: true }],
    isEmpty: () => false,
};

registry.category("fields").add("ec_arguments", argumentsField);
