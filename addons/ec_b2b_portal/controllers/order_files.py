import json

from werkzeug.exceptions import NotFound

from odoo.http import Controller, content_disposition, request, route

from .. import order_file
from ..order_rows import MAX_CODE, MAX_ROWS
from . import reading
from .order_pad import Deal, pad_buyer, read_rows

TYPES = {
    "csv": "text/csv;charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class TradeOrderFiles(Controller):
    """Order files up and down."""

    @route("/my/trade/order/upload", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    def upload(self, **kwargs):
        """The rows of a file as text, for the pad to show, check and correct."""
        pad_buyer()
        sent = request.httprequest.files.get("file")
        try:
            found = order_file.read(sent.stream.read(order_file.MAX_BYTES + 1) if sent else b"")
        except order_file.FileProblem as problem:
            return request.make_json_response({"error": self._sentence(str(problem))})
        rows = [{"code": code[: MAX_CODE + 1], "quantity": number[:MAX_CODE]} for code, number in found]
        return request.make_json_response({"rows": rows})

    @route("/my/trade/order/template.<string:kind>", type="http", auth="user", website=True, sitemap=False)
    def template(self, kind, **kwargs):
        pad_buyer()
        return self._file(kind, "order-template", [self._headings()[:2]])

    @route("/my/trade/order/report", type="http", auth="user", website=True, methods=["POST"], sitemap=False)
    def report(self, rows="[]", kind="xlsx", **kwargs):
        deal = Deal.of(pad_buyer())
        try:
            sent = read_rows(json.loads(reading.text(rows)))
        except (ValueError, RecursionError) as error:
            raise NotFound from error
        names = ["code", "quantity", "name", "price", "amount", "message"]
        places = {row.key: number for number, row in enumerate(sent, 1)}
        table = [self._headings()]
        for answer in deal.answer(deal.check(sent))["rows"]:
            if answer["into"]:
                answer["message"] = request.env._("Added to row %(row)s.", row=places[answer["into"]])
            table.append([answer.get(name, "") for name in names])
        return self._file(kind, "order-check", table)

    def _headings(self):
        _ = request.env._
        return [_("Item Code"), _("Quantity"), _("Product"), _("Net Price"), _("Amount"), _("Answer")]

    def _file(self, kind, name, table):
        if kind not in TYPES:
            raise NotFound
        data = order_file.write_csv(table) if kind == "csv" else order_file.write_excel(table, (20, 12, 40, 14, 14, 60))
        headers = [("Content-Type", TYPES[kind]), ("Content-Disposition", content_disposition(f"{name}.{kind}"))]
        return request.make_response(data, headers)

    def _sentence(self, problem):
        """Why a file was not read and what to do about it."""
        _ = request.env._
        megabytes = order_file.MAX_BYTES // 1024 // 1024
        return {
            "too_big": _("This file is too large: %(megabytes)s MB at most.", megabytes=megabytes),
            "empty": _("There are no rows in this file."),
            "old_excel": _("This is an Excel file of the old kind (.xls). Save it as .xlsx or CSV, please."),
            "unreadable": _("This file cannot be read. Send an Excel file (.xlsx) or a CSV file, please."),
            "encoding": _("The characters of this file cannot be read. Save it as CSV in UTF-8 or Shift JIS, please."),
            "too_many_rows": _("This file has more than %(rows)s rows. Split it, please.", rows=MAX_ROWS),
            "no_columns": _("One column must be called “Item Code”, “SKU” or “JAN”, another one “Quantity”."),
        }[problem]
