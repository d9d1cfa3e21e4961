"""The officer's pages say no where a rule says no: what was typed stays, nothing is written, and nobody is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from eventapp import blobs, clock
from eventapp.audit import AuditEntry
from eventapp.blobs import NamedFile
from eventapp.db import db, end_reading
from eventapp.hearing import queries
from eventapp.hearing.answering import actions as answering
from eventapp.hearing.models import Answer, Hearing, Party
from eventapp.mail.models import OutboxMail
from eventapp.web.permissions import Grant, Role
from tests.hearing.conftest import DEADLINE_AT, SENT_AT, audited, make_hearing
from tests.hearing.test_answering import sent_to
from tests.support.factories import make_case
from tests.support.html import Page
from tests.support.pages import PageClient
from tests.support.staff import sign_in

PLAN = {
    "title": "Ny høring",
    "question": "Hvad mener I?",
    "starts": "2024-06-01T10:00",
    "deadline": "2024-07-01T12:00",
}


@pytest.fixture(autouse=True)
def _a_day_after_it_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: SENT_AT + timedelta(days=1))


@pytest.fixture(name="hearing_id")
def hearing_of_officer(app: Flask, page_client: PageClient) -> str:
    """A hearing that was sent, and an officer signed in."""
    sign_in(page_client, Role.OFFICER)
    with app.app_context():
        return make_hearing().id


@pytest.fixture(name="draft_id")
def draft_of_officer(app: Flask, page_client: PageClient) -> str:
    """A hearing that nobody was told of, and an officer signed in."""
    sign_in(page_client, Role.OFFICER)
    with app.app_context():
        return make_hearing(sent=False).id


def case_of(app: Flask, hearing_id: str) -> str:
    with app.app_context():
        return queries.hearing(hearing_id).case_id


def send(client: PageClient, page: Page, address: str, data: dict[str, Any] | None = None) -> int:
    """Post what ``page`` may no longer offer, as one that was open too long would; the status of the answer."""
    fields = {one.attributes.get("name"): one.attributes.get("value", "") for one in page.root.all("input")}
    return client.post(address, data={"csrf_token": fields["csrf_token"], **(data or {})}).status_code


# --- a new hearing -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PLAN)
def test_each_part_of_the_plan_is_needed_and_the_rest_is_kept(
    page_client: PageClient, app: Flask, hearing_id: str, name: str
) -> None:
    page_client.submit(f"/staff/hearings/new/{case_of(app, hearing_id)}", {**PLAN, name: ""}, status=422)
    kept = [value for other, value in PLAN.items() if other != name]
    assert [value for value in kept if value not in page_client.response.text] == []
    with app.app_context():
        assert db.session.scalar(select(func.count(Hearing.id))) == 1


def test_the_address_comes_from_the_title_and_each_hearing_has_its_own(
    page_client: PageClient, app: Flask, draft_id: str
) -> None:
    """Of all cases, drafts too. Nobody is asked for it."""
    with app.app_context():
        other_case = make_case().id
        db.session.commit()
    assert "slug" not in page_client.visit(f"/staff/hearings/new/{other_case}").text
    for _twice in range(2):
        page_client.submit(f"/staff/hearings/new/{other_case}", {**PLAN, "title": "Høring om Ærø & havnen"})
    with app.app_context():
        slugs = set(db.session.scalars(select(Hearing.slug)))
    assert slugs >= {"hoering-om-aeroe-havnen", "hoering-om-aeroe-havnen-2"}


def test_beginning_and_deadline_may_not_be_the_same_moment(page_client: PageClient, app: Flask, draft_id: str) -> None:
    same = {**PLAN, "deadline": PLAN["starts"]}
    page_client.submit(f"/staff/hearings/new/{case_of(app, draft_id)}", same, status=422)
    page_client.submit(f"/staff/hearings/new/{case_of(app, draft_id)}", {**PLAN, "deadline": "2024-06-01T10:01"})
    assert "kortere end de" in page_client.page.text  # a warning, never a refusal


def test_a_deadline_that_the_clock_never_shows_is_refused(page_client: PageClient, app: Flask, draft_id: str) -> None:
    skipped = {**PLAN, "deadline": "2025-03-30T02:30"}
    page_client.submit(f"/staff/hearings/new/{case_of(app, draft_id)}", skipped, status=422)


def test_a_new_hearing_keeps_wall_time_of_copenhagen_and_names_who_opened_it(
    page_client: PageClient, app: Flask
) -> None:
    with app.app_context():
        case_id = make_case().id
        db.session.commit()
    officer = sign_in(page_client, Role.OFFICER)
    page_client.submit(f"/staff/hearings/new/{case_id}", PLAN)
    with app.app_context():
        (hearing,) = queries.hearings_of_case(case_id)
        assert hearing.starts_at.isoformat() == "2024-06-01T08:00:00+00:00"
        assert hearing.deadline_at.isoformat() == "2024-07-01T10:00:00+00:00"
        opened = select(AuditEntry.by_id).where(AuditEntry.subject_id == hearing.id)
        assert db.session.scalars(opened).all() == [officer]


# --- parties and material ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "email"),
    [("", "ny@example.org"), ("Ny", ""), ("Ny", "ny"), ("N" * 201, "ny@example.org"), ("ÆLDRERÅDET", "ny@example.org")],
)
def test_a_party_that_cannot_be_is_not_put_on_the_list(
    page_client: PageClient, app: Flask, hearing_id: str, name: str, email: str
) -> None:
    page_client.submit(f"/staff/hearings/{hearing_id}", {"name": name, "email": email}, status=422)
    with app.app_context():
        assert db.session.scalar(select(func.count(Party.id))) == 2


def test_the_same_party_may_be_heard_in_two_hearings(page_client: PageClient, app: Flask, hearing_id: str) -> None:
    with app.app_context():
        other_id = make_hearing(make_case(), slug="anden", sent=False).id
    page_client.submit(f"/staff/hearings/{other_id}", {"name": "Cyklisterne", "email": "c@example.org"})
    page_client.submit(f"/staff/hearings/{hearing_id}", {"name": "Cyklisterne", "email": "c@example.org"})
    with app.app_context():
        assert [len(queries.parties(one)) for one in (hearing_id, other_id)] == [3, 3]


def test_a_document_is_sent_along_once_and_none_of_another_case(
    page_client: PageClient, app: Flask, draft_id: str
) -> None:
    with app.app_context():
        used = queries.hearing(draft_id).material[0].version_id
        foreign = make_hearing(make_case(), slug="anden").material[0].version_id
    page = page_client.visit(f"/staff/hearings/{draft_id}")
    for version in (used, foreign, "", "findes-ikke"):
        assert send(page_client, page, f"/staff/hearings/{draft_id}/material", {"version": version}) == 422
    with app.app_context():
        assert [one.version_id for one in queries.hearing(draft_id).material] == [used]


# --- sending, extending, closing -----------------------------------------------------------------------------


def test_sending_twice_is_refused_and_no_letter_goes_twice(
    page_client: PageClient, app: Flask, hearing_id: str
) -> None:
    page = page_client.visit(f"/staff/hearings/{hearing_id}")
    assert send(page_client, page, f"/staff/hearings/{hearing_id}/notices") == 409
    with app.app_context():
        notices = select(func.count(OutboxMail.id)).where(OutboxMail.message == "hearing/notice")
        assert db.session.scalar(notices) == 2


@pytest.mark.parametrize(
    "typed",
    [
        {"deadline": "2024-06-14T12:00", "reason": "Sommerferie"},
        {"deadline": "2024-06-21T12:00", "reason": ""},
        {"deadline": "2024-06-21T12:00", "reason": " \n"},
        {"deadline": "2024-06-21T12:00", "reason": "x" * 1001},
        {"deadline": "i morgen", "reason": "Sommerferie"},
        {"deadline": "", "reason": "Sommerferie"},
    ],
)
def test_an_extension_needs_a_later_deadline_and_a_reason(
    page_client: PageClient, app: Flask, hearing_id: str, typed: dict[str, str]
) -> None:
    page_client.submit(f"/staff/hearings/{hearing_id}", typed, status=422)
    assert typed["reason"].strip() in page_client.response.text
    with app.app_context():
        assert queries.hearing(hearing_id).deadline_at == DEADLINE_AT
        extension = select(OutboxMail.id).where(OutboxMail.message == "hearing/extension")
        assert db.session.scalars(extension).all() == []


def test_the_page_says_how_many_were_told_of_the_extension(page_client: PageClient, hearing_id: str) -> None:
    page = page_client.submit(
        f"/staff/hearings/{hearing_id}", {"deadline": "2024-06-14T12:01", "reason": "Nedbrud i morges"}
    )
    assert "2 høringsparter" in page.text
    public = page_client.visit("/hearings/havneparken").text
    assert "Nedbrud i morges" in public
    assert "kl. 12.01" in public


def test_a_closed_hearing_offers_nothing_and_refuses_what_an_old_page_sends(
    page_client: PageClient, app: Flask, hearing_id: str
) -> None:
    here = f"/staff/hearings/{hearing_id}"
    page_client.submit(here, {"name": "Efternøler", "email": "sen@example.org"})
    page_client.submit(f"{here}/closing", action="/closing")
    page = page_client.visit(here)
    actions = {form.attributes.get("action", "") for form in page.forms()}
    assert not {f"{here}/{act}" for act in ("notices", "deadlines", "closing", "material", "parties")} & actions
    later = {"deadline": "2024-06-21T12:00", "reason": "Ferie"}
    assert send(page_client, page, f"{here}/notices") == 409
    assert send(page_client, page, f"{here}/deadlines", later) == 409
    assert send(page_client, page, f"{here}/closing") == 409
    with app.app_context():
        late = select(OutboxMail.id).where(OutboxMail.to_address == "sen@example.org")
        assert db.session.scalars(late).all() == []


def test_asking_to_close_closes_nothing_and_says_how_many_answers_came(
    page_client: PageClient, app: Flask, hearing_id: str
) -> None:
    with app.app_context():
        answering.receive(sent_to(hearing_id))
    assert "1 høringssvar" in page_client.visit(f"/staff/hearings/{hearing_id}/closing").text
    with app.app_context():
        assert queries.hearing(hearing_id).closed_at is None


# --- answers -------------------------------------------------------------------------------------------------


@pytest.fixture(name="answer_id")
def answer_of_somebody(app: Flask, hearing_id: str) -> str:
    """With one attachment, tied to nobody."""
    with app.app_context():
        upload = NamedFile(blobs.put(b"Vores bilag"), "bilag æøå.txt", "text/plain")
        answering.receive(sent_to(hearing_id, uploads=(upload,)))
        return queries.answers(hearing_id)[0].id


def test_the_list_names_who_a_party_is_before_who_wrote(page_client: PageClient, app: Flask, hearing_id: str) -> None:
    assert "Ingen høringssvar endnu" in page_client.visit(f"/staff/hearings/{hearing_id}/answers").text
    with app.app_context():
        answering.receive(sent_to(hearing_id, on_behalf_of="Hvalrosforeningen", name="Anna And"))
        answering.receive(sent_to(hearing_id, name="Bo Borger"))
    text = page_client.visit(f"/staff/hearings/{hearing_id}/answers").text
    assert text.index("Hvalrosforeningen") < text.index("Bo Borger")
    assert "Anna And" not in text


def test_reading_an_answer_and_a_file_are_each_logged_with_who_read(
    page_client: PageClient, app: Flask, answer_id: str
) -> None:
    reader = sign_in(page_client, Role.APPROVER)
    page_client.visit(f"/staff/hearings/answers/{answer_id}")
    file = page_client.get(f"/staff/hearings/answers/{answer_id}/attachments/0", buffered=True)
    assert file.data == b"Vores bilag"
    assert file.headers["Content-Disposition"].startswith("attachment")
    page_client.visit(f"/staff/hearings/answers/{answer_id}/attachments/1", status=404)
    with app.app_context():
        acts = select(AuditEntry.act).where(AuditEntry.subject_id == answer_id, AuditEntry.by_id == reader)
        assert sorted(db.session.scalars(acts)) == ["hearing.answer_read", "hearing.attachment_read"]


def test_the_parties_to_choose_from_stand_in_danish_order(
    page_client: PageClient, app: Flask, hearing_id: str, answer_id: str
) -> None:
    for name in ("Åbenrå Roklub", "Østre Skole"):
        page_client.submit(f"/staff/hearings/{hearing_id}", {"name": name, "email": "post@example.org"})
    page = page_client.visit(f"/staff/hearings/answers/{answer_id}")
    assert "Udtaler sig som" in page.text
    names = [one.text for one in page.root.all("option")]
    assert names[1:] == ["Havnens Venner", "Ældrerådet", "Østre Skole", "Åbenrå Roklub"]


def test_an_answer_is_tied_to_a_party_of_its_own_hearing_only_and_can_be_untied(
    page_client: PageClient, app: Flask, hearing_id: str, answer_id: str
) -> None:
    here = f"/staff/hearings/answers/{answer_id}"
    with app.app_context():
        own = queries.parties(hearing_id)[0].id
        foreign = queries.parties(make_hearing(make_case(), slug="anden").id)[0].id
    page_client.submit(here, {"party_id": foreign}, status=422)
    page_client.submit(here, {"party_id": own})
    chosen = [one for one in page_client.page.root.all("option") if "selected" in one.attributes]
    assert [one.attributes["value"] for one in chosen] == [own]
    page_client.submit(here, {"party_id": ""})
    with app.app_context():
        assert db.session.get_one(Answer, answer_id).party_id is None
        linked = [facts for act, facts in audited(answer_id) if act == "hearing.answer_linked"]
    assert linked == [{"party": own}, {"party": None}]


def test_an_approver_reads_and_changes_nothing(
    page_client: PageClient, app: Flask, hearing_id: str, answer_id: str
) -> None:
    sign_in(page_client, Role.APPROVER)
    for address in (f"/staff/hearings/{hearing_id}", f"/staff/hearings/answers/{answer_id}"):
        actions = {form.attributes.get("action", "") for form in page_client.visit(address).forms()}
        assert not [one for one in actions if one.startswith("/staff/hearings")]
    page_client.visit(f"/staff/hearings/{hearing_id}/closing", status=403)
    page = page_client.visit(f"/staff/hearings/{hearing_id}")
    for rest in ("parties", "material", "notices", "deadlines", "closing"):
        assert send(page_client, page, f"/staff/hearings/{hearing_id}/{rest}") == 403


def test_an_officer_of_another_case_sees_nothing_of_this_one(
    page_client: PageClient, app: Flask, hearing_id: str, answer_id: str
) -> None:
    with app.app_context():
        other_case = make_case().id
        db.session.commit()
        end_reading()
    sign_in(page_client, grants=[Grant(Role.OFFICER, case_id=other_case)])
    for address in (hearing_id, f"{hearing_id}/answers", f"answers/{answer_id}", f"answers/{answer_id}/attachments/0"):
        page_client.visit(f"/staff/hearings/{address}", status=404)
    with app.app_context():
        assert [act for act, _ in audited(answer_id)] == ["hearing.answer_received"]
