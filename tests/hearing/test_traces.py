"""The traces that each act leaves: who did it in the audit log, when and about what in the record, once in the mail."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from eventapp.audit import AuditEntry
from eventapp.cases.models import Case
from eventapp.db import db, end_reading, reading
from eventapp.hearing import entries, queries
from eventapp.hearing.answering import actions as answering
from eventapp.hearing.calling import actions as calling
from eventapp.hearing.calling.actions import Plan
from eventapp.hearing.dossier import erasure_actions
from eventapp.hearing.models import DeadlineChange, Hearing, Notice
from eventapp.languages import Wording
from eventapp.record import Entry, Kind, store
from eventapp.web.permissions import Person
from tests.hearing.conftest import DEADLINE_AT, SENT_AT, mails, make_hearing
from tests.hearing.test_answering import sent_to

OFFICER = Person("officer-1", "Sagsbehandler", frozenset())
AT = SENT_AT + timedelta(days=3, microseconds=7)
LATER = DEADLINE_AT + timedelta(days=7)


def entries_of(case_id: str, kind: Kind) -> list[Entry]:
    end_reading()
    with reading() as conn:
        size = store.log(conn, case_id).size
        return [one for one in store.entries(conn, case_id, 0, size) if one.kind == kind.name]


def told(entry: Entry) -> tuple[str | None, datetime]:
    """What an entry is about, and when it happened."""
    return entry.ref, entry.created_at


def logged() -> list[tuple[str, str | None]]:
    """Every act of the hearing in the audit log with who did it."""
    lines = select(AuditEntry.act, AuditEntry.by_id).where(AuditEntry.act.startswith("hearing."))
    return [(act, by) for act, by in db.session.execute(lines.order_by(AuditEntry.at))]


def test_every_act_is_logged_under_the_name_of_who_did_it(app_case: Case) -> None:
    """From the first to the last: an act that is logged under nobody's name is a thing that nobody did."""
    papers = make_hearing(app_case).material[0].version
    before = len(logged())
    plan = Plan("ny", Wording("Titel"), Wording("Hvad?"), SENT_AT, DEADLINE_AT)
    hearing = calling.open_hearing(app_case, plan, by=OFFICER, now=AT)
    calling.add_material(hearing, papers, by=OFFICER, now=SENT_AT)
    calling.add_party(hearing, "Ældrerådet", "post@example.org", by=OFFICER, now=SENT_AT)
    db.session.flush()
    calling.send_notices(hearing, by=OFFICER, now=AT)
    calling.extend_deadline(hearing, LATER, "Ferie", by=OFFICER, now=AT)
    case_id, hearing_id = app_case.id, hearing.id
    db.session.commit()
    end_reading()
    answering.receive(sent_to(hearing_id), by=OFFICER)
    answer = queries.answers(hearing_id)[0]
    answering.link_answer(answer, queries.parties(hearing_id)[0], by=OFFICER, now=DEADLINE_AT)
    calling.close(queries.hearing(hearing_id), by=OFFICER, now=AT)
    seq = answer.entry_seq
    db.session.commit()
    end_reading()
    erasure_actions.erase(case_id, seq, ["text"], "Fejl", by=OFFICER, now=AT)
    acts = logged()[before:]
    assert {by for _, by in acts} == {OFFICER.id}
    assert sorted(act for act, _ in acts) == [
        "hearing.answer_linked",
        "hearing.answer_received",
        "hearing.closed",
        "hearing.deadline_extended",
        "hearing.material_added",
        "hearing.notice_sent",
        "hearing.notice_sent",
        "hearing.opened",
        "hearing.party_added",
        "hearing.text_erased",
    ]


def test_an_answer_that_came_by_itself_was_taken_in_by_nobody(hearing: Hearing) -> None:
    hearing_id = hearing.id
    end_reading()
    answering.receive(sent_to(hearing_id))
    assert ("hearing.answer_received", None) in logged()


def test_the_record_says_when_each_thing_happened_and_what_it_is_about(draft: Hearing) -> None:
    hearing_id, case_id = draft.id, draft.case_id
    notices = [one.id for one in calling.send_notices(draft, by=OFFICER, now=AT)]
    db.session.commit()
    moved_at, closed_at = AT + timedelta(hours=1), AT + timedelta(hours=2)
    calling.extend_deadline(draft, LATER, "Ferie", by=OFFICER, now=moved_at)
    db.session.commit()
    calling.close(draft, by=OFFICER, now=closed_at)
    db.session.commit()
    assert [told(one) for one in entries_of(case_id, entries.DEADLINE)] == [(hearing_id, AT)]
    assert [told(one) for one in entries_of(case_id, entries.EXTEND)] == [(hearing_id, moved_at)]
    assert [told(one) for one in entries_of(case_id, entries.CLOSE)] == [(hearing_id, closed_at)]
    first, second, *later = entries_of(case_id, entries.NOTICE)
    assert [told(first), told(second)] == [(one, AT) for one in notices]
    extensions = db.session.scalars(select(Notice.id).where(Notice.subject == "extension"))
    assert {told(one) for one in later} == {(one, moved_at) for one in extensions}


def test_the_entry_of_an_answer_bears_the_moment_it_came_in(hearing: Hearing) -> None:
    hearing_id, case_id = hearing.id, hearing.case_id
    end_reading()
    answering.receive(sent_to(hearing_id, received_at=AT))
    answer_id = queries.answers(hearing_id)[0].id
    assert [told(one) for one in entries_of(case_id, entries.ANSWER)] == [(answer_id, AT)]


def test_an_extension_knows_its_place_in_the_record(hearing: Hearing) -> None:
    case_id = hearing.case_id
    for days in (1, 2):
        calling.extend_deadline(hearing, DEADLINE_AT + timedelta(days=days), "Ferie", by=OFFICER, now=AT)
        db.session.commit()
    places = db.session.scalars(select(DeadlineChange.entry_seq).order_by(DeadlineChange.new_at)).all()
    assert places == [one.seq for one in entries_of(case_id, entries.EXTEND)]


def test_a_letter_can_go_once_for_a_party_and_a_deadline(hearing: Hearing) -> None:
    """The outbox holds one row for each: whoever sends the same twice finds it there."""
    parties = queries.parties(hearing.id)
    calling.extend_deadline(hearing, LATER, "Ferie", by=OFFICER, now=AT)
    db.session.commit()
    for subject, deadline in (("notice", DEADLINE_AT), ("extension", LATER)):
        kept = {one.dedupe or "" for one in mails(f"hearing/{subject}")}
        named = {tuple(key.split(":", 2)[:2]) for key in kept}
        assert named == {(subject, one.id) for one in parties}
        assert {datetime.fromisoformat(key.split(":", 2)[2]) for key in kept} == {deadline}


def test_a_receipt_can_go_once_for_an_answer(hearing: Hearing) -> None:
    hearing_id = hearing.id
    end_reading()
    answering.receive(sent_to(hearing_id))
    answer_id = queries.answers(hearing_id)[0].id
    assert [one.dedupe for one in mails("hearing/receipt")] == [f"receipt:{answer_id}"]


@pytest.mark.parametrize("message", ["hearing/notice", "hearing/extension"])
def test_letters_to_parties_are_in_danish_whatever_page_the_officer_read(hearing: Hearing, message: str) -> None:
    calling.extend_deadline(hearing, LATER, "Ferie", by=OFFICER, now=AT)
    db.session.commit()
    assert [one.lang for one in mails(message)] == ["da", "da"]
