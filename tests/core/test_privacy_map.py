"""The map of personal information is complete: a new table must be entered in it."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask, g

from eventapp.db import Model
from eventapp.registration import fields

TEXT = (Path(__file__).parent.parent.parent / "docs" / "privacy.md").read_text("utf-8")
TABLES = Model.metadata.tables


def personal() -> dict[str, list[str]]:
    """Table -> its personal columns, as the document has them."""
    part = TEXT.split("### Tables with personal information")[1].split("### Tables without")[0]
    return {
        table: re.findall(r"`(\w+)`", columns)
        for table, columns in re.findall(r"^\| `(\w+)` \| (.*?) \|", part, re.MULTILINE)
    }


def impersonal() -> set[str]:
    part = TEXT.split("### Tables without")[1].split("The record of a case")[0]
    return set(re.findall(r"`(\w+)`", part))


def test_every_table_is_in_one_of_the_two_lists() -> None:
    assert set(personal()) | impersonal() == set(TABLES)
    assert not set(personal()) & impersonal()


def test_every_column_that_is_named_is_there() -> None:
    missing = [
        f"{table}.{column}"
        for table, columns in personal().items()
        for column in columns
        if column not in TABLES[table].columns
    ]
    assert missing == []


def test_no_table_without_personal_information_has_a_column_that_sounds_like_it() -> None:
    telling = {"email", "phone", "to_address", "question", "organisation"}
    found = {
        f"{name}.{column.name}" for name in impersonal() for column in TABLES[name].columns if column.name in telling
    }
    assert found == {"hearing.question"}  # the question that the hearing asks


def test_what_guests_are_asked_is_in_the_map_as_it_is_declared(app: Flask) -> None:
    part = TEXT.split("### What guests are asked")[1].split("### Tables without")[0]
    told = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in part.splitlines() if line[:1] == "|"]
    with app.test_request_context("/?lang=en"):
        g.lang = "en"
        asked = [(one.name, one.purpose, one.seen_by, one.ends) for one in fields.data_map()]
    assert told[2:] == asked
