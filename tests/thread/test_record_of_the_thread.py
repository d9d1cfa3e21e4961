"""What the slices entered into the record is given back as it was told, whatever the rows say later."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from eventapp import blobs
from eventapp.blobs import NamedFile
from eventapp.cases import actions as cases
from eventapp.cases.actions import CaseFacts, DocumentFacts, LetterFacts
from eventapp.cases.models import Case, DecisionStep, DocumentKind, LetterKind
from eventapp.contributions import actions as contributions
from eventapp.contributions.models import Quoting
from eventapp.db import Sql, db, end_reading, reading
from eventapp.events import actions as events
from eventapp.events.models import Event, QuotaKind
from eventapp.hearing.answering import actions as answering
from eventapp.hearing.calling import actions as hearings
from eventapp.hearing.calling import correcting_actions as correcting
from eventapp.hearing.models import Answer, Hearing
from eventapp.invitations import actions as invitations
from eventapp.invitations.actions import Given
from eventapp.invitations.models import Invitation, ReplyChannel, ReplyState, SightingKind
from eventapp.languages import Wording
from eventapp.record import store
from eventapp.record.verification import verify_log
from eventapp.web.permissions import Person
from eventapp.web.registry import registry
from tests.hearing.test_answering import sent_to
from tests.invitations.conftest import make_invitation
from tests.support.factories import STARTS_AT, make_event

OFFICER = Person("officer", "Sagsbehandler", frozenset())
NOW = STARTS_AT - timedelta(days=20)  # for everything: no moment tells one entry from another
AFTER = STARTS_AT + timedelta(hours=3)
FACTS = CaseFacts(number="2024-17", title=Wording("Havnen"), summary=Wording("Først"))
UNTOLD = (  # rows that no entry speaks of
    Sql("""UPDATE document SET title = '{"da": "Andet"}', kind = 'other'"""),
    Sql("UPDATE layout SET max_persons = 300, plan_reference = 'Plan 13'"),
    Sql("UPDATE quota SET seats = 199"),
    Sql("UPDATE venue SET name = 'Rådhuset'"),
    Sql("UPDATE event SET cancel_text = 'Andet'"),
    Sql("DELETE FROM sighting"),
)


def test_the_record_verifies_after_every_row_that_it_does_not_speak_of_has_changed(app: Flask) -> None:
    """What it speaks of is in ``test_insiders_of_the_thread``."""
    with app.app_context():
        case = told_case()
        case_id = case.id
        told_evening(make_event(case, quotas={QuotaKind.INVITED: 2}))
        told_hearing(case)
        db.session.commit()
        assert kinds_in(case_id) == registry().record_kinds.keys() - {"erase", "key"}
        assert verify_log(case_id).faults == []
        for change in UNTOLD:
            assert change(db.session.connection()).rowcount, change.sqlite
        db.session.commit()
        assert verify_log(case_id).faults == []


def kinds_in(case_id: str) -> set[str]:
    with reading() as conn:
        return {one.kind for one in store.entries(conn, case_id, 0, store.log(conn, case_id).size)}


def told_case() -> Case:
    case = cases.open_case(FACTS, by=None, now=NOW)
    facts = CaseFacts(number="2024-17", title=Wording("Havnen, rettet"), summary=Wording("Om havnen"))
    cases.change_facts(case, facts, by=None, now=NOW)
    cases.publish(case, by=None, now=NOW)
    document = cases.add_document(
        case, DocumentFacts(Wording("Notat"), DocumentKind.MEMO), upload("notat.pdf"), by=None, now=NOW
    )
    cases.describe_document(document, DocumentFacts(Wording("Memo"), DocumentKind.NOTE), by=None)
    cases.add_version(document, upload("notat-2.pdf"), by=None, now=NOW)
    step = DecisionStep(case_id=case.id, position=1, body=Wording("Udvalget"), decision=Wording("Godkendt"))
    db.session.add(step)
    db.session.flush()
    cases.note_decision(step, by=None, now=NOW)
    step.decision = Wording("Godkendt med ændringer")
    cases.note_decision(step, by=None, now=NOW)
    last = DecisionStep(case_id=case.id, position=2, body=Wording("Byrådet"), decision=Wording("Tiltrådt"))
    db.session.add(last)
    db.session.flush()
    cases.note_decision(last, by=None, now=NOW)
    for summary in ("Kære minister", "Kære minister, rettet"):
        letter = LetterFacts(dated_on=NOW.date(), summary=Wording(summary))
        cases.save_letter(case, LetterKind.TO_GOVERNMENT, letter, by=None, now=NOW)
    return case


def told_evening(event: Event) -> None:
    invitation: Invitation = make_invitation(event)
    invitations.reply(invitation, Given(ReplyState.ACCEPTED, ReplyChannel.LINK), now=NOW)
    invitations.reply(invitation, Given(ReplyState.DECLINED, ReplyChannel.PHONE, reason="Rejse"), now=NOW)
    for kind in (SightingKind.SPOKE, SightingKind.CAME):
        invitations.see(invitation, kind, by=OFFICER, now=AFTER)
    for key, said in (("a", "Mere grønt"), ("b", "Flere bænke")):
        sent = contributions.SentContribution(key * 32, event.themes[0].id, said, Quoting.UNNAMED)
        contributions.contribute(event, sent, now=AFTER)
    events.cancel(event, "Stormvejr", by=None, now=NOW)


def told_hearing(case: Case, slug: str = "havnen") -> None:
    plan = hearings.Plan(slug, Wording(f"Høring, {slug}"), Wording("Hvad mener I?"), NOW, NOW + timedelta(days=30))
    hearing: Hearing = hearings.open_hearing(case, plan, by=None, now=NOW - timedelta(days=60))
    for version in case.documents[0].versions:
        hearings.add_material(hearing, version, by=None, now=NOW, may_publish=True)
    for name in ("Ældrerådet", "Havnens Venner"):
        hearings.add_party(hearing, name, "post@example.org", by=None, now=NOW)
    db.session.flush()
    hearings.send_notices(hearing, by=None, now=NOW + timedelta(seconds=1))
    hearing_id = hearing.id
    db.session.commit()
    end_reading()
    files = [NamedFile(blobs.put(f"{name} {slug}".encode()), f"{name}.txt", "text/plain") for name in ("plan", "kort")]
    answering.receive(sent_to(hearing_id, received_at=NOW, text="Ja tak.", uploads=files))
    answering.receive(sent_to(hearing_id, received_at=NOW, text="Nej tak."))
    hearing = db.session.get_one(Hearing, hearing_id)
    answer = db.session.scalars(select(Answer).where(Answer.hearing_id == hearing_id)).first()
    assert answer
    answering.link_answer(answer, hearing.parties[0], by=OFFICER, now=NOW)
    party = hearing.parties[0]
    correcting.correct_party(party, f"{party.name}, rettet", party.email, "Stavefejl", by=OFFICER, now=NOW)
    for days in (40, 50):
        hearings.extend_deadline(hearing, NOW + timedelta(days=days), "Ferie", by=OFFICER, now=NOW)
    hearings.close(hearing, by=OFFICER, now=NOW)


def upload(name: str) -> NamedFile:
    return NamedFile(blobs.put(name.encode()), name, "application/pdf")


def test_a_part_is_called_the_same_in_every_kind(app: Flask) -> None:
    """The pages that check a receipt know a part by its name alone."""
    with app.test_request_context("/?lang=en"):
        words: dict[str, set[str]] = {}
        for kind in registry().record_kinds.values():
            for name, said in kind.parts.items():
                words.setdefault(name, set()).add(str(said))
    assert {name: said for name, said in words.items() if len(said) > 1} == {}
