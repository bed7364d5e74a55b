from odoo.tests import tagged

from .common import TradeCommon


@tagged("post_install", "-at_install")
class TestRender(TradeCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.picking = cls._delivery([(cls.towel, 24, 3)])
        cls._pack(cls.picking, {cls.towel: 12})
        cls.order = cls.picking.sale_id
        cls._done(cls.picking)
        cls.move = cls.order._create_invoices()
        cls.move.action_post()
        cls.records = {
            "order_confirmation": cls.order,
            "proforma_invoice": cls.order,
            "commercial_invoice": cls.move,
            "packing_list": cls.picking,
        }

    def test_each_document_in_each_language(self):
        titles = {
            "en_US": ("Order Confirmation", "Proforma Invoice", "Commercial Invoice", "Packing List"),
            "ja_JP": ("注文請書", "プロフォーマインボイス", "コマーシャルインボイス", "パッキングリスト"),
            "zh_CN": ("订单确认书", "形式发票", "商业发票", "装箱单"),
        }
        for lang, names in titles.items():
            for (kind, record), title in zip(self.records.items(), names, strict=True):
                with self.subTest(lang=lang, kind=kind):
                    page = self.documents._html(kind, record, lang).decode()
                    self.assertIn(f"<h1>{title}</h1>", page)
                    self.assertIn(f'lang="{lang.replace("_", "-")}"', page)
                    self.assertIn(record.name, page)

    def test_no_label_is_left_untranslated(self):
        self.order.write({"ec_marks": "X", "ec_document_note": "Y", "ec_vessel": "V", "ec_etd": "2026-12-05"})
        for lang in ("ja_JP", "zh_CN"):
            for kind, record in self.records.items():
                document = self.documents._documents(kind, record, lang)[0]
                english = self.documents._documents(kind, record, "en_US")[0]
                for name in ("parties", "facts", "totals", "notes"):
                    pairs = zip(getattr(document, name), getattr(english, name), strict=True)
                    self.assertFalse([label for (label, _), (plain, _) in pairs if label == plain], (lang, kind, name))

    def test_the_dialog_prints_its_language(self):
        dialog = self.env["ec.trade.print"].create(
            {"kind": "packing_list", "res_ids": self.picking.ids, "lang": "zh_CN"}
        )
        page = self.env["ir.actions.report"]._render_qweb_html("ec_trade_document.report_print", dialog.ids)[0].decode()
        self.assertIn("装箱单", page)
        self.assertNotIn("/", dialog._file_name())

    def test_render_gives_bytes(self):
        self.assertIsInstance(self.documents._render("packing_list", self.picking), bytes)

    def test_a_name_is_text_not_markup(self):
        self.towel.name = "<b>Towel</b>"
        self.assertIn("&lt;b&gt;Towel&lt;/b&gt;", self.documents._html("packing_list", self.picking).decode())

    def test_the_seller_as_written_for_the_language(self):
        self.company.ec_seller_block = "HATOBA TRADING CO., LTD.\nYokohama"
        self.company.with_context(lang="ja_JP").ec_seller_block = "波止場貿易株式会社\n横浜"
        page = self.documents._html("commercial_invoice", self.move, "ja_JP").decode()
        self.assertIn("波止場貿易株式会社", page)
        self.assertNotIn("HATOBA TRADING", page)
        self.assertIn("HATOBA TRADING", self.documents._html("commercial_invoice", self.move, "en_US").decode())

    def test_the_print_menu_offers_them(self):
        def offered(model):
            bindings = self.env["ir.actions.actions"].get_bindings(model)["report"]
            return {action["name"] for action in bindings}

        self.assertLessEqual({"Order Confirmation", "Proforma Invoice"}, offered("sale.order"))
        self.assertIn("Commercial Invoice", offered("account.move"))
        self.assertIn("Packing List", offered("stock.picking"))

    def test_the_number_of_queries_does_not_grow_with_the_cartons(self):
        few = self._delivery([(self.towel, 20, 3)])
        self._pack(few, {self.towel: 10})
        many = self._delivery([(self.towel, 400, 3)])
        self._pack(many, {self.towel: 10})

        def queries(picking):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.documents._documents("packing_list", picking, "en_US")
            return self.env.cr.sql_log_count - before

        queries(few)
        self.assertLessEqual(queries(many), queries(few) + 2)
