import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";

/**
 * What can be done to the selected orders, else to the one in focus, by key, from the bar above the rows and beside the order:
 * `registry.category("ec_order_board_action").add(key, item, { sequence })` with
 *   label      on its buttons
 *   help       what the key does, for the list of keys
 *   hotkey     one character that no other action has
 *   more       true: in the menu "More", not in the bar itself
 *   onOrder    (panel, ids) => whether it has a button beside this order; ids: the selected orders and this one
 *   together   true: that button is about all of these, not about this order alone
 *   run        (board, ids); without it: the server's preview of this key (`_board_actions`), and then exactly that
 *   undo       key of the action that takes it back
 */
const ACTIONS = registry.category("ec_order_board_action");
const held = (panel) => panel.holds.length > 0;

ACTIONS.add("release", { label: _t("Release…"), help: _t("Release holds"), hotkey: "r", onOrder: held, run: (board, ids) => board.act("release", { ids }) }, { sequence: 10 });
ACTIONS.add("confirm", { label: _t("Confirm"), help: _t("Confirm what can ship"), hotkey: "y", onOrder: (panel) => panel.confirmable }, { sequence: 20 });
ACTIONS.add("assign", { label: _t("Assign…"), help: _t("Assign to a colleague"), hotkey: "a", onOrder: held, run: (board, ids) => board.act("assign", { ids }) }, { sequence: 30 });
ACTIONS.add("comment", { label: _t("Note…"), help: _t("Write a note"), hotkey: "c", onOrder: () => true, run: (board, ids) => board.comment(ids) }, { sequence: 40 });
ACTIONS.add("due", { label: _t("Due Date…"), help: _t("Set the due date"), hotkey: "d", more: true, onOrder: held, run: (board, ids) => board.act("due", { ids }) }, { sequence: 50 });
ACTIONS.add("hold", { label: _t("Hold…"), help: _t("Put on hold"), hotkey: "h", more: true, onOrder: () => true, run: (board, ids) => board.hold(ids) }, { sequence: 51 });

/** `[{ key, label, … }]` in their order. allowed: keys of the server's actions that are for this user. */
export function actionsFor(allowed) {
    return ACTIONS.getEntries()
        .map(([key, item]) => ({ key, ...item }))
        .filter((action) => action.run || allowed.includes(action.key));
}
