"""Texts in more than one language: how one is kept, which is shown, and what it says of itself."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from flask import Flask, render_template_string
from flask_babel import force_locale

from eventapp.db import db
from eventapp.languages import NO_WORDS, Wording
from eventapp.mail.packing import pack, unpack
from eventapp.migrations import pairs

BOTH = Wording({"da": "Havnen", "en": "The harbour"})
DANISH = Wording("Havn & by")


def drawn(app: Flask, text: str, language: str, words: Wording) -> str:
    with app.test_request_context(), force_locale(language):
        return render_template_string(text, words=words)


@pytest.mark.engines("sqlite")
class TestShown:
    def test_text_is_in_the_language_of_the_page(self, app: Flask) -> None:
        assert drawn(app, "{{ words }}", "da", BOTH) == "Havnen"
        assert drawn(app, "{{ words }}", "en", BOTH) == "The harbour"

    def test_text_of_another_language_says_so(self, app: Flask) -> None:
        assert drawn(app, "{{ words }}", "da", DANISH) == "Havn &amp; by"
        assert drawn(app, "{{ words }}", "en", DANISH) == '<span lang="da">Havn &amp; by</span>'
        assert drawn(app, "{{ _('Case %(number)s', number=words) }}", "en", DANISH) == (
            'Case <span lang="da">Havn &amp; by</span>'
        )
        assert drawn(app, "{{ ['1', words]|join(' ') }}", "en", DANISH) == '1 <span lang="da">Havn &amp; by</span>'

    def test_where_no_element_can_stand_there_is_only_text(self, app: Flask) -> None:
        assert drawn(app, "{{ words|string }}", "en", DANISH) == "Havn &amp; by"
        assert drawn(app, "<p{{ words|lang_attribute }}>", "en", DANISH) == '<p lang="da">'
        assert drawn(app, "<p{{ words|lang_attribute }}>", "en", BOTH) == "<p>"
        assert drawn(app, "<p{{ words|lang_attribute }}>", "en", NO_WORDS) == "<p>"

    def test_title_of_a_page_holds_no_tags(self, app: Flask) -> None:
        page = "{% extends 'layouts/public.html' %}{% block title %}{{ words }}{% endblock %}"
        for words in (DANISH, Wording("<script>alert(1)</script>")):
            title = drawn(app, page, "en", words).split("<title>")[1].split("</title>")[0]
            assert "<" not in title
        assert "Havn &amp; by" in drawn(app, page, "en", DANISH).split("</title>")[0]

    def test_pieces_and_short_forms_keep_their_language(self, app: Flask) -> None:
        words = Wording("Første afsnit.\n\nAndet afsnit.")
        text = "{% for one in words.pieces() %}<p>{{ one }}</p>{% endfor %}"
        assert drawn(app, text, "en", words) == (
            '<p><span lang="da">Første afsnit.</span></p><p><span lang="da">Andet afsnit.</span></p>'
        )
        assert words.shortened(12).official == "Første…"
        assert words.shortened(100) == words

    def test_translations_are_all_but_the_official_text(self) -> None:
        assert BOTH.translations() == [Wording({"en": "The harbour"})]
        assert DANISH.translations() == []


class TestValue:
    def test_what_is_missing_is_shown_in_the_language_in_force(self) -> None:
        assert (DANISH.text("en"), DANISH.language("en"), DANISH.own("en")) == ("Havn & by", "da", "")
        assert (BOTH.text("en"), BOTH.language("en"), BOTH.own("en")) == ("The harbour", "en", "The harbour")
        only_english = Wording({"en": "Harbour"})
        assert (only_english.official, only_english.language("da")) == ("Harbour", "en")

    def test_empty_texts_are_none(self) -> None:
        assert Wording({"da": "", "en": ""}) == NO_WORDS == Wording()
        assert not NO_WORDS
        assert NO_WORDS.text("en") == ""
        assert Wording({"da": "Havn", "en": ""}) == Wording("Havn")

    def test_stored_and_read_it_is_the_same(self) -> None:
        for words in (BOTH, DANISH, NO_WORDS):
            assert Wording.load(words.dump()) == words
        assert Wording.load(None) == NO_WORDS
        assert BOTH.dump() == '{"da": "Havnen", "en": "The harbour"}'

    def test_a_mail_keeps_every_language(self) -> None:
        packed = pack({"title": BOTH, "list": [{"name": DANISH}]})
        assert unpack(json.loads(packed)) == {"title": BOTH, "list": [{"name": DANISH}]}

    def test_equal_words_are_equal_and_a_text_is_none(self) -> None:
        assert len({BOTH, Wording(BOTH.texts), DANISH}) == 2
        assert DANISH != "Havn & by"


ROWS = [("1", "Havnen", "The harbour"), ("2", "Kun dansk", ""), ("3", "", ""), ("4", "Æ 'ø' \"å\"", "%s {x}")]


@pytest.fixture
def pairs_table(app: Flask) -> sa.Table:
    """A table of yesterday with a pair of columns."""
    table = sa.Table(
        "old",
        sa.MetaData(),
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("title_en", sa.String(200), nullable=False),
    )
    with app.app_context(), db.engine.begin() as conn:
        table.create(conn)
        conn.execute(table.insert(), [dict(zip(table.columns.keys(), row, strict=True)) for row in ROWS])
    return table


def test_two_columns_become_one_and_back(app: Flask, pairs_table: sa.Table) -> None:
    with app.app_context(), db.engine.begin() as conn:
        with Operations.context(MigrationContext.configure(conn)):
            pairs.merge("old", {"title": 200})
        merged = conn.exec_driver_sql("SELECT id, title FROM old ORDER BY id").all()
        assert [(row_id, Wording.load(text)) for row_id, text in merged] == [
            (row_id, Wording({"da": danish, "en": english})) for row_id, danish, english in ROWS
        ]
        with Operations.context(MigrationContext.configure(conn)):
            pairs.split("old", {"title": 200})
        assert conn.exec_driver_sql("SELECT id, title, title_en FROM old ORDER BY id").all() == ROWS
        pairs_table.drop(conn)


def test_the_way_back_refuses_to_lose_a_third_language(app: Flask, pairs_table: sa.Table) -> None:
    with app.app_context(), db.engine.begin() as conn:
        with Operations.context(MigrationContext.configure(conn)):
            pairs.merge("old", {"title": 200})
            conn.exec_driver_sql("""UPDATE old SET title = '{"da": "Havn", "sv": "Hamn"}' WHERE id = '1'""")
            with pytest.raises(pairs.ThirdLanguageError, match="in sv"):
                pairs.split("old", {"title": 200})
        pairs_table.drop(conn)
