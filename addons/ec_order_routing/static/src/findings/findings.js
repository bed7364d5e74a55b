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

    get looks() {
        return {
            error: { row: "list-group-item-danger", icon: "fa-times-circle", text: _t("Error") },
            warning: { row: "list-group-item-warning", icon: "fa-exclamation-triangle", text: _t("Warning") },
            info: { row: "list-group-item-light", icon: "fa-info-circle", text: _t("Note") },
        };
    }

    async open(finding) {
        const { record } = this.props;
        if (await record.save()) {
            await this.action.doAction(
                { type: "ir.actions.act_window", res_model: "ec.rule", res_id: finding.rule_id, views: [[false, "form"]], target: "new", name: finding.name },
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
