import base64
import io

from openpyxl import Workbook

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ConsignmentCase


@tagged("post_install", "-at_install")
class TestImport(ConsignmentCase):
    def setUp(self):
        super().setUp()
        self.send(self.towel, 10)
        self.send(self.vase, 5)

    def _wizard(self, content, **vals):
        return self.env["ec.consignment.import"].create(
            {
                "agreement_id": self.agreement.id,
                "file": base64.b64encode(content),
                "filename": "sold.csv",
                "date": "2026-04-30",
                **vals,
            }
        )

    def _import(self, content, **vals):
        return self.env["ec.consignment.report"].browse(self._wizard(content, **vals).action_import()["res_id"])

    def test_encodings_and_columns(self):
        text = '商品コード,数量\n4900000000017,３\nV-1,"1,000"\n'
        expected = [(self.towel, 3), (self.vase, 1000)]
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp932"):
            report = self._import(text.encode(encoding), key=encoding)
            self.assertEqual([(line.product_id, line.quantity) for line in report.line_ids], expected, encoding)
            self.assertEqual(report.source, "file")
        self.assertEqual(self._import(b"T-1;2\n", key="plain").line_ids.quantity, 2)

    def test_excel(self):
        book = Workbook()
        for row in (["Quantity", "SKU"], [4, "T-1"], [None, None], [1.0, "4900000000017"]):
            book.active.append(row)
        content = io.BytesIO()
        book.save(content)
        report = self._import(content.getvalue())
        self.assertEqual(report.line_ids.mapped("quantity"), [4, 1])

    def test_the_same_file_is_taken_once(self):
        report = self._import(b"T-1,2\n")
        self.assertEqual(self._import(b"T-1,2\n"), report)
        report.action_settle()
        self.assertEqual(self._import(b"T-1,2\n"), report)

    def test_every_bad_line_is_named_and_nothing_taken(self):
        self.product("Other", default_code="V-1")
        wizard = self._wizard(
            b'code,quantity,lot\nX-9,1\nV-1,1\nT-1,many\nT-1,-1\nT-1,1,L9\n=cmd(),1\nT-1,2000000\nT-1,"2,5"\n'
        )
        action = wizard.action_import()
        self.assertEqual(action["res_id"], wizard.id)
        self.assertEqual(
            wizard.problems.split("\n"),
            [
                "Line 2: no product has the code or barcode “X-9”.",
                "Line 3: several products have the code “V-1”.",
                "Line 4: “many” is not a quantity greater than 0.",
                "Line 5: “-1” is not a quantity greater than 0.",
                "Line 6: [T-1] Towel has no lot “L9”.",
                "Line 7: no product has the code or barcode “=cmd()”.",
                "Line 8: “2000000” is not a quantity greater than 0.",
                "Line 9: “2,5” is not a quantity greater than 0.",
            ],
        )
        self.assertFalse(self.agreement.report_ids)

    def test_files_that_cannot_be_read(self):
        for content in (b"", b"PK\x03\x04 broken", b"\x00\xff\x81", b"SKU,name\nT-1,Towel\n", b"x" * 5_000_001):
            with self.assertRaises(UserError):
                self._wizard(content or b"\n").action_import()
