"""Calling parties to be heard: who is told and who is not, what each letter says, and when it is too late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from eventapp.cases.models import Case, DocumentVersion
from eventapp.db import db, end_reading
from eventapp.errors import DomainError
from eventapp.hearing import entries, queries
from eventapp.hearing.answering import actions as answering
from eventapp.hearing.calling import actions
from eventapp.hearing.calling.actions import Plan, party_token
from eventapp.hearing.errors import AlreadySentError, ClosedError, NotLaterError, NotReadyError
from eventapp.hearing.models import Hearing, Notice
from eventapp.languages import Wording
from eventapp.mail import rendering
from eventapp.record.verification import verify_log
from eventapp.tokens import token_hash
from eventapp.web.permissions import Person
from tests.hearing.conftest import DEADLINE_AT, MEMO, SENT_AT, audited, mails, make_hearing, recorded
from tests.hearing.test_answering import sent_to
from tests.support.factories import make_case
from tests.support.work import take_mails

OFFICER = Person("officer-1", "Sagsbehandler", frozenset())
NEXT_DAY = SENT_AT + timedelta(days=1)
LATER = DEADLINE_AT + timedelta(days=7)


def extend(hearing: Hearing, new_at: datetime = LATER, reason: str = "Sommerferie") -> None:
    actions.extend_deadline(hearing, new_at, reason, by=OFFICER, now=NEXT_DAY)
    db.session.commit()


def add(hearing: Hearing, name: str) -> str:
    """A party with an address of its own; gives its id."""
    party_id = actions.add_party(hearing, name, f"{name.lower()}@example.org", by=OFFICER, now=SENT_AT).id
    db.session.commit()
    return party_id


def addresses(message: str) -> list[str]:
    return [one.to_address for one in mails(message)]


# --- a draft -------------------------------------------------------------------------------------------------


def test_opening_a_hearing_makes_a_draft_of_the_plan_and_tells_nobody(app_case: Case) -> None:
    plan = Plan("ny", Wording({"da": "Titel", "en": "Title"}), Wording("Hvad?"), SENT_AT, DEADLINE_AT)
    hearing = actions.open_hearing(app_case, plan, by=OFFICER, now=NEXT_DAY)
    db.session.commit()
    db.session.expire_all()
    assert {name: getattr(hearing, name) for name in vars(plan)} == vars(plan)
    assert (hearing.case_id, hearing.created_at) == (app_case.id, NEXT_DAY)
    assert (hearing.published_at, hearing.closed_at, hearing.answers_issued) == (None, None, 0)
    assert audited(hearing.id) == [("hearing.opened", {})]
    assert mails("hearing/notice") == []
    assert recorded(app_case.id, entries.DEADLINE) == []


def test_annexes_are_numbered_from_one_in_the_order_they_were_added(draft: Hearing) -> None:
    first = draft.material[0].version
    second = DocumentVersion(
        number=2,
        document_id=first.document_id,
        sha256=first.sha256,
        file_name="notat-2.pdf",
        media_type=first.media_type,
        size=first.size,
        title="Notat, rettet",
        kind=first.kind,
        uploaded_at=SENT_AT,
    )
    db.session.add(second)
    db.session.flush()
    added = actions.add_material(draft, second, by=OFFICER, now=SENT_AT)
    db.session.commit()
    assert [(one.annex, one.version.file_name) for one in queries.hearing(draft.id).material] == [
        (1, "notat.pdf"),
        (2, "notat-2.pdf"),
    ]
    assert added.hearing_id == draft.id
    assert ("hearing.material_added", {"version": second.id}) in audited(draft.id)


def test_a_party_is_found_by_its_own_link_and_by_no_other(draft: Hearing) -> None:
    party_id = add(draft, "Cyklistforbundet")
    party = queries.party_with_link(draft.id, party_token(party_id))
    assert party is not None
    assert (party.id, party.name, party.email) == (party_id, "Cyklistforbundet", "cyklistforbundet@example.org")
    assert party.link_hash == token_hash(party_token(party_id))
    assert len({party_token(one.id) for one in queries.parties(draft.id)}) == 3
    assert audited(draft.id)[-1] == ("hearing.party_added", {"party": party_id})


# --- sending -------------------------------------------------------------------------------------------------


def test_sending_publishes_at_the_moment_it_is_sent_and_the_record_says_what_was_asked(draft: Hearing) -> None:
    actions.send_notices(draft, by=OFFICER, now=NEXT_DAY)
    db.session.commit()
    assert draft.published_at == NEXT_DAY
    assert recorded(draft.case_id, entries.DEADLINE) == [
        {
            "title": "Høring om havneparken",
            "question": "Hvad mener I?",
            "starts_at": SENT_AT.astimezone(UTC).isoformat(),
            "deadline": DEADLINE_AT.astimezone(UTC).isoformat(),
            "material": [draft.material[0].version.sha256],
        }
    ]


def test_each_party_is_written_to_once_at_its_own_address_with_its_own_link(draft: Hearing) -> None:
    sent = actions.send_notices(draft, by=OFFICER, now=NEXT_DAY)
    db.session.commit()
    parties = queries.parties(draft.id)
    assert [one.party_id for one in sent] == [one.id for one in parties]
    queued = {one.id: one for one in mails("hearing/notice")}
    assert len(queued) == 2
    for party, notice in zip(parties, sent, strict=True):
        mail = queued[notice.mail_id or ""]
        assert (mail.to_address, mail.subject_id) == (party.email, notice.id)
        assert mail.secrets == {
            "link": f"http://localhost/hearings/havneparken/answer/{party_token(party.id)}",
        }
        assert (notice.subject, notice.addressee, notice.deadline_at) == ("notice", party.name, DEADLINE_AT)
        assert (notice.sent_at, notice.sent_by_id) == (NEXT_DAY, OFFICER.id)
        assert audited(notice.id) == [("hearing.notice_sent", {"subject": "notice"})]


def test_the_record_names_each_party_that_was_told_in_the_order_of_the_letters(hearing: Hearing) -> None:
    deadline = DEADLINE_AT.astimezone(UTC).isoformat()
    assert recorded(hearing.case_id, entries.NOTICE) == [
        {"party": name, "subject": "notice", "deadline": deadline} for name in ("Havnens Venner", "Ældrerådet")
    ]


def test_a_notice_that_nobody_of_staff_sent_says_so(hearing: Hearing) -> None:
    assert {one.sent_by_id for one in db.session.query(Notice)} == {None}
    extend(hearing)
    assert {one.sent_by_id for one in db.session.query(Notice)} == {None, OFFICER.id}


def test_the_letter_holds_all_that_a_party_needs_and_the_material_itself(hearing: Hearing) -> None:
    hearing.case.contacts[0].phone = "99 99 99 99"
    db.session.commit()
    letters = {one.to_address: one for one in take_mails() if one.message == "hearing/notice"}
    end_reading()
    party = queries.parties(hearing.id)[1]
    number, token = hearing.case.number, party_token(party.id)
    told = rendering.render(letters[party.email])
    assert told.subject == "Høring om havneparken"
    for word in (
        "Ældrerådet",
        number,
        "Hvad mener I?",
        "fredag den 14. juni 2024 kl. 12.00",
        f"http://localhost/hearings/havneparken/answer/{token}",
        "http://localhost/hearings/havneparken",
        "Bilag 1: Notat",
        "sag@example.org",
    ):
        assert word in told.text, word
    assert token not in told.kept
    assert [(one.name, one.media_type, one.content) for one in told.files] == [
        ("Bilag 1 - notat.pdf", "application/pdf", MEMO)
    ]


def test_nobody_is_told_while_there_is_no_material(app_case: Case) -> None:
    hearing = actions.open_hearing(
        app_case, Plan("ny", Wording("T"), Wording("H?"), SENT_AT, DEADLINE_AT), by=None, now=SENT_AT
    )
    add(hearing, "Ældrerådet")
    with pytest.raises(NotReadyError):
        actions.send_notices(hearing, by=OFFICER, now=NEXT_DAY)
    assert hearing.published_at is None
    assert mails("hearing/notice") == []


def test_a_hearing_without_parties_is_not_sent(draft: Hearing) -> None:
    for party in queries.parties(draft.id):
        db.session.delete(party)
    db.session.commit()
    with pytest.raises(NotReadyError):
        actions.send_notices(draft, by=OFFICER, now=NEXT_DAY)
    assert draft.published_at is None


def test_a_second_sending_goes_to_new_parties_and_publishes_nothing_again(hearing: Hearing) -> None:
    party_id = add(hearing, "Cyklistforbundet")
    sent = actions.send_notices(hearing, by=OFFICER, now=NEXT_DAY)
    db.session.commit()
    assert [one.party_id for one in sent] == [party_id]
    assert addresses("hearing/notice").count("cyklistforbundet@example.org") == 1
    assert len(mails("hearing/notice")) == 3
    assert hearing.published_at == SENT_AT
    assert len(recorded(hearing.case_id, entries.DEADLINE)) == 1


def test_when_everybody_was_told_nobody_is_told_again(hearing: Hearing) -> None:
    with pytest.raises(AlreadySentError):
        actions.send_notices(hearing, by=OFFICER, now=NEXT_DAY)
    assert len(mails("hearing/notice")) == 2


def test_a_party_of_another_hearing_is_not_told(app_case: Case) -> None:
    first, second = make_hearing(app_case, sent=False), make_hearing(make_case(), sent=False, slug="anden")
    sent = actions.send_notices(second, by=OFFICER, now=NEXT_DAY)
    db.session.commit()
    assert {one.party_id for one in sent} == {one.id for one in queries.parties(second.id)}
    assert first.published_at is None


def test_a_later_party_gets_the_deadline_that_is_in_force(hearing: Hearing) -> None:
    extend(hearing)
    add(hearing, "Cyklistforbundet")
    (notice,) = actions.send_notices(hearing, by=OFFICER, now=NEXT_DAY)
    db.session.commit()
    assert notice.deadline_at == LATER
    assert recorded(hearing.case_id, entries.NOTICE)[-1]["deadline"] == LATER.astimezone(UTC).isoformat()


# --- a later deadline ----------------------------------------------------------------------------------------


def test_an_extension_is_kept_with_its_reason_recorded_and_audited(hearing: Hearing) -> None:
    extend(hearing)
    (change,) = queries.hearing(hearing.id).deadline_changes
    assert (change.old_at, change.new_at, change.reason) == (DEADLINE_AT, LATER, Wording("Sommerferie"))
    assert (change.told, change.by_id, change.at) == (2, OFFICER.id, NEXT_DAY)
    assert hearing.deadline_at == LATER
    told = {"old": DEADLINE_AT.astimezone(UTC).isoformat(), "new": LATER.astimezone(UTC).isoformat()}
    assert recorded(hearing.case_id, entries.EXTEND) == [{**told, "reason": "Sommerferie", "told": 2}]
    assert audited(hearing.id)[-1] == ("hearing.deadline_extended", {"told": 2})


def test_the_extension_is_told_to_those_who_were_told_of_the_hearing_and_to_nobody_else(hearing: Hearing) -> None:
    add(hearing, "Cyklistforbundet")
    extend(hearing)
    assert addresses("hearing/extension") == addresses("hearing/notice")
    assert "cyklistforbundet@example.org" not in addresses("hearing/extension")
    assert hearing.deadline_changes[0].told == 2


def test_the_letter_of_an_extension_says_the_new_deadline_and_the_latest_reason(hearing: Hearing) -> None:
    extend(hearing)
    actions.extend_deadline(hearing, LATER + timedelta(days=1), "Grundlovsdag", by=OFFICER, now=NEXT_DAY)
    db.session.commit()
    letters = [rendering.render(one) for one in take_mails() if one.message == "hearing/extension"]
    assert len(letters) == 4  # two parties, told twice
    newest = [one for one in letters if "Grundlovsdag" in one.text]
    assert len(newest) == 2
    assert all("lørdag den 22. juni 2024 kl. 12.00" in one.text and "Sommerferie" not in one.text for one in newest)
    assert {one.subject for one in letters} == {"Ny frist: Høring om havneparken"}


@pytest.mark.parametrize("by", [timedelta(0), -timedelta(microseconds=1), -timedelta(days=7)])
def test_a_deadline_never_comes_earlier_and_never_stays(hearing: Hearing, by: timedelta) -> None:
    with pytest.raises(NotLaterError):
        extend(hearing, DEADLINE_AT + by)
    db.session.rollback()
    assert queries.hearing(hearing.id).deadline_at == DEADLINE_AT
    assert mails("hearing/extension") == []
    assert recorded(hearing.case_id, entries.EXTEND) == []


def test_the_smallest_step_later_is_later(hearing: Hearing) -> None:
    extend(hearing, DEADLINE_AT + timedelta(microseconds=1))
    assert queries.hearing(hearing.id).deadline_at == DEADLINE_AT + timedelta(microseconds=1)


def test_each_extension_starts_from_the_one_before_and_all_are_kept(hearing: Hearing) -> None:
    extend(hearing)
    actions.extend_deadline(hearing, LATER + timedelta(days=1), "Igen", by=OFFICER, now=NEXT_DAY + timedelta(hours=1))
    db.session.commit()
    db.session.expire_all()
    assert [(one.old_at, one.new_at) for one in hearing.deadline_changes] == [
        (DEADLINE_AT, LATER),
        (LATER, LATER + timedelta(days=1)),
    ]
    case_id = hearing.case_id
    assert [one["reason"] for one in recorded(case_id, entries.EXTEND)] == ["Sommerferie", "Igen"]
    end_reading()
    assert verify_log(case_id).faults == []


def test_an_answer_is_judged_by_the_deadline_in_force_when_it_comes(hearing: Hearing) -> None:
    hearing_id = hearing.id
    between = DEADLINE_AT + timedelta(days=1)
    end_reading()
    answering.receive(sent_to(hearing_id, received_at=between))
    extend(queries.hearing(hearing_id))
    end_reading()
    answering.receive(sent_to(hearing_id, received_at=between))
    assert [(one.is_late, one.deadline_at) for one in queries.answers(hearing_id)] == [
        (True, DEADLINE_AT),
        (False, LATER),
    ]


# --- the end -------------------------------------------------------------------------------------------------


def test_closing_records_how_many_were_heard_answered_and_came_late(hearing: Hearing) -> None:
    hearing_id, party_id = hearing.id, queries.parties(hearing.id)[0].id
    end_reading()
    for facts in (
        {"party_id": party_id},
        {"party_id": party_id},
        {"received_at": DEADLINE_AT + timedelta(seconds=1)},
    ):
        answering.receive(sent_to(hearing_id, **facts))
    found = queries.hearing(hearing_id)
    actions.close(found, by=OFFICER, now=LATER)
    db.session.commit()
    assert found.closed_at == LATER
    assert recorded(found.case_id, entries.CLOSE) == [{"heard": 2, "ticked": 1, "answers": 3, "late": 1}]
    assert audited(hearing_id)[-1] == ("hearing.closed", {"answers": 3})


def test_a_hearing_is_closed_once(hearing: Hearing) -> None:
    actions.close(hearing, by=OFFICER, now=LATER)
    db.session.commit()
    with pytest.raises(ClosedError):
        actions.close(hearing, by=OFFICER, now=LATER + timedelta(days=1))
    assert hearing.closed_at == LATER
    assert len(recorded(hearing.case_id, entries.CLOSE)) == 1


def test_a_closed_hearing_is_neither_extended_nor_sent(hearing: Hearing) -> None:
    add(hearing, "Cyklistforbundet")
    actions.close(hearing, by=OFFICER, now=LATER)
    with pytest.raises(ClosedError):
        add(hearing, "Fodgængerne")
    with pytest.raises(ClosedError):
        extend(hearing, LATER)
    with pytest.raises(ClosedError):
        actions.send_notices(hearing, by=OFFICER, now=LATER)
    assert hearing.deadline_at == DEADLINE_AT
    assert "cyklistforbundet@example.org" not in addresses("hearing/notice")
    assert mails("hearing/extension") == []


def test_material_cannot_change_after_the_first_party_was_told(hearing: Hearing) -> None:
    """Every party is heard about the same papers, and the record says which."""
    version = hearing.material[0].version
    with pytest.raises(DomainError) as refused:
        actions.add_material(hearing, version, by=OFFICER, now=SENT_AT)
    assert refused.value.code == "material_sent"
    assert len(queries.hearing(hearing.id).material) == 1


@pytest.mark.parametrize("act", ["close", "extend", "send"])
def test_an_act_looks_at_what_the_hearing_has_become_meanwhile(hearing: Hearing, act: str) -> None:
    """The page was open while somebody else closed the hearing: what the session read before does not count."""
    assert hearing.closed_at is None
    elsewhere = update(Hearing).where(Hearing.id == hearing.id).values(closed_at=LATER)
    db.session.execute(elsewhere, execution_options={"synchronize_session": False})
    acts = {
        "close": lambda: actions.close(hearing, by=OFFICER, now=LATER),
        "extend": lambda: extend(hearing),
        "send": lambda: actions.send_notices(hearing, by=OFFICER, now=LATER),
    }
    with pytest.raises(ClosedError):
        acts[act]()
