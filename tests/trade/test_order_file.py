"""Order files and rows, without a database."""

import io
from decimal import Decimal

import openpyxl
import pytest

from odoo.addons.ec_b2b_portal import order_file, order_rows

ROWS = [("A-1", "3"), ("和-2", "10")]
TEXT = "品番,数量\nA-1,3\n和-2,10\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_of_csv(encoding):
    assert order_file.read(TEXT.encode(encoding)) == ROWS


@pytest.mark.parametrize(
    "text",
    [
        "SKU,Quantity\nA-1,3\n和-2,10",
        "A-1,3\n和-2,10",
        "Ｓｋｕ\tQty\r\nA-1\t3\r\n\r\n和-2\t10\r\n",
        "name;数量;JANコード\nx;3;A-1\ny;10;和-2",
        '"A-1","3"\n"和-2","10"',
    ],
)
def test_headings_and_separators(text):
    assert order_file.read(text.encode()) == ROWS


def _book(*rows):
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def test_excel_numbers_are_codes_without_a_point():
    assert order_file.read(_book(["JAN", "数量"], [4901234567894, 3.0], ["007", 1.5])) == [
        ("4901234567894", "3"),
        ("007", "1.5"),
    ]


def test_excel_formula_stays_text():
    assert order_file.read(_book(["SKU", "Qty"], ["A-1", "=1+1"])) == [("A-1", "=1+1")]
    with pytest.raises(order_rows.Unread, match="formula"):
        order_rows.quantity("=1+1")


@pytest.mark.parametrize(
    "data, problem",
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n", "empty"),
        (b"SKU,Quantity\n", "empty"),
        (b"x" * (order_file.MAX_BYTES + 1), "too_big"),
        (b"\xd0\xcf\x11\xe0rest", "old_excel"),
        (b"PK\x03\x04 no zip", "unreadable"),
        (b"\x81\xff\xfe\x00\x81", "encoding"),
        (b"\x89PNG\r\n\x1a\n\xff\xff", "encoding"),
        (b"SKU,price\nA,1", "no_columns"),
        (b"A,1\n" * 301, "too_many_rows"),
        (b"\n" * 5000 + b"A,1", "too_many_rows"),
    ],
)
def test_files_that_are_refused(data, problem):
    with pytest.raises(order_file.FileProblem, match=f"^{problem}$"):
        order_file.read(data)


@pytest.mark.parametrize("damage", ["cut", "encrypted", "unknown"])
def test_a_damaged_or_encrypted_excel_file_is_refused(damage):
    import zipfile

    data = bytearray(_book(*([f"A-{number}", number] for number in range(300))))
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        sheet = packed.getinfo("xl/worksheets/sheet1.xml").header_offset
    central = data.rindex(b"PK\x01\x02", 0, data.rindex(b"xl/worksheets/sheet1.xml"))
    if damage == "cut":
        body = sheet + 30 + len("xl/worksheets/sheet1.xml")
        data[body : body + 20] = b"\xff" * 20
    elif damage == "encrypted":
        data[sheet + 6] |= 1
        data[central + 8] |= 1
    else:
        data[sheet + 8] = data[central + 10] = 97
    with pytest.raises(order_file.FileProblem, match="^unreadable$"):
        order_file.read(bytes(data))


def test_characters_that_excel_does_not_know_are_left_out():
    sheet = openpyxl.load_workbook(io.BytesIO(order_file.write_excel([("A\x0b-1", "\x01=1")]))).active
    assert (sheet["A1"].value, sheet["B1"].value) == ("A-1", "'=1")


def test_a_zip_that_unpacks_to_too_much_is_refused():
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"0" * (order_file.MAX_UNPACKED + 1))
    with pytest.raises(order_file.FileProblem, match="too_big"):
        order_file.read(out.getvalue())


@pytest.mark.parametrize(
    "text, number",
    [
        ("3", 3),
        ("１２", 12),
        (" 1,000 ", 1000),
        ("1.5", Decimal("1.5")),
        ("１，０００", 1000),
        ("999999999", 999999999),
    ],
)
def test_quantities(text, number):
    assert order_rows.quantity(text) == number


@pytest.mark.parametrize(
    "text, problem",
    [
        ("", "no_quantity"),
        ("abc", "not_a_number"),
        ("1e3", "not_a_number"),
        ("1,00", "not_a_number"),
        ("NaN", "not_a_number"),
        ("٣", "not_a_number"),
        ("0", "not_positive"),
        ("-5", "not_positive"),
        ("1000000000", "too_many"),
        ("=A1", "formula"),
    ],
)
def test_quantities_that_are_none(text, problem):
    with pytest.raises(order_rows.Unread, match=f"^{problem}$"):
        order_rows.quantity(text)


@pytest.mark.parametrize(
    "number, minimum, multiple, amounts",
    [(30, 0, 12, [24, 36]), (5, 0, 12, [12]), (5, 10, 0, [10]), (5, 10, 4, [12]), (13, 10, 4, [12, 16])],
)
def test_amounts_that_fit(number, minimum, multiple, amounts):
    assert order_rows.fitting(Decimal(number), Decimal(minimum), Decimal(multiple)) == amounts


def test_what_is_written_is_never_run():
    rows = [("SKU", "Name"), ("=1+1", "@x"), ("-5", "+SUM(A1)"), ("-cmd", "\t=1")]
    text = order_file.write_csv(rows).decode("utf-8-sig")
    assert text == "SKU,Name\r\n'=1+1,'@x\r\n-5,'+SUM(A1)\r\n'-cmd,'\t=1\r\n"
    sheet = openpyxl.load_workbook(io.BytesIO(order_file.write_excel(rows))).active
    assert [[cell.data_type for cell in row] for row in sheet.iter_rows()] == [["s", "s"]] * 4
    assert sheet["A2"].value == "'=1+1"
