import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, onWillUnmount, useEffect, xml } from "@odoo/owl";

const PAUSE = 2000;

/** Reads the record again every two seconds as long as its state is "running" and somebody looks at it. */
export class ReloadWhileRunning extends Component {
    static template = xml`<span class="d-none"/>`;
    static props = { ...standardWidgetProps };

    setup() {
        useEffect(
            (running) => {
                if (running) {
                    this.wait();
                }
                return () => clearTimeout(this.timer);
            },
            () => [this.props.record.data.state === "running"]
        );
        onWillUnmount(() => {
            this.gone = true;
        });
    }

    wait() {
        this.timer = setTimeout(() => this.reload(), PAUSE);
    }

    async reload() {
        if (!document.hidden) {
            await this.props.record.load();
        }
        if (!this.gone && this.props.record.data.state === "running") {
            this.wait();
        }
    }
}

registry.category("view_widgets").add("ec_reload_while_running", { component: ReloadWhileRunning });
