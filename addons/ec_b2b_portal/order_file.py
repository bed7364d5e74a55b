"""Order files: bytes to rows of (code, quantity) as text, and rows to CSV and Excel that no spreadsheet runs."""

import csv
import io
import re
import unicodedata
import zipfile
import zlib
from datetime import date, datetime

import openpyxl
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils.exceptions import InvalidFileException

from .order_rows import MAX_ROWS

MAX_BYTES = 5 * 1024 * 1024
MAX_UNPACKED = 50 * 1024 * 1024
MAX_COLUMNS = 50
CODES = {"sku", "code", "item", "itemcode", "productcode", "jan", "jancode", "ean", "barcode", "internalreference", "品番", "商品コード", "商品番号", "商品", "コード", "janコード", "バーコード", "型番", "内部参照"}  # fmt: skip
QUANTITIES = {"quantity", "qty", "pieces", "pcs", "amount", "orderquantity", "数量", "注文数", "注文数量", "発注数", "発注数量", "個数"}  # fmt: skip
RUN_BY_SPREADSHEETS = re.compile(r"^[\s\x00-\x20]*[=+\-@\t\r]")
# what no order file holds, but a picture read as text does: control and private characters
NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ue000-\uf8ff]")
PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


class FileProblem(ValueError):
    """Why a file cannot be read at all; its argument is a stable code."""


def read(data):
    """[(code, quantity)] of a CSV or Excel file, headings and empty rows left out, everything as text.

    :param bytes data: the whole file
    :raise FileProblem: too_big, empty, old_excel, unreadable, encoding, too_many_rows, no_columns
    """
    if len(data) > MAX_BYTES:
        raise FileProblem("too_big")
    if not data.strip(b"\x00\r\n\t ,;\xef\xbb\xbf"):
        raise FileProblem("empty")
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileProblem("old_excel")
    table = _excel(data) if data.startswith(b"PK") else _csv(_text(data))
    return _rows(table)


def _rows(table):
    rows, columns = [], None
    for number, cells in enumerate(table):
        if number > 4 * MAX_ROWS:
            raise FileProblem("too_many_rows")
        if not any(cells):
            continue
        if columns is None:
            columns = _columns(cells)
            if columns:
                continue
            columns = (0, 1)
        code, quantity = (cells[place] if place < len(cells) else "" for place in columns)
        if not code and not quantity:
            continue
        rows.append((code, quantity))
        if len(rows) > MAX_ROWS:
            raise FileProblem("too_many_rows")
    if not rows:
        raise FileProblem("empty")
    return rows


def _columns(cells):
    """The places of code and quantity in a heading; None if these cells are no heading."""
    names = [re.sub(r"[\s_\-./()]", "", unicodedata.normalize("NFKC", cell)).lower() for cell in cells]
    code = next((place for place, name in enumerate(names) if name in CODES), None)
    quantity = next((place for place, name in enumerate(names) if name in QUANTITIES), None)
    if code is None and quantity is None:
        return None
    if code is None or quantity is None:
        raise FileProblem("no_columns")
    return code, quantity


# ---- CSV


def _text(data):
    """The text of bytes in UTF-8, UTF-16 or Shift JIS (cp932); never with characters replaced."""
    encodings = ["utf-16"] if data.startswith((b"\xff\xfe", b"\xfe\xff")) else []
    if not encodings and (half := data[: len(data) // 2 * 2]):
        # without a mark: ASCII in UTF-16 has a zero in every other byte
        if half[1::2].count(0) > len(half) // 4:
            encodings = ["utf-16-le"]
        elif half[::2].count(0) > len(half) // 4:
            encodings = ["utf-16-be"]
    for encoding in encodings or ["utf-8-sig", "cp932"]:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not NO_TEXT.search(text):
            return text
    raise FileProblem("encoding")


def _csv(text):
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(("\t", ",", ";"), key=first.count)
    try:
        for cells in csv.reader(io.StringIO(text), delimiter=delimiter):
            yield [cell.strip() for cell in cells[:MAX_COLUMNS]]
    except csv.Error as error:
        raise FileProblem("unreadable") from error


# ---- Excel


def _excel(data):
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(item.file_size for item in packed.infolist()) > MAX_UNPACKED:
                raise FileProblem("too_big")
        # formulas are kept as text, never their results
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        for cells in book.worksheets[0].iter_rows(max_col=MAX_COLUMNS, values_only=True):
            yield [_cell(value) for value in cells]
    except FileProblem:
        raise
    # openpyxl tells broken files by whatever it meets inside; RuntimeError: encrypted, or packed in an unknown way
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, IndexError, AttributeError, OSError, EOFError, SyntaxError, RuntimeError, zlib.error) as error:  # fmt: skip
        raise FileProblem("unreadable") from error


def _cell(value):
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value).strip()


# ---- writing


def neutral(value):
    """A text that a spreadsheet shows and does not run: what looks like a formula gets an apostrophe before it."""
    text = str(value)
    return f"'{text}" if RUN_BY_SPREADSHEETS.match(text) and not PLAIN_NUMBER.fullmatch(text) else text


def write_csv(rows):
    """The bytes of a CSV file that Excel opens in any language: UTF-8 with a mark."""
    out = io.StringIO()
    csv.writer(out).writerows([neutral(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def write_excel(rows, widths=()):
    """The bytes of an Excel file; every cell is text, so that codes keep their zeros."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append([neutral(ILLEGAL_CHARACTERS_RE.sub("", str(cell))) for cell in row])
    for cells in sheet.iter_rows():
        for cell in cells:
            cell.number_format = "@"
            cell.data_type = "s"
    for number, width in enumerate(widths):
        sheet.column_dimensions["ABCDEFGH"[number]].width = width
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
