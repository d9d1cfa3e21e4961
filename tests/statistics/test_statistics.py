"""The page and its files, on an evening with a bit of everything."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import Any

import openpyxl
import pytest

from eventapp import clock
from eventapp.audit import AuditEntry
from eventapp.checkin.models import Presence
from eventapp.checkin.scan_actions import PointedOut
from eventapp.contributions.queries import to_be_asked
from eventapp.db import db as database
from eventapp.db import personal
from eventapp.events.models import Event
from eventapp.registration import ticket_rules
from eventapp.registration.models import Booking, Registration
from eventapp.statistics import queries
from eventapp.web.permissions import Role
from tests.checkin.support import open_phone, scanned
from tests.registration.givens import count, given_event, sign_up
from tests.statistics.givens import Evening, an_evening
from tests.support.pages import PageClient, choose_form, form_values
from tests.support.staff import sign_in

PURPOSE = "Orientering til borgmesteren"
NAMES = [
    "Tilmeldte",
    "Bekræftede",
    "På venteliste",
    "Afmeldt",
    "Fremmødte",
    "Udeblevne",
    "Uanmeldte gæster",
    "Fremmødeprocent",
]


@pytest.fixture
def evening(db) -> Evening:
    return an_evening()


def path(evening: Evening) -> str:
    return f"/staff/events/{evening.event.id}/statistics"


def as_role(client: PageClient, role: Role = Role.ORGANISER) -> PageClient:
    sign_in(client, role)
    return client


def file(client: PageClient, evening: Evening, **fields: str) -> bytes:
    """Take a file out as the form on the page does."""
    chosen = {"content": "figures", "reach": "internal", "format": "csv", "purpose": PURPOSE, **fields}
    form = choose_form(client.visit(path(evening)), chosen, "/exports")
    answer = client.post(form.attributes["action"], data={**form_values(form), **chosen})
    assert answer.status_code == 200
    return answer.data


def rows_of(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))


def table(client: PageClient, evening: Evening) -> dict[str, list[str]]:
    """The table of figures on the page: group -> cells."""
    page = client.visit(path(evening))
    last = page.root.all("table")[-1]
    lines = last.all("tbody")[0].all("tr")
    return {line.all("th")[0].text: [cell.text for cell in line.all("td")] for line in lines}


def test_every_figure_is_what_its_definition_says(evening: Evening) -> None:
    event = database.session.merge(evening.event)
    figures = queries.figures(event, event.ends_at)
    whole = figures.total
    database.session.rollback()
    assert (whole.registered, whole.confirmed, whole.waiting, whole.cancelled) == (13, 12, 1, 2)
    assert (whole.came, whole.walk_ins, whole.no_shows, whole.share) == (16, 6, 2, 10 / 12)
    assert (figures.highest, figures.with_needs) == (16, 0)


def test_the_page_and_the_file_say_the_same(page_client: PageClient, evening: Evening) -> None:
    as_role(page_client)
    shown = table(page_client, evening)
    header, *lines = rows_of(file(page_client, evening))
    assert header == ["Kommer som", *NAMES]
    assert {line[0]: [cell or "–" for cell in line[1:]] for line in lines} == shown
    assert shown["Alle"][:4] == ["13", "12", "1", "2"]


def test_the_sentence_comes_first(page_client: PageClient, evening: Evening) -> None:
    page = as_role(page_client).visit(path(evening))
    lead = page.root.all("p", class_="font-lead")[0].text
    assert lead == "13 tilmeldte, heraf 1 på venteliste, 16 mødte, flest: Borger."


def test_who_is_not_of_the_team_sees_no_small_groups(page_client: PageClient, evening: Evening) -> None:
    shown = table(as_role(page_client, Role.AUDITOR), evening)
    assert shown["Fagperson"][:5] == ["<5", "<5", "<5", "0", "<5"]
    assert shown["Borger"][4] == "8"
    assert "Tag tallene ud" not in page_client.page.text


def test_a_file_for_others_hides_small_groups_even_from_the_team(page_client: PageClient, evening: Evening) -> None:
    lines = rows_of(file(as_role(page_client), evening, reach="shared"))
    assert "<5" in {cell for line in lines for cell in line}
    assert not {cell for line in lines[1:] for cell in line} & {"1", "2", "3", "4"}


def test_who_is_not_of_the_team_cannot_ask_for_more(page_client: PageClient, evening: Evening) -> None:
    as_role(page_client, Role.OFFICER)
    assert "<5" in file(page_client, evening, reach="internal").decode("utf-8-sig")
    page_client.submit(path(evening), {"content": "attendees", "purpose": PURPOSE}, status=422)


def test_nothing_leaves_without_a_purpose(page_client: PageClient, evening: Evening) -> None:
    as_role(page_client).submit(path(evening), {"content": "figures", "purpose": "  "}, status=422)
    assert exports() == []


def test_what_leaves_is_noted_with_purpose_and_number_of_rows(page_client: PageClient, evening: Evening) -> None:
    lines = rows_of(file(as_role(page_client), evening, content="attendees"))
    (facts,) = exports()
    assert (facts["content"], facts["purpose"], facts["rows"]) == ("attendees", PURPOSE, len(lines) - 1)


def exports() -> list[dict[str, object]]:
    found = database.session.scalars(database.select(AuditEntry).where(AuditEntry.act == "statistics.exported")).all()
    database.session.rollback()
    return [one.facts for one in found]


def test_the_list_has_as_many_rows_as_the_page_says_and_no_column_of_needs(
    page_client: PageClient, evening: Evening
) -> None:
    page = as_role(page_client).visit(path(evening))
    header, *lines = rows_of(file(page_client, evening, content="attendees"))
    assert f"Liste over gæster, {len(lines)} rækker" in page.text
    assert len(lines) == count("registration")
    assert header == ["Navn", "E-mail", "Organisation", "Kommer som", "Status", "Tilmeldt", "Fremmødte", header[-1]]


def test_columns_can_be_left_out_of_the_list_and_which_ones_is_noted(page_client: PageClient, evening: Evening) -> None:
    page = as_role(page_client).visit(path(evening))
    offered = {one.attributes["value"] for one in page.root.all("input", name="leave_out")}
    assert offered == {"name", "email", "organisation", "category", "state", "registered", "came", "follow_up"}
    asked = {"content": "attendees", "format": "csv", "reach": "internal", "purpose": PURPOSE}
    page_client.submit(path(evening), {**asked, "leave_out": ["needs"]}, status=422)
    page_client.submit(path(evening), {**asked, "leave_out": ["email", "follow_up"]}, status=200)
    assert rows_of(page_client.response.data)[0] == [
        "Navn",
        "Organisation",
        "Kommer som",
        "Status",
        "Tilmeldt",
        "Fremmødte",
    ]
    assert exports()[-1]["left_out"] == ["email", "follow_up"]


@pytest.mark.parametrize(
    ("column", "heading"), [(Presence.came_at, "Fremmødte"), (Booking.email, "E-mail"), (Registration.name, "Navn")]
)
def test_a_column_that_declares_others_to_see_it_is_not_offered(
    page_client: PageClient, evening: Evening, monkeypatch: pytest.MonkeyPatch, column: Any, heading: str
) -> None:
    assert heading in rows_of(file(as_role(page_client), evening, content="attendees"))[0]
    monkeypatch.setitem(column.info, personal.KEY, replace(personal.of(column), seen_by=("read_audit",)))
    assert heading not in rows_of(file(page_client, evening, content="attendees"))[0]


def test_csv_is_as_danish_excel_reads_it(page_client: PageClient, evening: Evening) -> None:
    data = file(as_role(page_client), evening, content="attendees")
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == data.count(b"\n")
    assert b"'=1+1" in data
    assert page_client.response.content_type == "text/csv; charset=utf-8"
    assert 'filename="debat-' in page_client.response.headers["Content-Disposition"]


def test_a_share_has_a_decimal_comma(page_client: PageClient, evening: Evening) -> None:
    lines = rows_of(file(as_role(page_client), evening))
    assert lines[-1][-1] == "83,3"


def test_the_workbook_has_figures_arrivals_and_definitions_and_no_formula(
    page_client: PageClient, evening: Evening
) -> None:
    data = file(as_role(page_client), evening, format="xlsx")
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["Tal", "Ankomster", "Definitioner"]
    assert [page.freeze_panes for page in book] == ["A2", "A2", "A2"]
    assert [row[0] for row in book["Definitioner"].iter_rows(min_row=2, values_only=True)] == NAMES
    assert formulas(data) == 0


def test_names_that_look_like_formulas_are_texts_in_both_files(page_client: PageClient, db) -> None:
    evening = an_evening("=HYPERLINK(1)")
    as_role(page_client)
    assert formulas(file(page_client, evening, content="attendees", format="xlsx")) == 0
    names = [line[0] for line in rows_of(file(page_client, evening, content="attendees"))]
    assert not [name for name in names if name.startswith("=")]
    assert [name for name in names if name.startswith("'=HYPERLINK(1)")]


def formulas(data: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return sum(book.read(name).count(b"<f") for name in book.namelist() if "worksheets/sheet" in name)


def test_the_chart_has_a_table_with_the_same_numbers(page_client: PageClient, evening: Evening) -> None:
    page = as_role(page_client).visit(path(evening))
    arrivals = page.root.all("figure")[0]
    drawn = [one for one in arrivals.all("rect") if "chart__column" in one.attributes.get("class", "")]
    listed = arrivals.all("tbody")[0].all("tr")
    assert len(drawn) == len(listed)
    assert sum(int(row.all("td")[0].text) for row in listed) == 16
    assert "Vis som tabel" in arrivals.text


def test_a_page_without_anybody_says_so(page_client: PageClient, db) -> None:
    event = given_event(starts_at=clock.now() + timedelta(days=9))
    page = as_role(page_client).visit(f"/staff/events/{event.id}/statistics")
    assert "0 tilmeldte." in page.text
    assert "Ingen er mødt endnu." in page.text


def test_those_without_the_permission_are_refused(page_client: PageClient, evening: Evening) -> None:
    as_role(page_client, Role.ADMIN)
    assert page_client.get(path(evening)).status_code == 403
    as_role(page_client, Role.CHAIR)
    assert page_client.visit(path(evening)).heading
    values = {"csrf_token": "x", "content": "figures", "reach": "shared", "format": "csv", "purpose": PURPOSE}
    assert page_client.post(f"{path(evening)}/exports", data=values).status_code in {400, 403}


def test_figures_count_heads_and_those_of_a_group_are_asked_afterwards_once(db) -> None:
    event = given_event(seats=9)
    group = sign_up(event, heads=4, wants_follow_up=True)
    door = open_phone(database.session.get_one(Event, event.id), "Hovedindgang")
    for minute, code in enumerate(group.ticket_codes[1:3]):
        scanned(PointedOut(code_hash=ticket_rules.code_hash(code)), door, minute)
    figures = queries.figures(database.session.get_one(Event, event.id), event.ends_at)
    assert (figures.total.confirmed, figures.total.came, figures.total.no_shows) == (4, 2, 2)
    assert queries.attendee_count(event.id) == 4
    assert [one.id for one in database.session.execute(to_be_asked(event.id))] == [group.booking_id]
    database.session.rollback()
