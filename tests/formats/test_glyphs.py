"""Every sign that Unicode assigns, in documents: drawn when a font has it, spelled when none has."""

from __future__ import annotations

import io
import sys
import unicodedata
from datetime import UTC, datetime
from typing import Any

import pypdf
import pytest
from flask import Flask

from eventapp import pdf
from eventapp.formats.glyphs import TABLE, drawable
from tools import glyphs as tool

NOW = datetime(2024, 7, 1, tzinfo=UTC)
ROW = 64  # signs to a paragraph
STEP = 97  # of signs that are spelled, however many: the blocks are large and all alike


def every_sign() -> list[str]:
    """Each sign that a font has, and of those that none has every so many, from each block and category."""
    found = []
    for number in range(sys.maxunicode + 1):
        sign = chr(number)
        if unicodedata.category(sign) != "Cs" and (number < 0x3000 or number % STEP == 0 or drawable(sign) == sign):
            found.append(sign)
    return found


def letter(paragraphs: list[str], **other: Any) -> dict[str, Any]:
    """Values for templates/pdf/letter.typ."""
    texts = {"title": "T", "sender": "S", "lang": "da", "page_word": "Side", "of_word": "af", "date": "D"}
    lists: dict[str, Any] = {"references": [], "addressee": [], "facts": [], "closing": [], "signature": []}
    return {**texts, **lists, "paragraphs": paragraphs, **other}


def text_of(content: bytes) -> str:
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


def rows(signs: list[str], before: str) -> list[str]:
    return ["".join(before + one for one in signs[at : at + ROW]) for at in range(0, len(signs), ROW)]


@pytest.mark.engines("sqlite")
@pytest.mark.seconds(600)
@pytest.mark.parametrize("before", ["", " a", "\U0001f600"])  # beside each other, behind a letter, behind an emoji
def test_a_document_with_every_sign_comes_out(app: Flask, before: str) -> None:
    signs = every_sign()
    assert len(signs) > 50_000
    with app.app_context():
        content = pdf.make("letter.typ", letter([*rows(signs, before), "我支持"]), NOW)
    assert "我支持" in unicodedata.normalize(
        "NFKC", text_of(content)
    )  # so it was not the way out with Latin letters alone


@pytest.mark.engines("sqlite")
def test_what_no_font_has_stands_there_as_its_number(app: Flask) -> None:
    text = "Punkt \uf0b7 og \uf8ff og \U0001fa00 og \x07, 我支持"
    with app.app_context():
        shown = text_of(pdf.make("letter.typ", letter([text]), NOW))
    assert "Punkt • og [U+F8FF] og [U+1FA00] og [U+0007], 我支持" in " ".join(shown.split())


@pytest.mark.engines("sqlite")
def test_one_sign_in_any_place_of_a_letter_is_no_reason_to_refuse_it(app: Flask) -> None:
    sign = "😀\u0301\ufeff\x00\ue000\u202e"
    with app.app_context():
        told = letter([sign], title=sign, sender=sign, date=sign, facts=[[sign, sign]])
        told |= {name: [sign] for name in ("references", "addressee", "closing", "signature")}
        assert pdf.make("letter.typ", told, NOW).startswith(b"%PDF-")


@pytest.mark.engines("sqlite")
def test_a_refused_document_is_made_once_more_with_latin_letters_alone(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "drawable", lambda data, plainly=False: drawable(data, plainly=True) if plainly else data)
    with app.app_context():
        shown = text_of(pdf.make("letter.typ", letter(["æøå 我 \ue000"]), NOW))
    assert "æøå [U+6211] [U+E000]" in " ".join(shown.split())


@pytest.mark.engines("sqlite")
def test_the_table_of_covered_signs_is_that_of_the_fonts_which_are_installed() -> None:
    assert TABLE.read_text("ascii") == tool.table(tool.covered()), "python -m tools.glyphs writes it anew"


def test_texts_are_spelled_wherever_they_stand_and_nothing_else_changes() -> None:
    told = {"a": ["\ue000", ("b\x01", 3, None)], "c": {"d": "rødgrød\r\nmed fløde\tog ☐"}}
    assert drawable(told) == {"a": ["[U+E000]", ["b[U+0001]", 3, None]], "c": {"d": "rødgrød\nmed fløde\tog □"}}
