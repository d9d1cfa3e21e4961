"""What the record of a case holds of it, found again in the rows as they are now; and what is lost is noticed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select, update

from eventapp import db as core
from eventapp import record
from eventapp.cases import actions, entries, queries
from eventapp.cases.actions import CaseFacts, DocumentFacts, LetterFacts
from eventapp.cases.models import Case, CaseTold, DecisionStep, DocumentKind, DocumentVersion, LetterKind
from eventapp.languages import OFFICIAL, Wording
from eventapp.record import contents, store
from tests.cases.conftest import AT, LATER, upload
from tests.support.factories import HARBOUR_PARK

FACTS = CaseFacts("2019-0000007", HARBOUR_PARK)


def held(db: SQLAlchemy, case: Case) -> list[Mapping[str, Any]]:
    """What each entry of the case says, as who checks the record reads it."""
    db.session.commit()
    with core.reading() as conn:
        size = store.log(conn, case.id).size
        return [contents.values(conn, one) for one in store.entries(conn, case.id, 0, size)]


def is_intact(case: Case) -> bool:
    return record.verification.verify_log(case.id).faults == []


def test_every_entry_is_found_again_whatever_was_changed_since(db: SQLAlchemy, case: Case) -> None:
    """Opened, changed, published, a document twice, a decision, a letter: then all of it is renamed."""
    actions.change_facts(case, replace(FACTS, summary=Wording("Om havnen.")), by=None, now=AT)
    actions.publish(case, by=None, now=AT)
    facts = DocumentFacts(Wording("Udkast"), DocumentKind.NOTE)
    document = actions.add_document(case, facts, upload(), by=None, now=AT)
    actions.describe_document(document, DocumentFacts(Wording("Notat"), DocumentKind.MEMO), by=None)
    actions.add_version(document, upload(b"%PDF-1.7 b", "notat 2.pdf"), by=None, now=AT)
    step = DecisionStep(case_id=case.id, position=1, body=Wording("Byrådet"), decision=Wording("Godkendt."))
    db.session.add(step)
    db.session.flush()
    actions.note_decision(step, by=None, now=AT)
    letter = LetterFacts(date(2024, 5, 1), Wording("Vi beder om lov."), document_id=document.id)
    actions.save_letter(case, LetterKind.TO_GOVERNMENT, letter, by=None, now=AT)
    before = held(db, case)
    assert [one.get("act") or one.get("title") or one.get("decision") or one.get("letter") for one in before] == [
        "opened",
        "changed",
        "published",
        "Udkast",
        "Notat",
        "Godkendt.",
        "to_government",
    ]
    case.title = step.body = step.decision = document.title = Wording("Noget andet")
    case.number, step.item, document.kind = "9", "9", DocumentKind.OTHER
    assert held(db, case) == before
    faults = " ".join(map(str, record.verification.verify_log(case.id).faults))
    for told in ("case", "decision_step"):  # what rows say now is another matter, and found too
        assert told in faults


def test_version_of_a_document_is_held_with_its_name_its_number_and_the_fingerprint_of_its_file(
    db: SQLAlchemy, case: Case
) -> None:
    facts = DocumentFacts(Wording({"da": "Notat", "en": "Memo"}), DocumentKind.MEMO)
    document = actions.add_document(case, facts, upload(name="Notat æøå.pdf"), by=None, now=AT)
    assert held(db, case)[1] == {
        "title": "Notat",
        "kind": "memo",
        "version": 1,
        "file_name": "Notat æøå.pdf",
        record.attachment_name(0): document.versions[0].sha256,
    }


def test_letter_is_held_in_danish_with_its_day_and_no_file_of_its_own(db: SQLAlchemy, case: Case) -> None:
    letter = LetterFacts(date(2024, 5, 1), Wording({"da": "Vi beder.", "en": "We ask."}))
    actions.save_letter(case, LetterKind.REPLY, letter, by=None, now=AT)
    assert held(db, case)[1] == {"letter": "reply", "dated_on": "2024-05-01", "summary": "Vi beder."}


def test_facts_are_held_in_danish_and_what_is_not_known_is_empty(db: SQLAlchemy, case: Case) -> None:
    actions.change_facts(case, replace(FACTS, origin_body="Byrådet", origin_on=date(2024, 2, 1)), by=None, now=AT)
    opened, changed = held(db, case)
    assert opened == {
        "act": "opened",
        "number": "2019-0000007",
        "title": HARBOUR_PARK.own(OFFICIAL),
        "summary": "",
        "origin": "",
        "origin_body": "",
        "origin_on": "",
    }
    assert changed == {**opened, "act": "changed", "origin_body": "Byrådet", "origin_on": "2024-02-01"}


def test_text_that_the_record_no_longer_finds_is_noticed(db: SQLAlchemy, case: Case) -> None:
    assert is_intact(case)
    db.session.execute(update(CaseTold).where(CaseTold.log_id == case.id).values(parts={"act": "opened"}))
    db.session.commit()
    assert not is_intact(case)


@pytest.mark.parametrize("changed", [{"title": "Et andet"}, {"kind": "other"}, {"number": 7}, {"file_name": "x.pdf"}])
def test_version_that_was_changed_behind_the_record_is_noticed(
    db: SQLAlchemy, case: Case, changed: dict[str, Any]
) -> None:
    actions.add_document(case, DocumentFacts(Wording("A"), DocumentKind.MEMO), upload(), by=None, now=AT)
    db.session.commit()
    assert is_intact(case)
    db.session.execute(update(DocumentVersion).values(**changed))
    db.session.commit()
    assert not is_intact(case)


def test_cases_keep_records_of_their_own(db: SQLAlchemy, case: Case) -> None:
    other = actions.open_case(CaseFacts("2019-8", Wording("Kajen")), by=None, now=AT)
    actions.publish(other, by=None, now=LATER)
    assert [one["act"] for one in held(db, other)] == ["opened", "published"]
    assert [one["act"] for one in held(db, case)] == ["opened"]
    assert queries.record_numbers(case.id, [other.id]) == {}
    assert queries.record_numbers(other.id, [case.id, other.id]) == {other.id: [0, 1]}
    assert queries.record_numbers(case.id, []) == {}


def test_only_publication_opens_the_record_to_everybody() -> None:
    assert [one.name for one in entries.KINDS if one.publishes] == ["publish"]
    assert [one.name for one in entries.KINDS] == ["case", "publish", "document", "decision"]


@pytest.mark.usefixtures("danish")
def test_every_part_that_is_told_has_a_name_of_its_own_for_people() -> None:
    for kind in entries.KINDS:
        assert len({str(one) for one in kind.parts.values()}) == len(kind.parts), kind.name
    assert len({str(kind.words) for kind in entries.KINDS}) == len(entries.KINDS)


def test_plan_and_places_and_who_may_read_are_no_matter_of_the_record(db: SQLAlchemy, case: Case) -> None:
    document = actions.add_document(case, DocumentFacts(Wording("A"), DocumentKind.MEMO), upload(), by=None, now=AT)
    actions.describe_document(document, DocumentFacts(Wording("B"), DocumentKind.NOTE, is_public=True), by=None)
    actions.plan(case, {}, by=None)
    assert len(held(db, case)) == 2
    assert [one.title for one in db.session.scalars(select(DocumentVersion))] == ["A"]
