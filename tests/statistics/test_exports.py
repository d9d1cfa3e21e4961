"""What leaves the house: which file, under which name, in which language, hidden or not, and what the log says."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from eventapp import clock
from eventapp.audit import AuditEntry
from eventapp.db import db as database
from eventapp.web.permissions import Grant, Role
from tests.statistics.givens import Evening, an_evening
from tests.support.factories import make_event
from tests.support.pages import PageClient, choose_form, form_values
from tests.support.staff import sign_in

pytestmark = pytest.mark.engines("sqlite")

PURPOSE = "  Orientering\n til   borgmesteren "


@pytest.fixture
def evening(db) -> Evening:
    return an_evening()


def taken(client: PageClient, evening: Evening, lang: str = "da", **fields: str) -> list[list[str]]:
    """A CSV file as the form on the page gives it, row by row."""
    chosen = {"content": "figures", "reach": "shared", "format": "csv", "purpose": PURPOSE, **fields}
    page = client.visit(f"/staff/events/{evening.event.id}/statistics?lang={lang}")
    form = choose_form(page, chosen, "/exports")
    answer = client.post(form.attributes["action"], data={**form_values(form), **chosen})
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))


def the_line() -> AuditEntry:
    """The one line of the log about a file that was taken out."""
    found = database.session.scalars(select(AuditEntry).where(AuditEntry.act == "statistics.exported")).one()
    database.session.rollback()
    return found


@pytest.mark.parametrize(
    ("role", "reach", "hides"),
    [
        (Role.ORGANISER, "internal", False),
        (Role.ORGANISER, "shared", True),
        (Role.OFFICER, "internal", True),
        (Role.OFFICER, "shared", True),
    ],
)
def test_log_says_who_took_what_out_and_whether_small_groups_were_hidden(
    page_client: PageClient, evening: Evening, role: Role, reach: str, hides: bool
) -> None:
    person = sign_in(page_client, role)
    rows = taken(page_client, evening, reach=reach)
    line = the_line()
    assert line.facts == {
        "content": "figures",
        "format": "csv",
        "rows": len(rows) - 1,
        "small_groups_hidden": hides,
        "purpose": "Orientering til borgmesteren",
    }
    assert (line.by_id, line.subject_id) == (person, evening.event.id)
    assert ("<5" in {cell for row in rows for cell in row}) is hides


def test_arrivals_leave_as_five_minutes_a_row_in_danish_time(page_client: PageClient, evening: Evening) -> None:
    sign_in(page_client, Role.ORGANISER)
    header, *rows = taken(page_client, evening, content="arrivals", reach="internal")
    assert header == ["Fra", "Fremmødte"]
    assert [int(number) for _at, number in rows] == [5, 5, 0, 0, 6]
    assert [at.partition(" ")[2] for at, _number in rows][:2] == ["16:30", "16:35"]
    assert the_line().facts["rows"] == 5


def test_arrivals_for_others_hide_the_small_steps(page_client: PageClient, evening: Evening) -> None:
    sign_in(page_client, Role.OFFICER)
    rows = taken(page_client, evening, content="arrivals", reach="internal")[1:]
    assert [number for _at, number in rows] == ["5", "5", "0", "0", "6"]  # none of them is small


def test_file_speaks_the_language_of_the_page(page_client: PageClient, app: Flask) -> None:
    with app.app_context():
        evening = an_evening()
    sign_in(page_client, Role.ORGANISER)
    header, *rows = taken(page_client, evening, lang="en", reach="internal")
    assert header[:3] == ["Comes as", "Signed up", "With a seat"]
    assert [row[0] for row in rows] == ["Citizen", "Professional", "Not stated", "All"]


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2024, 5, 14, 21, 59, tzinfo=UTC), "2024-05-14"),
        (datetime(2024, 5, 14, 22, 0, tzinfo=UTC), "2024-05-15"),
        (datetime(2024, 12, 1, 22, 59, tzinfo=UTC), "2024-12-01"),
    ],
)
def test_file_is_named_after_event_content_and_the_day_in_copenhagen(
    page_client: PageClient, evening: Evening, monkeypatch: pytest.MonkeyPatch, now: datetime, day: str
) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)
    sign_in(page_client, Role.ORGANISER)
    taken(page_client, evening, reach="internal")
    named = page_client.response.headers["Content-Disposition"]
    assert named == f'attachment; filename="{evening.event.slug}-figures-{day}.csv"'


def test_role_for_another_event_opens_neither_page_nor_file(
    page_client: PageClient, app: Flask, evening: Evening
) -> None:
    with app.app_context():
        other = make_event()
        database.session.commit()
        other_id = other.id
    sign_in(page_client, grants=[Grant(Role.ORGANISER, event_id=other_id)])
    assert page_client.get(f"/staff/events/{evening.event.id}/statistics").status_code == 404
    page = page_client.visit(f"/staff/events/{other_id}/statistics")
    token = page.root.all("input", name="csrf_token")[0].attributes["value"]
    values = {"csrf_token": token, "content": "attendees", "reach": "internal", "format": "csv", "purpose": "x"}
    assert page_client.post(f"/staff/events/{evening.event.id}/statistics/exports", data=values).status_code == 404
    found = database.session.scalars(select(AuditEntry).where(AuditEntry.act == "statistics.exported")).all()
    assert found == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"content": "needs"},
        {"reach": "world"},
        {"format": "exe"},
        {"content": "attendees", "reach": "shared"},
        {"purpose": ""},
        {"purpose": "x" * 301},
    ],
)
def test_refused_wish_keeps_what_was_typed_and_leaves_no_line(
    page_client: PageClient, evening: Evening, wrong: dict[str, str]
) -> None:
    sign_in(page_client, Role.ORGANISER)
    page = f"/staff/events/{evening.event.id}/statistics"
    typed = {"content": "arrivals", "reach": "internal", "format": "csv", "purpose": "Orientering", **wrong}
    answer = page_client.submit(page, typed, status=422)
    (area,) = answer.root.all("textarea", name="purpose")
    assert "".join(area.pieces).strip() == typed["purpose"]
    if "content" not in wrong:
        assert answer.root.all("input", value="arrivals", checked="")
    assert database.session.scalars(select(AuditEntry).where(AuditEntry.act == "statistics.exported")).all() == []
