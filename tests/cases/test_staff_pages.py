"""What an organiser does with a case, page by page."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select

from eventapp.cases import entries, queries
from eventapp.cases.models import Case
from eventapp.db import db, reading
from eventapp.record import store
from eventapp.web.permissions import Role
from tests.support.html import Page
from tests.support.pages import PageClient
from tests.support.staff import sign_in

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\nstartxref\n0\n%%EOF\n"
FACTS = {
    "number": "2019-0000042",
    "title": "Ny havnepark på Ærø",
    "summary": "Havnen skal have en park.",
    "origin": "Medlemsforslag om en havnepark",
    "origin_body": "Byrådet",
    "origin_on": "2024-02-01",
}


@pytest.fixture
def organiser(page_client: PageClient) -> PageClient:
    sign_in(page_client, Role.ORGANISER)
    return page_client


@pytest.fixture
def case_id(organiser: PageClient, app: Flask) -> str:
    """A case that was opened by its form."""
    organiser.submit("/staff/cases/new", FACTS)
    with app.app_context():
        return db.session.scalars(select(Case.id)).one()


def kinds(app: Flask, case_id: str) -> list[str]:
    """Kinds of the entries in the record of a case, in order."""
    with app.app_context(), reading() as conn:
        return [entry.kind for entry in store.entries(conn, case_id, 0, store.log(conn, case_id).size)]


def token_of(page: Page) -> str:
    return page.root.all("input", name="csrf_token")[0].attributes["value"]


def test_opening_a_case_opens_its_record(organiser: PageClient, app: Flask, case_id: str) -> None:
    assert kinds(app, case_id) == [entries.CASE.name]
    with app.app_context():
        case = queries.case_by_slug("ny-havnepark-paa-aeroe")
        assert case.published_at is None


def test_a_number_that_is_taken_is_said_beside_the_field(organiser: PageClient, case_id: str) -> None:
    page = organiser.submit("/staff/cases/new", {**FACTS, "title": "En anden"}, status=422)
    assert "En anden sag har dette nummer." in page.text
    assert 'value="En anden"' in organiser.response.text


def test_missing_things_are_named_until_they_are_there(organiser: PageClient, case_id: str) -> None:
    assert "Der er ingen at spørge." in organiser.visit(f"/staff/cases/{case_id}").text
    organiser.submit(f"/staff/cases/{case_id}/contacts", {"function": "Sagsbehandler", "email": "sag@example.org"})
    assert "Der er ingen at spørge." not in organiser.visit(f"/staff/cases/{case_id}").text


def test_case_is_published_and_read_by_everybody(organiser: PageClient, app: Flask, case_id: str) -> None:
    organiser.visit("/cases/ny-havnepark-paa-aeroe", status=404)
    assert "Kun ansatte ser dette" in organiser.visit(f"/staff/cases/{case_id}/preview").text
    organiser.submit(f"/staff/cases/{case_id}", action="/publication")
    assert "Ny havnepark på Ærø" in organiser.visit("/cases/ny-havnepark-paa-aeroe").heading
    assert kinds(app, case_id)[-1] == entries.PUBLISH.name


def test_changed_facts_keep_the_address_and_enter_the_record(organiser: PageClient, app: Flask, case_id: str) -> None:
    organiser.submit(f"/staff/cases/{case_id}/facts", {"title": "Havneparken"})
    with app.app_context():
        assert queries.case_by_id(case_id).slug == "ny-havnepark-paa-aeroe"
    assert kinds(app, case_id) == [entries.CASE.name] * 2
    organiser.submit(f"/staff/cases/{case_id}/facts", {"title": "Havneparken"})
    assert len(kinds(app, case_id)) == 2


def test_document_gets_versions_and_the_record_their_fingerprints(
    organiser: PageClient, app: Flask, case_id: str
) -> None:
    pages = f"/staff/cases/{case_id}/documents"
    organiser.submit(pages, {"title": "Notat", "kind": "memo", "file": (BytesIO(PDF), "../notat.pdf")})
    with app.app_context():
        document = queries.case_by_id(case_id).documents[0]
    page = organiser.submit(f"{pages}/{document.id}", {"file": (BytesIO(PDF + b"%%EOF"), "notat 2.pdf")})
    assert "notat 2.pdf" in page.text
    with app.app_context():
        versions = queries.document(case_id, document.id).versions
        assert [one.number for one in versions] == [2, 1]
        assert versions[0].sha256 != versions[1].sha256
        assert versions[1].file_name == "notat.pdf"
    assert kinds(app, case_id)[1:] == [entries.DOCUMENT.name] * 2


def test_file_of_another_kind_is_refused_with_what_was_typed_kept(organiser: PageClient, case_id: str) -> None:
    given = {"title": "Notat", "kind": "memo", "file": (BytesIO(b"<svg/>"), "notat.pdf")}
    page = organiser.submit(f"/staff/cases/{case_id}/documents", given, status=422)
    assert "Gem den igen, og vælg den en gang til." in page.text
    assert 'value="Notat"' in organiser.response.text


def test_file_of_almost_ten_megabytes_is_taken(organiser: PageClient, app: Flask, case_id: str) -> None:
    page = organiser.visit(f"/staff/cases/{case_id}/documents")
    fields = {"csrf_token": token_of(page), "title": "Stor", "kind": "other"}
    typed = "".join(f'--x\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{fields[key]}\r\n' for key in fields)
    file = b'--x\r\nContent-Disposition: form-data; name="file"; filename="stor.pdf"\r\n\r\n' + PDF + b"\n" * 9_900_000
    body = typed.encode() + file + b"%%EOF\r\n--x--\r\n"
    sent = organiser.post(
        f"/staff/cases/{case_id}/documents", data=body, content_type="multipart/form-data; boundary=x"
    )
    assert sent.status_code == 303, sent.text
    with app.app_context():
        assert queries.case_by_id(case_id).documents[0].versions[0].size > 9_900_000


def test_list_is_edited_moved_and_shortened(organiser: PageClient, app: Flask, case_id: str) -> None:
    page = f"/staff/cases/{case_id}/tasks"
    for text in ("Første opgave", "Anden opgave", "Tredje opgave"):
        organiser.submit(page, {"text": text})
    with app.app_context():
        second = queries.case_by_id(case_id).tasks[1]
    organiser.submit(page, action=f"{second.id}/place")
    organiser.submit(f"{page}/{second.id}", {"text": "Anden opgave, rettet"})
    with app.app_context():
        tasks = queries.case_by_id(case_id).tasks
        assert [str(one.text) for one in tasks] == ["Anden opgave, rettet", "Første opgave", "Tredje opgave"]
    organiser.submit(f"{page}/{second.id}", action="/removal")
    with app.app_context():
        assert [one.position for one in queries.case_by_id(case_id).tasks] == [1, 2]


def test_decision_enters_the_record_and_the_meeting_stays(organiser: PageClient, app: Flask, case_id: str) -> None:
    page = f"/staff/cases/{case_id}/decisions"
    organiser.submit(page, {"body": "Byrådet", "meeting_on": "2024-09-12"})
    assert kinds(app, case_id) == [entries.CASE.name]
    with app.app_context():
        step = queries.case_by_id(case_id).decision_steps[0]
    organiser.submit(f"{page}/{step.id}", {"decision": "Godkendt."})
    assert kinds(app, case_id)[-1] == entries.DECISION.name
    organiser.visit(f"{page}/{step.id}")
    token = token_of(organiser.page)
    refused = organiser.post(f"{page}/{step.id}/removal", data={"csrf_token": token})
    assert refused.status_code == 409
    assert "står i protokollen" in refused.text


def test_contact_that_covers_for_another_stays(organiser: PageClient, app: Flask, case_id: str) -> None:
    page = f"/staff/cases/{case_id}/contacts"
    organiser.submit(page, {"function": "Sekretariat", "email": "sek@example.org"})
    with app.app_context():
        cover = queries.case_by_id(case_id).contacts[0].id
    away = {"away_from_on": "2024-05-02", "away_until_on": "2024-05-01", "cover_id": cover}
    organiser.submit(page, {"function": "Sagsbehandler", "email": "sag@example.org", **away}, status=422)
    organiser.submit(page, {"function": "Sagsbehandler", "email": "sag@example.org", **away, "away_until_on": ""})
    organiser.visit(f"{page}/{cover}")
    token = token_of(organiser.page)
    assert organiser.post(f"{page}/{cover}/removal", data={"csrf_token": token}).status_code == 409


def test_letter_and_reply_end_the_thread(organiser: PageClient, app: Flask, case_id: str) -> None:
    for kind, text in (("to_government", "Vi beder om lov."), ("reply", "Svaret er ja.")):
        organiser.submit(f"/staff/cases/{case_id}/letters/{kind}", {"dated_on": "2024-10-01", "summary": text})
    assert kinds(app, case_id)[1:] == [entries.DOCUMENT.name] * 2
    text = organiser.visit(f"/staff/cases/{case_id}").text
    assert text.index("Vi beder om lov.") < text.index("Svaret er ja.")


def test_plan_says_which_parts_the_thread_will_have(organiser: PageClient, app: Flask, case_id: str) -> None:
    page = organiser.visit(f"/staff/cases/{case_id}/plan")
    assert page.root.all("input", name="hearing_planned", checked="")
    organiser.submit(f"/staff/cases/{case_id}/plan", {"hearing_on": "2099-11-06", "letter_planned": "y"})
    assert "6. november 2099" in organiser.visit(f"/staff/cases/{case_id}").text


def test_reader_without_the_right_sees_no_form(page_client: PageClient, app: Flask) -> None:
    sign_in(page_client, Role.ORGANISER)
    page_client.submit("/staff/cases/new", FACTS)
    with app.app_context():
        case_id = db.session.scalars(select(Case.id)).one()
    sign_in(page_client, Role.AUDITOR)
    page = page_client.visit(f"/staff/cases/{case_id}/tasks")
    assert [form for form in page.forms() if "tasks" in form.attributes["action"]] == []
    page_client.visit("/staff/cases/new", status=403)
