import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

/** What routing does to orders from the board: each is shown before it is done, by `_board_actions` of the server. */
const ACTIONS = registry.category("ec_order_board_action");

ACTIONS.add(
    "combine",
    {
        label: _t("Ship Together"),
        help: _t("Ship together in one parcel"),
        hotkey: "t",
        undo: "uncombine",
        together: true,
        onOrder: (panel, ids) => ids.length > 1 && !panel.sections.parcel?.name,
    },
    { sequence: 60 }
);
ACTIONS.add(
    "split",
    { label: _t("Ship What Is There"), help: _t("Ship what is there, the rest later"), hotkey: "s", undo: "unsplit", onOrder: (panel) => panel.sections.parcel?.splittable },
    { sequence: 61 }
);
ACTIONS.add(
    "uncombine",
    { label: _t("Ship by Itself"), help: _t("Take out of the common parcel"), hotkey: "u", more: true, onOrder: (panel) => panel.sections.parcel?.name },
    { sequence: 62 }
);
ACTIONS.add(
    "unsplit",
    { label: _t("Ship All at Once"), help: _t("Make a split delivery one again"), hotkey: "m", more: true, onOrder: (panel) => panel.sections.parcel?.split },
    { sequence: 63 }
);
ACTIONS.add(
    "sort",
    {
        label: _t("Look Again"),
        help: _t("Have the rules look again"),
        hotkey: "l",
        more: true,
        onOrder: () => true,
        run: (board, ids) => board.call("sale.order", "action_ec_sort", ids),
    },
    { sequence: 64 }
);
