"""What a file of sold goods says: rows of (line number, code, quantity, lot), pure."""

import csv
import io
import re
import unicodedata
import zipfile
from decimal import Decimal, InvalidOperation

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

MAX_BYTES = 5_000_000
MAX_ROWS = 10_000
MAX_QUANTITY = 1_000_000
GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
CODE = {"sku", "code", "product", "internal reference", "barcode", "jan", "商品コード", "品番", "janコード", "商品"}
QUANTITY = {"quantity", "qty", "sold", "数量", "販売数", "売上数"}
LOT = {"lot", "serial", "lot/serial number", "ロット", "シリアル", "ロット番号"}


class SheetError(Exception):
    """The file cannot be read; `code` is one of size, rows, text, excel, columns."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def rows(content):
    """[(line number, code, quantity, lot)] as text, without empty rows. The columns are those the first row names, or else
    code, quantity, lot.
    """
    if len(content) > MAX_BYTES:
        raise SheetError("size")
    lines = _excel(content) if content.startswith(b"PK") else _text(content)
    cells = [(number, [_clean(cell) for cell in line]) for number, line in enumerate(lines, 1)]
    cells = [(number, line) for number, line in cells if any(line)]
    if len(cells) > MAX_ROWS:
        raise SheetError("rows")
    columns = _columns(cells[0][1]) if cells else None
    if columns:
        cells = cells[1:]
    return [(number, *(_at(line, column) for column in columns or (0, 1, 2))) for number, line in cells]


def quantity(text):
    """The quantity as a Decimal greater than 0, or None. A comma groups thousands; "2,5" is no quantity."""
    if "," in text and not GROUPED.fullmatch(text):
        return None
    try:
        value = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
    return value if value.is_finite() and 0 < value <= MAX_QUANTITY else None


def _columns(header):
    names = [name.casefold() for name in header]

    def find(known):
        return next((at for at, name in enumerate(names) if name in known), None)

    code, units, lot = find(CODE), find(QUANTITY), find(LOT)
    if code is None and units is None:
        return None
    if code is None or units is None:
        raise SheetError("columns")
    return code, units, lot


def _at(line, column):
    return line[column] if column is not None and column < len(line) else ""


def _clean(cell):
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else unicodedata.normalize("NFKC", str(cell)).strip()


def _excel(content):
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        return list(book.worksheets[0].iter_rows(values_only=True, max_row=MAX_ROWS + 2, max_col=50))
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, IndexError) as error:
        raise SheetError("excel") from error


def _text(content):
    text = _decoded(content)
    first = text.partition("\n")[0]
    delimiter = max("\t;,", key=first.count)
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise SheetError("text") from error


def _decoded(content):
    encodings = ["utf-16"] if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp932"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise SheetError("text")
