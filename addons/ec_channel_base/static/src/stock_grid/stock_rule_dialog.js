import { _t } from "@web/core/l10n/translation";
import { Dialog } from "@web/core/dialog/dialog";
import { KeepLast } from "@web/core/utils/concurrency";
import { debounce } from "@web/core/utils/timing";
import { useService } from "@web/core/utils/hooks";
import { Component, onWillStart, useState } from "@odoo/owl";

/** What an item rule would change, before it does. */
export class StockRuleDialog extends Component {
    static template = "ec_channel_base.StockRuleDialog";
    static components = { Dialog };
    static props = { close: Function, rule: String, productIds: Array, channels: Array, done: Function };

    setup() {
        this.orm = useService("orm");
        this.keepLast = new KeepLast();
        this.state = useState({
            units: 1,
            channels: Object.fromEntries(this.props.channels.map((channel) => [channel.id, true])),
            preview: null,
            busy: false,
        });
        this.later = debounce(() => this.look(), 300);
        onWillStart(() => this.look());
    }

    get title() {
        return {
            follow: _t("Follow the policy"),
            limit: _t("Show at most"),
            fixed: _t("Show always"),
            sold_out: _t("Sold out now"),
            paused: _t("Leave alone"),
            read: _t("Read again"),
        }[this.props.rule];
    }

    get text() {
        return {
            follow: _t("These items show what their policy allows."),
            limit: _t("These items never show more than this, even if there is more."),
            fixed: _t("These items always show this, whatever there is (made to order)."),
            sold_out: _t("These items show 0 at once, until they follow the policy again."),
            paused: _t("Nothing is sent for these items. Units that the shops show stay set aside for them."),
            read: _t("The shops are asked what they show of these items; Odoo goes on from there."),
        }[this.props.rule];
    }

    get summary() {
        const { items, figures, changes } = this.state.preview;
        return this.props.rule === "read"
            ? _t("%(items)s items, %(figures)s figures.", { items, figures })
            : _t("%(items)s items, %(figures)s figures; %(changes)s will change.", { items, figures, changes });
    }

    get moreText() {
        return _t("and %s more", this.state.preview.more);
    }

    get withUnits() {
        return ["limit", "fixed"].includes(this.props.rule);
    }

    get channelIds() {
        return this.props.channels.map((channel) => channel.id).filter((id) => this.state.channels[id]);
    }

    get arguments() {
        return [this.props.productIds, this.channelIds, this.props.rule, Math.max(0, Math.floor(Number(this.state.units) || 0))];
    }

    async look() {
        if (!this.channelIds.length) {
            this.state.preview = { items: 0, figures: 0, changes: 0, rows: [], more: 0 };
            return;
        }
        this.state.preview = await this.keepLast.add(this.orm.call("ec.stock.level", "grid_preview", this.arguments));
    }

    onUnits(ev) {
        this.state.units = ev.target.value;
        this.later();
    }

    toggle(id) {
        this.state.channels[id] = !this.state.channels[id];
        this.later();
    }

    async apply() {
        this.state.busy = true;
        try {
            await this.props.done(await this.orm.call("ec.stock.level", "grid_apply", this.arguments));
            this.props.close();
        } finally {
            this.state.busy = false;
        }
    }
}
