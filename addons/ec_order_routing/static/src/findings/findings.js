import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { Component } from "@odoo/owl";

/** What is wrong or doubtful about a draft; each finding opens its rule. */
export class FindingsField extends Component {
    static template = "ec_order_routing.Findings";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
    }

    get findings() {
        return this.props.record.data[this.props.name] || [];
    }

    levelText(finding) {
        return finding.level === "error" ? _t("Error") : _t("Warning");
    }

    async open(finding) {
        const { record } = this.props;
        if (await record.save()) {
            await this.action.doAction(
                { type: "ir.actions.act_window", res_model: finding.model, res_id: finding.rule_id, views: [[false, "form"]], target: "new", name: finding.name },
                { onClose: () => record.load() }
            );
        }
    }
}

export const findingsField = {
    component: FindingsField,
    displayName: _t("Findings about rules"),
    supportedTypes: ["json"],
    isEmpty: () => false,
};

registry.category("fields").add("ec_findings", findingsField);
