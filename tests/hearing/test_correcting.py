"""What is wrong in a hearing is put right, with a reason, on the pages; the record verifies and every link goes on."""

from __future__ import annotations

from datetime import datetime

import pytest
from flask import Flask

from eventapp.corrections.entries import CORRECTION
from eventapp.db import db, end_reading
from eventapp.hearing import entries, queries
from eventapp.hearing.answering import actions as answering
from eventapp.hearing.answering.actions import SentAnswer
from eventapp.hearing.calling.actions import party_token
from eventapp.hearing.models import Hearing, Party, SenderKind
from eventapp.record import actions as record_actions
from eventapp.record import store
from eventapp.record.contents import values
from eventapp.record.verification import verify_log
from eventapp.web.permissions import Role
from tests.hearing.conftest import audited, mails, make_hearing, recorded
from tests.support.factories import make_case
from tests.support.pages import PageClient
from tests.support.staff import sign_in

REASON = "Der stod et forkert ord."


@pytest.fixture(autouse=True)
def _in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hearing is open."""
    monkeypatch.setattr("eventapp.clock.now", lambda: datetime.fromisoformat("2024-05-20T09:00:00+02:00"))


@pytest.fixture
def officer(page_client: PageClient) -> PageClient:
    sign_in(page_client, Role.OFFICER)
    return page_client


@pytest.fixture
def sent_id(app: Flask) -> str:
    with app.app_context():
        return make_hearing().id


@pytest.fixture
def draft_id(app: Flask) -> str:
    with app.app_context():
        return make_hearing(sent=False, slug="udkast").id


def party_of(hearing_id: str, name: str) -> Party:
    return next(one for one in queries.parties(hearing_id) if one.name == name)


def page_of(app: Flask, hearing_id: str, name: str) -> str:
    with app.app_context():
        return f"/staff/hearings/{hearing_id}/parties/{party_of(hearing_id, name).id}"


def is_sound(app: Flask, hearing_id: str) -> bool:
    with app.app_context():
        case_id = queries.hearing(hearing_id).case_id
        end_reading()
        return verify_log(case_id).faults == []


def test_a_draft_is_written_anew_in_both_languages(officer: PageClient, app: Flask, draft_id: str) -> None:
    here = f"/staff/hearings/{draft_id}/texts"
    changed = {"title": "Høring om parken", "title_en": "The park", "question": "Hvad nu?", "question_en": "And now?"}
    officer.submit(here, {**changed, "deadline": "2024-07-01T12:00"})
    with app.app_context():
        found = queries.hearing(draft_id)
        assert (found.title.own("en"), found.question.own("en")) == ("The park", "And now?")
        assert found.deadline_at == datetime.fromisoformat("2024-07-01T12:00:00+02:00")
        assert [act for act, _ in audited(draft_id)][-1] == "hearing.draft_changed"
        assert mails("hearing/correction") == []
    assert is_sound(app, draft_id)


def test_what_was_sent_is_corrected_with_a_reason_and_the_parties_are_told(
    officer: PageClient, app: Flask, sent_id: str
) -> None:
    here = f"/staff/hearings/{sent_id}/texts"
    officer.submit(here, {"title": "Høring om haveparken", "reason": ""}, status=422)
    page = officer.submit(here, {"title": "Høring om haveparken", "reason": REASON})
    assert REASON in page.text
    with app.app_context():
        case_id = queries.hearing(sent_id).case_id
        assert [one.to_address for one in mails("hearing/correction")] == ["post@10.example.org", "post@14.example.org"]
        assert [one["title"] for one in recorded(case_id, entries.DEADLINE)][-1] == "Høring om haveparken"
        assert recorded(case_id, CORRECTION) == [{"act": "hearing.corrected", "fields": ["title"], "reason": REASON}]
    assert is_sound(app, sent_id)
    assert "Høring om haveparken" in officer.visit("/hearings/havneparken").text


def test_material_is_taken_off_a_draft_and_stays_with_what_was_sent(
    officer: PageClient, app: Flask, draft_id: str
) -> None:
    officer.submit(f"/staff/hearings/{draft_id}", action="/removal")
    with app.app_context():
        assert queries.hearing(draft_id).material == []
        sent_id = make_hearing(make_case(slug="anden")).id
    shown = officer.visit(f"/staff/hearings/{sent_id}")
    assert not any("/removal" in one.attributes.get("action", "") for one in shown.forms())
    token = officer.page.root.all("input", name="csrf_token")[0].attributes["value"]
    refused = officer.post(f"/staff/hearings/{sent_id}/material/1/removal", data={"csrf_token": token})
    assert refused.status_code == 409


def test_a_party_is_corrected_and_sent_the_hearing_again(officer: PageClient, app: Flask, sent_id: str) -> None:
    here = page_of(app, sent_id, "Ældrerådet")
    officer.submit(here, {"name": "Ældrerådet i byen", "email": "nyt@example.org", "reason": REASON})
    assert REASON in officer.page.text
    officer.submit(here, action="/notices")
    with app.app_context():
        party = party_of(sent_id, "Ældrerådet i byen")
        assert [one.addressee for one in party.notices] == ["Ældrerådet", "Ældrerådet i byen"]
        assert next(one.to_address for one in mails("hearing/notice")) == "nyt@example.org"
        assert audited(party.id) == [("hearing.party_corrected", {"fields": ["email", "name"]})]
        assert recorded(party.hearing.case_id, entries.PARTY) == [{"party": "Ældrerådet i byen"}]
    assert is_sound(app, sent_id)


def test_a_letter_is_not_sent_again_twice(officer: PageClient, app: Flask, sent_id: str) -> None:
    here = page_of(app, sent_id, "Ældrerådet")
    officer.visit(here)
    token = officer.page.root.all("input", name="csrf_token")[0].attributes["value"]
    for _ in range(2):
        officer.post(f"{here}/notices", data={"csrf_token": token, "number": "2"})
    with app.app_context():
        assert len(party_of(sent_id, "Ældrerådet").notices) == 2


def test_only_who_was_never_written_to_is_taken_off_the_list(
    officer: PageClient, app: Flask, draft_id: str, sent_id: str
) -> None:
    officer.submit(page_of(app, draft_id, "Ældrerådet"), {"reason": REASON}, action="/removal")
    assert REASON in officer.page.text
    here = page_of(app, sent_id, "Ældrerådet")
    token = officer.visit(here).root.all("input", name="csrf_token")[0].attributes["value"]
    refused = officer.post(f"{here}/removal", data={"csrf_token": token, "reason": REASON})
    assert refused.status_code == 409
    with app.app_context():
        assert [one.name for one in queries.parties(draft_id)] == ["Havnens Venner"]
        assert len(queries.parties(sent_id)) == 2


def test_two_rows_of_one_party_become_one_and_both_links_go_on(officer: PageClient, app: Flask, sent_id: str) -> None:
    with app.app_context():
        other = party_of(sent_id, "Havnens Venner")
        other_id, token = other.id, party_token(other.id)
        end_reading()
        answering.receive(_answer(sent_id, other_id))
    officer.submit(page_of(app, sent_id, "Ældrerådet"), {"other": other_id, "reason": REASON}, action="/merger")
    with app.app_context():
        (kept,) = queries.parties(sent_id)
        assert kept.name == "Ældrerådet"
        assert (len(kept.notices), len(kept.answers)) == (2, 1)
        counts = queries.counts(kept.hearing)
        assert (counts.heard, counts.ticked) == (1, 1)
        assert queries.addressee("havneparken", token) == (sent_id, kept.id)
    form = officer.visit(f"/hearings/havneparken/answer/{token}")
    assert [one.attributes["value"] for one in form.root.all("input", name="on_behalf_of")] == ["Ældrerådet"]
    assert is_sound(app, sent_id)


def test_a_corrected_name_is_erased_with_those_in_the_letters(officer: PageClient, app: Flask, sent_id: str) -> None:
    officer.submit(page_of(app, sent_id, "Ældrerådet"), {"name": "Jytte Lund", "reason": REASON})
    with app.app_context():
        case_id = queries.hearing(sent_id).case_id
        seqs = _entries_about(case_id, "Ældrerådet", "Jytte Lund")
        conn = db.session.connection()
        for seq in seqs:
            record_actions.erase(
                conn, log_id=case_id, seq=seq, names=["party"], reason="Bedt om", at=queries.hearing(sent_id).starts_at
            )
        db.session.commit()
        assert sorted(one.name for one in queries.parties(sent_id)) == ["", "Havnens Venner"]
    assert is_sound(app, sent_id)


def _entries_about(case_id: str, *names: str) -> list[int]:
    conn = db.session.connection()
    found = store.entries(conn, case_id, 0, store.log(conn, case_id).size)
    kinds = {entries.NOTICE.name, entries.PARTY.name}
    return [one.seq for one in found if one.kind in kinds and values(conn, one).get("party") in names]


def _answer(hearing_id: str, party_id: str) -> SentAnswer:
    hearing = db.session.get_one(Hearing, hearing_id)
    at = hearing.starts_at
    end_reading()
    return SentAnswer(
        hearing_id, "a" * 32, "Bo", "", "Bevar den.", SenderKind.ORGANISATION, at, party_id=party_id, uploads=[]
    )
