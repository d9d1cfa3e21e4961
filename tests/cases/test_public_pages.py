"""The case as everybody reads it."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from flask import Flask

from eventapp import blobs, record
from eventapp.blobs import NamedFile
from eventapp.cases import actions, queries, thread_hooks
from eventapp.cases.actions import CaseFacts, DocumentFacts, LetterFacts
from eventapp.cases.models import Case, CaseContact, CaseTask, DecisionStep, DocumentKind, LetterKind, Stage
from eventapp.db import db
from eventapp.languages import Wording
from eventapp.web.registry import StepState, ThreadStep, registry
from tests.support.factories import HARBOUR_PARK, make_case
from tests.support.pages import PageClient

OPENED_AT = datetime.fromisoformat("2024-02-05T09:00:00+01:00")
FACTS = CaseFacts(
    "2019-0000007",
    HARBOUR_PARK,
    summary=Wording("Havnen skal have en park."),
    origin=Wording("Medlemsforslag om en havnepark"),
    origin_body="Byrådet",
    origin_on=date(2024, 2, 1),
)
NAME = 'Notat "æøå".pdf'


def given_case() -> Case:
    """A published case with two documents, one of them for staff only, a task, a meeting and an absent contact."""
    case = actions.open_case(FACTS, by=None, now=OPENED_AT, slug="havnepark")
    for title, is_public in (("Notat", True), ("Fortroligt", False)):
        upload = NamedFile(blobs.put(b"%PDF-1.7 " + title.encode()), NAME, "application/pdf")
        facts = DocumentFacts(Wording(title), DocumentKind.MEMO, is_public=is_public)
        actions.add_document(case, facts, upload, by=None, now=OPENED_AT)
    case.tasks.append(CaseTask(position=1, text=Wording({"da": "Undersøg havnen", "en": "Examine the harbour"})))
    case.decision_steps.append(DecisionStep(position=1, body=Wording("Teknisk Udvalg"), meeting_on=date(2024, 3, 1)))
    cover = CaseContact(position=2, function=Wording("Sekretariatet"), email="sek@example.org")
    away = date(2024, 1, 1)
    contact = CaseContact(
        position=1, function=Wording("Sagsbehandler"), email="sag@example.org", away_from_on=away, cover=cover
    )
    case.contacts += [contact, cover]
    actions.publish(case, by=None, now=OPENED_AT)
    db.session.commit()
    return case


@pytest.fixture
def case_id(app: Flask) -> str:
    with app.app_context():
        return given_case().id


def test_page_tells_the_case_in_both_languages(page_client: PageClient, case_id: str) -> None:
    page = page_client.visit("/cases/havnepark")
    assert page.heading == "Ny havnepark"
    assert "Medlemsforslag om en havnepark" in page.text
    assert "1. februar 2024" in page.text
    page = page_client.visit("/cases/havnepark?lang=en")
    assert page.heading == "A new harbour park"
    assert "Examine the harbour" in page.text


def test_documents_for_staff_are_neither_listed_nor_sent(page_client: PageClient, app: Flask, case_id: str) -> None:
    assert "Fortroligt" not in page_client.visit("/cases/havnepark").text
    with app.app_context():
        case = queries.case_by_id(case_id)
        version_ids = {str(one.title): one.versions[0].id for one in case.documents}
    page_client.visit(f"/cases/havnepark/documents/{version_ids['Fortroligt']}", status=404)
    with page_client.get(f"/cases/havnepark/documents/{version_ids['Notat']}") as sent:
        assert sent.data == b"%PDF-1.7 Notat"


def test_document_is_sent_to_be_saved_and_never_to_run(page_client: PageClient, app: Flask, case_id: str) -> None:
    page = page_client.visit("/cases/havnepark")
    url = next(one.attributes["href"] for one in page.root.all("a") if "/documents/" in one.attributes.get("href", ""))
    with page_client.get(url) as response:
        headers = response.headers
    assert headers["Content-Disposition"].startswith("attachment;")
    assert "filename*=UTF-8''Notat%20%22%C3%A6%C3%B8%C3%A5%22.pdf" in headers["Content-Disposition"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("sandbox")


def test_document_of_another_case_is_not_found(page_client: PageClient, app: Flask, case_id: str) -> None:
    with app.app_context():
        make_case(slug="anden-sag")
        db.session.commit()
        version_id = queries.case_by_id(case_id).documents[0].versions[0].id
    page_client.visit(f"/cases/anden-sag/documents/{version_id}", status=404)


def test_nobody_sets_a_cookie_on_a_page_that_is_only_read(page_client: PageClient, case_id: str) -> None:
    page_client.visit("/cases/havnepark")
    assert "Set-Cookie" not in page_client.response.headers
    assert "Cookie" not in page_client.response.headers.get("Vary", "")


def test_reader_who_has_the_page_gets_304_until_it_changes(page_client: PageClient, app: Flask, case_id: str) -> None:
    first = page_client.get("/cases/havnepark")
    assert first.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
    again = page_client.get("/cases/havnepark", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert page_client.get("/cases/havnepark?lang=en").headers["ETag"] != first.headers["ETag"]
    with app.app_context():
        case = queries.case_by_id(case_id)
        case.title = Wording("Havneparken")
        db.session.commit()
    page_client.set_cookie("lang", "da")
    changed = page_client.get("/cases/havnepark", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200


def test_draft_is_not_found(page_client: PageClient, app: Flask) -> None:
    with app.app_context():
        make_case(slug="udkast", published=False)
        db.session.commit()
    page_client.visit("/cases/udkast", status=404)


def test_cover_answers_while_a_contact_is_away(page_client: PageClient, case_id: str) -> None:
    text = page_client.visit("/cases/havnepark").text
    assert "Væk indtil videre" in text
    assert "sek@example.org" in text
    assert "sag@example.org" not in text


def states(app: Flask, case_id: str) -> dict[str, StepState]:
    with app.test_request_context():
        case = queries.case_by_id(case_id)
        return {str(one.title): one.state for one in thread_hooks.steps(case)}


def test_first_planned_step_is_next_and_a_meeting_without_decision_is_missing(app: Flask, case_id: str) -> None:
    found = states(app, case_id)
    assert found["Medlemsforslag om en havnepark"] is StepState.DONE
    assert found["Invitationer"] is StepState.NEXT
    assert found["Høring"] is StepState.PLANNED
    assert found["Teknisk Udvalg"] is StepState.MISSING


def test_stage_whose_day_went_by_is_missing(app: Flask, case_id: str) -> None:
    with app.app_context():
        case = queries.case_by_id(case_id)
        actions.plan(case, {Stage.DEBATE: date(2024, 2, 20), Stage.HEARING: None}, by=None)
        db.session.commit()
    assert states(app, case_id)["Offentlig debat"] is StepState.MISSING
    assert states(app, case_id)["Høring"] is StepState.NEXT


def test_higher_slice_adds_to_the_step_of_a_lower_one(app: Flask, case_id: str) -> None:
    base = ThreadStep("debate:1", "Debat", None, StepState.DONE, 30, url="/events/debat", refs=("1",))
    registry_of = app.extensions["registry"].thread_steps
    registry_of.append(lambda _case_id: [base])
    registry_of.append(
        lambda _case_id: [ThreadStep("debate:1", "", None, StepState.DONE, 30, figure="141 mødte", refs=("2",))]
    )
    with app.test_request_context():
        case = queries.case_by_id(case_id)
        step = next(one for one in thread_hooks.steps(case) if one.key == "debate:1")
    assert (step.title, step.figure, step.url, step.refs) == ("Debat", "141 mødte", "/events/debat", ("1", "2"))


def test_steps_lead_to_their_entries_in_the_record(page_client: PageClient, app: Flask, case_id: str) -> None:
    with app.app_context():
        case = queries.case_by_id(case_id)
        letter = LetterFacts(date(2024, 5, 1), Wording("Vi beder om lov."))
        actions.save_letter(case, LetterKind.TO_GOVERNMENT, letter, by=None, now=OPENED_AT)
        db.session.commit()
    page = page_client.visit("/cases/havnepark")
    links = [one.attributes["href"] for one in page.root.all("a") if "/record/" in one.attributes.get("href", "")]
    assert "/record/havnepark/entries/0" in links
    assert "/record/havnepark/entries/4" in links
    with app.app_context():
        assert record.verification.verify_log(case_id).faults == []


def test_case_is_on_the_front_page_once_published(app: Flask, case_id: str) -> None:
    with app.test_request_context():
        cards = [card for cards in registry().front_cards for card in cards()]
    assert ("Ny havnepark", "/cases/havnepark") in [(str(one.title), one.url) for one in cards]
