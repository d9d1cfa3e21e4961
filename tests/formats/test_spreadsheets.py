"""Files for spreadsheets: nothing that somebody typed is ever a formula (S42, S43)."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, datetime
from decimal import Decimal

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventapp.clock import COPENHAGEN
from eventapp.formats.spreadsheets import BOM, CUT, LARGEST_CELL, Sheet, csv_chunks, harmless, sheet_name, xlsx

SIGNS = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"]
PAYLOADS = [
    f"{sign}{rest}" for sign in SIGNS for rest in ("1+1", 'HYPERLINK("http://evil.example")', "cmd|' /C calc'!A0", "")
]


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix(BOM), newline=""), delimiter=";"))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_would_begin_a_formula_gets_an_apostrophe(payload: str) -> None:
    assert harmless(payload) == f"'{payload}"
    assert read("".join(csv_chunks(["Navn"], [[payload]])))[1] == [f"'{payload}"]


def test_a_null_sign_hides_nothing() -> None:
    assert harmless("\0=1+1") == "'=1+1"


@pytest.mark.parametrize("text", ["Anna", "O'Connor", "12-3", "a=b", "", "æøå", "Nguyễn"])
def test_ordinary_texts_stay(text: str) -> None:
    assert harmless(text) == text


def test_numbers_stay_numbers_and_moments_are_danish() -> None:
    moment = datetime(2023, 9, 28, 15, 0, tzinfo=UTC)
    line = read("".join(csv_chunks(["a"], [[-5, 72.5, Decimal("1.25"), moment, None, "+45 33 66 33 66"]])))[1]
    assert line == ["-5", "72,5", "1,25", "28-09-2023 17:00", "", "'+45 33 66 33 66"]


def test_long_tables_come_in_pieces() -> None:
    pieces = list(csv_chunks(["n"], ([number] for number in range(1200))))
    assert len(pieces) == 3
    assert len(read("".join(pieces))) == 1201


@given(st.lists(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2)))
def test_any_text_comes_back_in_its_own_cell(rows: list[list[str]]) -> None:
    found = read("".join(csv_chunks(["a", "b"], rows)))
    assert found[1:] == [[harmless(cell) for cell in row] for row in rows]
    assert not [cell for row in found for cell in row if cell.startswith(tuple(SIGNS))]


def test_a_workbook_holds_texts_as_texts() -> None:
    data = xlsx([Sheet("Gæster", ["Navn", "Tal"], [[payload, 3] for payload in PAYLOADS])])
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        assert b"<f" not in b"".join(book.read(name) for name in book.namelist() if "sheet1" in name)
    page = openpyxl.load_workbook(io.BytesIO(data))["Gæster"]
    assert {cell.data_type for (cell,) in page.iter_rows(min_row=2, max_col=1)} <= {"s", "n"}
    assert {cell.value for (cell,) in page.iter_rows(min_row=2, min_col=2)} == {3}


# --- any title, any text ---------------------------------------------------------------------------------------


def opened(sheets: list[Sheet]) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(xlsx(sheets)))


def test_every_sign_comes_back_from_a_cell_and_from_a_header() -> None:
    signs = [chr(number) for number in (*range(0xD800), *range(0xE000, 0x110000, 7), 0x1F600)]
    texts = ["".join(signs[at : at + 4000]) for at in range(0, len(signs), 4000)]
    sheet = opened([Sheet("Alt", texts, [texts])]).worksheets[0]
    for row in sheet.iter_rows(values_only=True):
        for typed, found in zip(texts, row, strict=True):
            kept = [sign for sign in typed if sign >= " " and sign not in "\ufffe\uffff\x7f"]
            assert [sign for sign in str(found) if sign >= " " and sign != "\x7f"] == kept


@pytest.mark.parametrize(
    "titles",
    [
        ["Hvem må [bygge]?", "a/b\\c:d*e", "'citat'", "", " ", "\x00", "History", "Historik", "😀" * 40, "😀" * 41],
        ["Samme", "samme", "SAMME", "x" * 40, "x" * 50],
    ],
)
def test_any_title_names_a_sheet_and_no_name_comes_twice(titles: list[str]) -> None:
    names = opened([Sheet(title, ["a"], []) for title in titles]).sheetnames
    assert len({name.lower() for name in names}) == len(titles)
    assert all(0 < len(name.encode("utf-16-le")) // 2 <= 31 for name in names)


@pytest.mark.parametrize("number", range(0, 0x3000, 0x100))
def test_every_sign_can_stand_in_the_name_of_a_sheet(number: int) -> None:
    titles = ["".join(map(chr, range(at, at + 16))) for at in range(number, number + 0x100, 16)]
    assert len(opened([Sheet(title, ["a"], []) for title in titles]).sheetnames) == 16


def test_a_title_that_was_fine_stays() -> None:
    assert sheet_name("Debat: om narkotika", []) == "Debat om narkotika"
    assert sheet_name("Gæster", ["Gæster"]) == "Gæster (2)"


def test_a_text_too_long_for_a_cell_is_cut_and_says_so() -> None:
    cells = [
        one.value for one in opened([Sheet("A", ["a"], [["æ" * LARGEST_CELL], ["😀" * 20_000]])]).worksheets[0]["A"]
    ]
    assert cells[1] == "æ" * LARGEST_CELL
    assert cells[2].endswith(CUT)
    assert set(cells[2].removesuffix(CUT)) == {"😀"}


def test_moments_and_numbers_are_what_they_are_and_the_print_repeats_its_header() -> None:
    at = datetime(2023, 9, 28, 15, 0, tzinfo=UTC)
    sheet = opened([Sheet("A", ["a", "b", "c"], [[at, 72.5, "0012"]])]).worksheets[0]
    assert [one.value for one in sheet[2]] == [at.astimezone(COPENHAGEN).replace(tzinfo=None), 72.5, "0012"]
    assert sheet["A2"].number_format == "dd-mm-yyyy hh:mm"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.print_title_rows == "$1:$1"
