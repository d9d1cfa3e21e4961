"""What each act on a case leaves behind: the row, the entry in the record, the audit line."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select

from eventapp import blobs, record
from eventapp.audit import AuditEntry
from eventapp.blobs import NamedFile
from eventapp.cases import actions, queries
from eventapp.cases.actions import CaseFacts, DocumentFacts, LetterFacts
from eventapp.cases.errors import AlreadyPublishedError
from eventapp.cases.models import (
    USUAL_STAGES,
    Case,
    CaseTold,
    DecisionStep,
    DocumentKind,
    LetterKind,
    Stage,
)
from eventapp.errors import NotFoundError
from eventapp.languages import Wording
from eventapp.record.models import RecordEntry, RecordLog
from eventapp.web.permissions import Reach, Role
from tests.support.factories import HARBOUR_PARK, make_case
from tests.support.staff import make_staff

AT = datetime.fromisoformat("2024-02-05T09:00:00+01:00")
LATER = datetime.fromisoformat("2024-03-05T09:00:00+01:00")
FACTS = CaseFacts("2019-0000007", HARBOUR_PARK, origin_body="Byrådet", origin_on=date(2024, 2, 1))
LETTER = LetterFacts(date(2024, 5, 1), Wording({"da": "Vi beder om lov.", "en": "We ask for leave."}))


def opened(**more: Any) -> Case:
    return actions.open_case(replace(FACTS, **more), by=None, now=AT)


def told(db: SQLAlchemy, case: Case) -> list[dict[str, Any]]:
    """What the record was told of the case, in order; its log is whole."""
    db.session.commit()  # entries are appended last
    assert record.verification.verify_log(case.id).faults == []
    found = select(CaseTold).where(CaseTold.log_id == case.id).order_by(CaseTold.seq)
    return [one.parts for one in db.session.scalars(found)]


def acts(db: SQLAlchemy, subject_id: str) -> list[str]:
    db.session.flush()
    found = select(AuditEntry.act).where(AuditEntry.subject_id == subject_id).order_by(AuditEntry.act)
    return list(db.session.scalars(found))


def upload(content: bytes = b"%PDF-1.7 a", name: str = "notat.pdf") -> NamedFile:
    return NamedFile(blobs.put(content), name, "application/pdf")


def test_new_case_is_a_draft_with_the_usual_plan_and_no_days(db: SQLAlchemy) -> None:
    case = opened()
    assert (case.slug, case.published_at, case.created_at) == ("ny-havnepark", None, AT)
    assert {one.stage: one.planned_on for one in case.planned_stages} == dict.fromkeys(USUAL_STAGES)
    (entry,) = told(db, case)
    assert (entry["act"], entry["title"], entry["origin_on"]) == ("opened", "Ny havnepark", "2024-02-01")
    assert acts(db, case.id) == ["cases.opened"]


def test_cases_of_the_same_title_get_addresses_of_their_own(db: SQLAlchemy) -> None:
    slugs = [opened(number=f"2024-{number}").slug for number in range(3)]
    assert slugs == ["ny-havnepark", "ny-havnepark-2", "ny-havnepark-3"]


def test_changed_facts_leave_both_wordings_in_the_record_and_the_address_alone(db: SQLAlchemy) -> None:
    case = opened()
    actions.change_facts(case, replace(FACTS, title=Wording("Havneparken"), origin_on=None), by=None, now=LATER)
    assert case.slug == "ny-havnepark"
    first, second = told(db, case)
    assert (first["title"], second["title"]) == ("Ny havnepark", "Havneparken")
    assert (second["act"], second["origin_on"]) == ("changed", "")
    line = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "cases.changed")).one()
    assert line.facts == {"fields": ["origin_on", "title"]}


def test_same_facts_once_more_leave_no_trace(db: SQLAlchemy) -> None:
    case = opened()
    actions.change_facts(case, FACTS, by=None, now=LATER)
    assert len(told(db, case)) == 1
    assert acts(db, case.id) == ["cases.opened"]


def test_case_is_published_once(db: SQLAlchemy) -> None:
    case = opened()
    actions.publish(case, by=None, now=AT)
    with pytest.raises(AlreadyPublishedError):
        actions.publish(case, by=None, now=LATER)
    assert case.published_at == AT
    assert told(db, case)[1:] == [{"act": "published", "what": "case", "number": "2019-0000007"}]
    assert acts(db, case.id) == ["cases.opened", "cases.published"]


def test_versions_keep_what_the_document_was_called_when_they_came(db: SQLAlchemy) -> None:
    case = opened()
    facts = DocumentFacts(Wording("Udkast"), DocumentKind.NOTE)
    document = actions.add_document(case, facts, upload(), by=None, now=AT)
    actions.describe_document(document, DocumentFacts(Wording("Notat"), DocumentKind.MEMO), by=None)
    actions.add_version(document, upload(b"%PDF-1.7 b"), by=None, now=LATER)
    assert len(told(db, case)) == 1  # versions have rows of their own
    newest, first = document.versions
    assert [(one.number, one.title, one.kind) for one in (first, newest)] == [
        (1, "Udkast", "note"),
        (2, "Notat", "memo"),
    ]
    db.session.refresh(newest)
    assert newest.entry_seq == 2
    assert queries.record_numbers(case.id, [document.id, case.id]) == {case.id: [0], document.id: [1, 2]}


def test_log_tells_when_a_document_was_opened_to_everybody(db: SQLAlchemy) -> None:
    facts = DocumentFacts(Wording("Notat"), DocumentKind.MEMO)
    document = actions.add_document(opened(), facts, upload(), by=None, now=AT)
    assert document.is_public is False
    actions.describe_document(document, replace(facts, is_public=True), by=None)
    db.session.flush()
    line = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "cases.document_changed")).one()
    assert line.facts == {"public": True, "was_public": False}


def test_meeting_without_a_decision_enters_nothing_and_each_wording_enters_once(db: SQLAlchemy) -> None:
    case = opened()
    step = DecisionStep(position=1, body=Wording("Byrådet"), meeting_on=date(2024, 3, 1), item="7")
    case.decision_steps.append(step)
    db.session.flush()
    actions.note_decision(step, by=None, now=AT)
    assert (step.decided_at, len(told(db, case))) == (None, 1)
    step.decision = Wording("Godkendt.")
    actions.note_decision(step, by=None, now=AT)
    step.decision = Wording("Godkendt med ændring.")
    actions.note_decision(step, by=None, now=LATER)
    assert step.decided_at == AT
    assert [one["decision"] for one in told(db, case)[1:]] == ["Godkendt.", "Godkendt med ændring."]
    assert acts(db, step.id) == ["cases.decision_noted"] * 2


def test_letter_and_reply_are_two_and_a_corrected_one_stays_one(db: SQLAlchemy) -> None:
    case = opened()
    first = actions.save_letter(case, LetterKind.TO_GOVERNMENT, LETTER, by=None, now=AT)
    corrected = replace(LETTER, dated_on=date(2024, 5, 2))
    assert actions.save_letter(case, LetterKind.TO_GOVERNMENT, corrected, by=None, now=LATER) is first
    actions.save_letter(case, LetterKind.REPLY, LETTER, by=None, now=LATER)
    assert len(case.government_letters) == 2
    assert first.recorded_at == AT
    entries = told(db, case)[1:]
    assert [one["dated_on"] for one in entries] == ["2024-05-01", "2024-05-02", "2024-05-01"]
    assert [one["letter"] for one in entries] == ["to_government", "to_government", "reply"]
    assert {one["summary"] for one in entries} == {"Vi beder om lov."}


def test_plan_is_what_was_said_last(db: SQLAlchemy) -> None:
    case = opened()
    day = date(2024, 6, 1)
    actions.plan(case, {Stage.HEARING: day, Stage.REPLY: None}, by=None)
    db.session.commit()
    db.session.expire_all()
    assert {one.stage: one.planned_on for one in case.planned_stages} == {Stage.HEARING: day, Stage.REPLY: None}
    actions.plan(case, {}, by=None)
    db.session.commit()
    db.session.expire_all()
    assert case.planned_stages == []
    assert len(told(db, case)) == 1  # a plan is no promise


def test_reach_of_one_case_shows_that_case_alone(db: SQLAlchemy) -> None:
    older, newer = make_case(opened_at=AT), make_case(opened_at=LATER)
    assert queries.cases(Reach(everything=True)) == [newer, older]
    assert queries.cases(Reach(case_ids=[older.id])) == [older]
    assert queries.cases(Reach()) == []


def test_number_is_taken_by_others_and_not_by_oneself(db: SQLAlchemy) -> None:
    case = make_case(number="2024-1")
    assert queries.number_taken("2024-1")
    assert not queries.number_taken("2024-1", case.id)
    assert not queries.number_taken("2024-2")


def test_document_and_version_are_found_in_their_own_case_alone(db: SQLAlchemy) -> None:
    case, other = opened(), make_case()
    document = actions.add_document(case, DocumentFacts(Wording("A"), DocumentKind.MEMO), upload(), by=None, now=AT)
    version = document.versions[0]
    db.session.commit()
    assert queries.document(case.id, document.id) is document
    assert queries.version_of(case, version.id) is version
    assert queries.document_scope(document.id).case_id == queries.version_scope(version.id).case_id == case.id
    for ask in (lambda: queries.document(other.id, document.id), lambda: queries.version_of(other, version.id)):
        with pytest.raises(NotFoundError):
            ask()


# --- who and when ------------------------------------------------------------------------------------------------


def test_log_says_who_did_each_thing(db: SQLAlchemy) -> None:
    by = make_staff(Role.ORGANISER)
    case = actions.open_case(FACTS, by=by, now=AT)
    actions.change_facts(case, replace(FACTS, number="9"), by=by, now=AT)
    actions.publish(case, by=by, now=AT)
    document = actions.add_document(case, DocumentFacts(Wording("A"), DocumentKind.MEMO), upload(), by=by, now=AT)
    actions.describe_document(document, DocumentFacts(Wording("B"), DocumentKind.MEMO), by=by)
    step = DecisionStep(case_id=case.id, position=1, body=Wording("Byrådet"), decision=Wording("Godkendt."))
    db.session.add(step)
    db.session.flush()
    actions.note_decision(step, by=by, now=AT)
    actions.save_letter(case, LetterKind.REPLY, LETTER, by=by, now=AT)
    actions.plan(case, {Stage.HEARING: None, Stage.NOTE: None}, by=by)
    db.session.commit()
    lines = db.session.scalars(select(AuditEntry)).all()
    assert {one.by_id for one in lines} == {by.id}
    assert {one.act: one.facts for one in lines} == {
        "cases.opened": {},
        "cases.changed": {"fields": ["number"]},
        "cases.published": {},
        "cases.version_added": {"version": 1, "size": len(b"%PDF-1.7 a")},
        "cases.document_changed": {"public": False, "was_public": False},
        "cases.decision_noted": {},
        "cases.letter_saved": {"kind": "reply"},
        "cases.planned": {"stages": 2},
    }
    assert document.versions[0].uploaded_by_id == by.id
    assert {one.act: one.subject_id for one in lines}["cases.planned"] == case.id


def test_record_bears_the_moment_of_each_act_and_the_id_of_its_row(db: SQLAlchemy) -> None:
    case = opened()
    actions.change_facts(case, replace(FACTS, number="9"), by=None, now=LATER)
    document = actions.add_document(case, DocumentFacts(Wording("A"), DocumentKind.MEMO), upload(), by=None, now=AT)
    actions.add_version(document, upload(b"%PDF-1.7 b"), by=None, now=LATER)
    letter = actions.save_letter(case, LetterKind.REPLY, LETTER, by=None, now=LATER)
    db.session.commit()
    found = db.session.scalars(select(RecordEntry).where(RecordEntry.log_id == case.id).order_by(RecordEntry.seq)).all()
    assert [(one.kind, one.ref, one.created_at) for one in found] == [
        ("case", case.id, AT),
        ("case", case.id, LATER),
        ("document", document.id, AT),
        ("document", document.id, LATER),
        ("document", letter.id, LATER),
    ]
    moments = ["2024-03-05T08:00:00" if one.created_at == LATER else "2024-02-05T08:00:00" for one in found]
    assert [moment in one.text for moment, one in zip(moments, found, strict=True)] == [True] * 5


def test_new_case_has_the_facts_it_was_given_and_the_address_that_was_wished_for(db: SQLAlchemy) -> None:
    facts = replace(FACTS, summary=Wording("Om havnen."), origin=Wording("Forslag"))
    case = actions.open_case(facts, by=None, now=AT, slug="eget-navn")
    db.session.commit()
    db.session.expire_all()
    assert {name: getattr(case, name) for name in vars(facts)} == vars(facts)
    assert case.slug == "eget-navn"
    log = db.session.get_one(RecordLog, case.id)
    assert (log.origin.partition("/")[2], log.created_at, log.size) == ("case/eget-navn", AT, 1)


def test_version_knows_its_file_and_its_moment(db: SQLAlchemy) -> None:
    case = opened()
    file = upload(b"%PDF-1.7 bytes", "Notat æøå.pdf")
    document = actions.add_document(case, DocumentFacts(Wording("A"), DocumentKind.MEMO), file, by=None, now=AT)
    second = actions.add_document(case, DocumentFacts(Wording("B"), DocumentKind.NOTE), upload(), by=None, now=AT)
    (version,) = document.versions
    assert (version.sha256, version.size) == (file.stored.sha256, 14)
    assert (version.file_name, version.media_type) == ("Notat æøå.pdf", "application/pdf")
    assert (version.uploaded_at, version.uploaded_by_id) == (AT, None)
    assert [(one.position, one.kind) for one in (document, second)] == [(1, DocumentKind.MEMO), (2, DocumentKind.NOTE)]


def test_record_keeps_the_whole_decision_in_danish(db: SQLAlchemy) -> None:
    case = opened()
    texts = {"body": Wording({"da": "Byrådet", "en": "The council"}), "decision": Wording({"da": "Ja.", "en": "Yes."})}
    step = DecisionStep(
        case_id=case.id, position=1, meeting_on=date(2024, 3, 1), item="7", link="https://x.dk", **texts
    )
    db.session.add(step)
    db.session.flush()
    actions.note_decision(step, by=None, now=AT)
    assert told(db, case)[1] == {
        "body": "Byrådet",
        "meeting_on": "2024-03-01",
        "item": "7",
        "decision": "Ja.",
        "link": "https://x.dk",
    }
