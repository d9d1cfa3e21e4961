"""Tables as files for spreadsheets: CSV as Danish Excel reads it (domain.md 11.5), and XLSX.

What somebody typed is never a formula, in neither of them (reliability S42, S43).
"""

from __future__ import annotations

import csv
import io
import itertools
import re
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
LARGEST_CELL = 32_767  # UTF-16 units, as Excel says; a longer text would be left out
CUT = " […]"
LONGEST_SHEET_NAME = 31
A4 = 9  # its number in the file format
NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\]")
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


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
    """A workbook to read and to print; texts are texts, whatever they look like, moments and numbers what they are."""
    import xlsxwriter

    file = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": False}
    names: list[str] = []
    with xlsxwriter.Workbook(file, options) as book:
        styles = Styles(
            book.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
            book.add_format({"text_wrap": True, "valign": "top"}),
            book.add_format({"num_format": "dd-mm-yyyy hh:mm", "align": "left"}),
        )
        for sheet in sheets:
            names.append(sheet_name(sheet.title, names))
            _fill(book.add_worksheet(names[-1]), sheet, styles)
    return file.getvalue()


@dataclass(frozen=True)
class Styles:
    """How cells look."""

    header: xlsxwriter.format.Format
    wrapped: xlsxwriter.format.Format
    moment: xlsxwriter.format.Format


def sheet_name(title: str, taken: Sequence[str]) -> str:
    """A title as Excel takes it for the name of a sheet: at most 31 UTF-16 units, none of its signs, none twice."""
    kept = " ".join(NOT_IN_SHEET_NAMES.sub(" ", writable(title)).split()).strip("' ")
    known = {one.lower() for one in taken} | {"history", "historik"}  # Excel keeps these for itself
    for number in itertools.count(1):
        ending = "" if number == 1 else f" ({number})"
        name = _cut(kept, LONGEST_SHEET_NAME - len(ending)).rstrip("' ") + ending
        if name and name.lower() not in known:
            return name
    raise AssertionError


def writable(text: str) -> str:
    """Without the signs that XML cannot hold (XML 1.0, 2.2), so that a program opens the file; lines end in one way."""
    return NOT_IN_XML.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _cut(text: str, units: int) -> str:
    """So much of a text as fits into a number of UTF-16 units, in which Excel counts; no sign is torn apart."""
    return text.encode("utf-16-le", "ignore")[: units * 2].decode("utf-16-le", "ignore")


def _fill(page: xlsxwriter.worksheet.Worksheet, sheet: Sheet, styles: Styles) -> None:
    last = len(sheet.header) - 1
    page.freeze_panes(1, 0)
    page.set_landscape()
    page.set_paper(A4)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.set_column(0, last, 22)
    if last > 0:
        page.set_column(last, last, WIDEST if _has_long_last(sheet) else 22, styles.wrapped)
    for column, name in enumerate(sheet.header):
        page.write_string(0, column, writable(name), styles.header)
    for number, row in enumerate(sheet.rows, 1):
        for column, cell in enumerate(row):
            _write(page, (number, column), cell, styles)


def _has_long_last(sheet: Sheet) -> bool:
    rows = sheet.rows if isinstance(sheet.rows, Sequence) else ()
    return any(isinstance(row[-1], Text) and len(str(row[-1])) > WIDEST for row in rows)


def _write(page: xlsxwriter.worksheet.Worksheet, at: tuple[int, int], cell: Cell, styles: Styles) -> None:
    if isinstance(cell, datetime):
        page.write_datetime(*at, cell.astimezone(COPENHAGEN).replace(tzinfo=None), styles.moment)
    elif isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        page.write_number(*at, cell)
    elif cell is not None:
        text = writable(str(cell))
        page.write_string(*at, text if len(text) * 2 <= LARGEST_CELL else _fitting(text))


def _fitting(text: str) -> str:
    """A text as long as a cell can be; one that was cut says so."""
    cut = _cut(text, LARGEST_CELL)
    return text if cut == text else _cut(text, LARGEST_CELL - len(CUT)) + CUT


def _text(cell: Cell) -> str:
    if isinstance(cell, Text):
        return harmless(str(cell))
    if isinstance(cell, float | Decimal):
        return str(cell).replace(".", ",")
    return "" if cell is None else _shown(cell)


def _shown(cell: Text | int | datetime) -> str:
    if isinstance(cell, datetime):
        return cell.astimezone(COPENHAGEN).strftime("%d-%m-%Y %H:%M")
    return str(cell)


def _taken(written: io.StringIO) -> str:
    text = written.getvalue()
    written.seek(0)
    written.truncate()
    return text
