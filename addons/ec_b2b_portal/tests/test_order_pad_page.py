from odoo.tests import HttpCase, tagged

from .order_common import PadWorld

# the answer to the first rows is lost on its way, the rows are changed, and the button is pressed again
LOST = """
    const wait = async (found) => { while (!found()) { await new Promise((done) => setTimeout(done, 50)); } };
    const all = (name) => [...document.querySelectorAll(`.o_ec_order_pad .o_ec_rows .o_ec_${name}`)];
    const typed = (place, code, quantity) => {
        all("code")[place].value = code;
        all("quantity")[place].value = quantity;
        all("code")[place].dispatchEvent(new Event("input", { bubbles: true }));
    };
    const open = XMLHttpRequest.prototype.open;
    let losing = true;
    XMLHttpRequest.prototype.open = function (method, url, ...more) {
        if (losing && url.includes("/my/trade/order/add")) {
            losing = false;
            this.addEventListener("load", (ev) => {
                ev.stopImmediatePropagation();
                this.dispatchEvent(new ProgressEvent("error"));
            }, { capture: true });
        }
        return open.call(this, method, url, ...more);
    };
    (async () => {
        await wait(() => all("code").length);
        typed(0, "A-1", "4");
        typed(1, "A-2", "5");
        const add = document.querySelector(".o_ec_order_pad .o_ec_add");
        add.click();
        await wait(() => document.querySelector(".o_ec_notice.alert-danger") && !add.hasAttribute("aria-disabled"));
        typed(1, "A-2", "7");
        typed(2, "A-3", "6");
        add.click();
        await wait(() => document.querySelector(".o_ec_notice.alert-success"));
        const left = all("code").map((code, place) => `${code.value} ${all("quantity")[place].value}`.trim()).join();
        if (left === "A-2 7,A-3 6,") { console.log("test successful"); } else { console.error(`left: ${left}`); }
    })();
"""


@tagged("post_install", "-at_install")
class TestOrderPadPage(PadWorld, HttpCase):
    def test_rows_changed_after_a_lost_answer_stay(self):
        self.browser_js(
            "/my/trade/order",
            LOST,
            "!!document.querySelector('.o_ec_order_pad .o_ec_rows .o_ec_code')",
            login=self.purchaser.login,
            timeout=20,
        )
        lines = self._drafts().order_line
        self.assertEqual([(line.product_id, line.product_uom_qty) for line in lines], [(self.cup, 4), (self.plate, 5)])
