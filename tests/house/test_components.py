"""The macros that pages are made of: labels, errors beside their fields, tables that a phone can show."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from flask_babel import Babel
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    EmailField,
    FileField,
    Form,
    IntegerField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length

from eventapp.formats import display
from eventapp.web import returned, static
from eventapp.web.languages import lang_attribute
from tests.support.html import Page, page_faults

ROOT = Path(__file__).resolve().parent.parent.parent
FRAME = (
    "<!doctype html><html lang=da><head><title>Prøve</title></head><body><main><h1>Prøve</h1>%s</main></body></html>"
)
Draw = Callable[..., Page]


class EventForm(Form):
    """One field of each kind."""

    title = StringField("Titel", [InputRequired(), Length(max=80)])
    mail = EmailField("E-mail")
    text = TextAreaField("Tekst")
    seats = IntegerField("Pladser")
    secret = PasswordField("Adgangskode")
    is_open = BooleanField("Åben")
    group = RadioField(
        "Gruppe",
        [InputRequired()],
        choices=[SelectChoice("a", "Borger", {"hint": "Bor i byen"}), SelectChoice("b", "Fagperson")],
    )
    theme = SelectField("Tema", choices={"1": "Sundhed", "2": "Straf"})
    needs = SelectMultipleField("Behov", choices={"loop": "Teleslynge", "lift": "Elevator"})
    plan = FileField("Plan")


@pytest.fixture
def draw() -> Draw:
    """Draws a piece of template, and refuses one that would make a faulty page."""
    app = Flask(__name__, template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(csrf_field=lambda: Markup('<input type="hidden" name="csrf_token" value="t">'))
    Babel(app, default_locale="en")
    display.register(app)
    app.jinja_env.filters["lang_attribute"] = lang_attribute
    static.init_static(app)
    returned.register(app)

    def drawn(template: str, **context: object) -> Page:
        with app.test_request_context():
            page = Page(FRAME % render_template_string(template, **context))
        assert page_faults(page) == []
        return page

    return drawn


def test_form_draws_each_kind_of_field_with_its_label(draw: Draw) -> None:
    form = EventForm(
        data={"title": "Debat", "group": "b", "theme": "2", "needs": ["lift"], "is_open": True, "secret": "x"}
    )
    page = draw(
        '{% from "components/fields.html" import field, form_tag %}'
        '{% call form_tag("/send", files=True) %}{% for one in form %}{{ field(one) }}{% endfor %}{% endcall %}',
        form=form,
    )
    kinds = {
        one.attributes["name"]: one.attributes.get("type", one.tag)
        for one in page.root.all("input", "textarea", "select")
    }
    assert kinds == {
        "csrf_token": "hidden",
        "form_page": "hidden",
        "title": "text",
        "mail": "email",
        "text": "textarea",
        "seats": "text",
        "secret": "password",
        "is_open": "checkbox",
        "group": "radio",
        "theme": "select",
        "needs": "checkbox",
        "plan": "file",
    }
    chosen = [one.attributes["value"] for one in page.root.all("input", checked="")]
    assert chosen == ["y", "b", "lift"]
    assert page.root.all("option", selected="")[0].text == "Straf"
    assert page.root.all("span", id="group-choice-hint")[0].text == "Bor i byen"
    assert page.root.all("input", name="title")[0].attributes["maxlength"] == "80"
    assert "value" not in page.root.all("input", name="secret")[0].attributes


def test_only_fields_that_may_be_empty_are_marked(draw: Draw) -> None:
    page = draw(
        '{% from "components/fields.html" import field %}{{ field(form.title) }}{{ field(form.mail) }}',
        form=EventForm(),
    )
    assert [one.text for one in page.root.all("label")] == ["Titel", "E-mail (optional)"]


def test_error_stands_beside_its_field_and_the_summary_leads_to_it(draw: Draw) -> None:
    form = EventForm(MultiDict({"mail": "a<b", "theme": "1"}))
    form.validate()
    page = draw(
        '{% from "components/fields.html" import field %}'
        '{% from "components/error_summary.html" import error_summary %}'
        "{{ error_summary(form.errors) }}{{ field(form.title) }}{{ field(form.group) }}{{ field(form.mail) }}",
        form=form,
    )
    links = [one.attributes["href"].removeprefix("#") for one in page.root.all("a")]
    assert links == ["title", "group"]
    assert [page.root.all("input", id=name)[0].attributes["name"] for name in links] == links
    title = page.root.all("input", name="title")[0]
    assert title.attributes["aria-invalid"] == "true"
    assert "Error:" in page.root.all("span", id=title.attributes["aria-describedby"])[0].text
    assert page.root.all("input", name="mail")[0].attributes["value"] == "a<b"


def test_summary_without_errors_is_not_drawn(draw: Draw) -> None:
    page = draw('{% from "components/error_summary.html" import error_summary %}{{ error_summary({}) }}')
    assert not page.root.all("h2")


def test_hint_and_error_are_both_read_with_the_field(draw: Draw) -> None:
    page = draw(
        '{% from "components/fields.html" import input_field %}'
        '{{ input_field("mail", "E-mail", value="x", errors=["Skriv en adresse."], hint="Hertil sender vi.") }}'
    )
    named = page.root.all("input")[0].attributes["aria-describedby"].split()
    assert [page.root.all("span", id=one)[0].text for one in named] == [
        "Hertil sender vi.",
        "Skriv en adresse. Error:",
    ]  # text of a part comes last


def test_line_that_begins_a_text_is_kept(draw: Draw) -> None:
    page = draw(
        '{% from "components/fields.html" import textarea_field %}{{ textarea_field("t", "Tekst", value="\nførste") }}'
    )
    assert page.root.all("textarea")[0].pieces[0].startswith("\n\n")


def test_each_cell_carries_the_name_of_its_column(draw: Draw) -> None:
    page = draw(
        '{% from "components/table.html" import table %}'
        '{{ table("Ankomster", ["Tid", {"label": "Antal", "numeric": True}], [["16.40", 12], ["16.50", 7]]) }}'
    )
    assert [one.attributes["data-label"] for one in page.root.all("td")] == ["Antal", "Antal"]
    assert [one.text for one in page.root.all("th", scope="row")] == ["16.40", "16.50"]
    assert page.root.all("caption")[0].text == "Ankomster"


def test_rows_of_the_page_are_drawn_as_they_come(draw: Draw) -> None:
    page = draw(
        '{% from "components/table.html" import table, th, td %}{% from "components/status.html" import tag %}'
        '{% call table("Sager", ["Sag", "Tilstand"]) %}<tr>{{ th("Debat", url="/1") }}'
        '{% call td("Tilstand") %}{{ tag("Åben", "success") }}{% endcall %}</tr>{% endcall %}'
    )
    assert page.root.all("a", href="/1")[0].text == "Debat"
    assert page.root.all("td")[0].text == "Åben"


def test_state_of_a_step_is_said_in_words(draw: Draw) -> None:
    steps = [{"state": state, "title": state.title()} for state in ("done", "next", "planned", "missing")]
    page = draw('{% from "components/timeline.html" import timeline %}{{ timeline(steps) }}', steps=steps)
    assert [one.all("p")[0].text for one in page.root.all("li")] == ["Completed", "Next", "Planned", "Missing"]
    assert [one.attributes.get("aria-current") for one in page.root.all("li")] == [None, "step", None, None]


@pytest.mark.parametrize(
    ("page", "pages", "links"),
    [(1, 1, []), (1, 3, ["/x?page=2"]), (2, 3, ["/x?page=1", "/x?page=3"]), (3, 3, ["/x?page=2"])],
)
def test_pagination_leads_one_page_back_and_forth(draw: Draw, page: int, pages: int, links: list[str]) -> None:
    found = draw(
        '{% from "components/navigation.html" import pagination %}{{ pagination(page, pages, "/x?page=PAGE") }}',
        page=page,
        pages=pages,
    )
    assert [one.attributes["href"] for one in found.root.all("a")] == links


def test_bar_is_as_long_as_its_share_and_the_table_says_the_same(draw: Draw) -> None:
    page = draw(
        '{% from "components/charts.html" import bars %}{{ bars("Hvem kom", items, "Gruppe", "Antal") }}',
        items=[{"label": "Borgere", "value": 60}, {"label": "Presse", "value": 3, "text": "<5"}],
    )
    widths = [one.attributes["width"] for one in page.root.all("rect", class_="bar__value")]
    assert widths == ["1000", "50"]
    assert [one.text for one in page.root.all("td")] == ["60", "<5"]


@pytest.mark.parametrize("macro", ["bars", "columns"])
def test_chart_of_nothing_is_drawn(draw: Draw, macro: str) -> None:
    page = draw(f'{{% from "components/charts.html" import {macro} %}}{{{{ {macro}("Ingen", [], "Tid", "Antal") }}}}')
    assert page.root.all("figcaption")[0].text == "Ingen"


def test_stage_that_has_not_come_is_a_dash_that_is_read_aloud(draw: Draw) -> None:
    page = draw(
        '{% from "components/charts.html" import funnel %}{{ funnel(steps) }}',
        steps=[{"label": "Tilmeldte", "value": 163, "url": "/r"}, {"label": "Mødt", "value": None}],
    )
    assert [one.text for one in page.root.all("li")] == ["Tilmeldte 163", "Mødt – not yet"]


def test_empty_facts_are_left_out(draw: Draw) -> None:
    page = draw(
        '{% from "components/facts.html" import facts %}{{ facts([("Nummer", 0), ("Telefon", None), ("Mail", "")]) }}'
    )
    assert [one.text for one in page.root.all("dt")] == ["Nummer"]


def test_button_in_a_form_of_its_own_posts_what_it_is_told(draw: Draw) -> None:
    page = draw(
        '{% from "components/buttons.html" import post_button %}'
        '{{ post_button("Fortryd", "/scans/1/undo", fields={"scan": "1"}, describe="Anna") }}'
    )
    form = page.root.all("form")[0]
    assert (form.attributes["method"], form.attributes["action"]) == ("post", "/scans/1/undo")
    assert [one.attributes["name"] for one in form.all("input")] == ["csrf_token", "scan"]
    assert form.all("button")[0].text == "Fortryd Anna"


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("date", "2026-11-25", "date"),
        ("date", "", "date"),
        ("date", "25.11.2026", "text"),
        ("date", "2026-13-01", "text"),
        ("time", "19:30", "time"),
        ("time", "kl. 19.30", "text"),
        ("datetime-local", "2026-11-25T19:30", "datetime-local"),
        ("datetime-local", "i morgen", "text"),
        ("number", "12", "number"),
        ("number", "tolv", "text"),
        ("url", "https://example.org/a", "url"),
        ("url", "example.org", "text"),
        ("email", "ikke en adresse", "email"),
    ],
)
def test_what_a_browser_would_not_show_in_a_field_is_shown_as_text(
    draw: Draw, kind: str, value: str, shown: str
) -> None:
    page = draw(
        '{% from "components/fields.html" import input_field %}{{ input_field("a", "A", value=value, type=kind) }}',
        kind=kind,
        value=value,
    )
    assert page.root.all("input")[0].attributes["type"] == shown


@pytest.mark.parametrize(("first", "is_asked"), [("", True), ("1", False)])
def test_a_choice_is_asked_for_only_where_none_is_made_already(draw: Draw, first: str, is_asked: bool) -> None:
    page = draw(
        '{% from "components/fields.html" import select_field %}{{ select_field("a", "A", choices) }}',
        choices=[(first, "Vælg"), ("2", "Straf")],
    )
    assert ("required" in page.root.all("select")[0].attributes) is is_asked
