"""Tables as files for spreadsheets: CSV as Danish Excel reads it (domain.md 11.5), and XLSX.

What somebody typed is never a formula, in neither of them (reliability S42, S43).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from eventapp.clock import COPENHAGEN
from eventapp.languages import Text

if TYPE_CHECKING:  # loaded by who writes a workbook: it takes 3 MB in each process
    import xlsxwriter

Cell = Text | int | float | Decimal | datetime | bool | None
Row = Sequence[Cell]

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BOM = "\ufeff"  # by this Excel knows that the file is UTF-8
FORMULA_SIGNS = tuple("=+-@\t\r\n＝＋－＠")
CHUNK_ROWS = 500
WIDEST = 60  # characters to a column


@dataclass(frozen=True)
class Sheet:
    """A sheet with a header line; the header stays in sight."""

    title: str
    header: Sequence[str]
    rows: Iterable[Row]


def csv_chunks(header: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """The file in pieces: semicolons, CRLF, decimal comma, a mark of UTF-8 at the start."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    written.write(BOM)
    writer.writerow([harmless(name) for name in header])
    for number, row in enumerate(rows, 1):
        writer.writerow([_text(cell) for cell in row])
        if number % CHUNK_ROWS == 0:
            yield _taken(written)
    yield _taken(written)


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe stands before what would begin one."""
    text = text.replace("\0", "")
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text


def xlsx(sheets: Sequence[Sheet]) -> bytes:
    """A workbook; texts are written as texts, whatever they look like."""
    import xlsxwriter

    file = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": False}
    with xlsxwriter.Workbook(file, options) as book:
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        for sheet in sheets:
            _fill(book.add_worksheet(sheet.title[:31]), sheet, bold, wrapped)
    return file.getvalue()


def _fill(
    page: xlsxwriter.worksheet.Worksheet,
    sheet: Sheet,
    bold: xlsxwriter.format.Format,
    wrapped: xlsxwriter.format.Format,
) -> None:
    page.freeze_panes(1, 0)
    page.set_column(0, len(sheet.header) - 1, 22)
    if len(sheet.header) > 1:
        page.set_column(len(sheet.header) - 1, len(sheet.header) - 1, WIDEST if _has_long_last(sheet) else 22, wrapped)
    for column, name in enumerate(sheet.header):
        page.write_string(0, column, name, bold)
    for number, row in enumerate(sheet.rows, 1):
        for column, cell in enumerate(row):
            _write(page, number, column, cell)


def _has_long_last(sheet: Sheet) -> bool:
    rows = sheet.rows if isinstance(sheet.rows, Sequence) else ()
    return any(isinstance(row[-1], Text) and len(str(row[-1])) > WIDEST for row in rows)


def _write(page: xlsxwriter.worksheet.Worksheet, row: int, column: int, cell: Cell) -> None:
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        page.write_number(row, column, cell)
    elif cell is not None:
        page.write_string(row, column, _shown(cell).replace("\0", ""))


def _text(cell: Cell) -> str:
    if isinstance(cell, Text):
        return harmless(str(cell))
    if isinstance(cell, float | Decimal):
        return str(cell).replace(".", ",")
    return "" if cell is None else _shown(cell)


def _shown(cell: Text | int | float | Decimal | datetime) -> str:
    if isinstance(cell, datetime):
        return cell.astimezone(COPENHAGEN).strftime("%d-%m-%Y %H:%M")
    return str(cell)


def _taken(written: io.StringIO) -> str:
    text = written.getvalue()
    written.seek(0)
    written.truncate()
    return text
