import { useRecordObserver } from "@web/model/relational_model/utils";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, onWillUnmount, xml } from "@odoo/owl";

const PAUSE = 2000;

/** Reads the record again every two seconds as long as its state is "running" and somebody looks at it. */
export class ReloadWhileRunning extends Component {
    static template = xml`<span class="d-none"/>`;
    static props = { ...standardWidgetProps };

    setup() {
        useRecordObserver((record) => this.follow(record.data.state === "running"));
        onWillUnmount(() => this.follow(false));
    }

    follow(running) {
        clearTimeout(this.timer);
        this.running = running;
        this.timer = running && setTimeout(() => this.reload(), PAUSE);
    }

    async reload() {
        if (!document.hidden) {
            await this.props.record.load();
        }
        if (this.running) {
            this.follow(true);
        }
    }
}

registry.category("view_widgets").add("ec_reload_while_running", { component: ReloadWhileRunning });
