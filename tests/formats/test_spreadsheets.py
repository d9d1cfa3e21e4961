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

from eventapp.formats.spreadsheets import BOM, Sheet, csv_chunks, harmless, xlsx

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
