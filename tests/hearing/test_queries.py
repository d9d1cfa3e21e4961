"""What is read of a hearing: only its own, in the right order, and nothing of a draft by the public."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from eventapp import blobs
from eventapp.blobs import NamedFile
from eventapp.cases.models import Case
from eventapp.db import db, end_reading
from eventapp.errors import NotFoundError
from eventapp.hearing import queries
from eventapp.hearing.calling import actions as calling
from eventapp.hearing.calling.actions import party_token
from eventapp.hearing.models import Hearing, Notice
from eventapp.hearing.queries import Counts
from eventapp.tokens import derived_token
from eventapp.web.permissions import Person, Reach, Scope
from tests.hearing.conftest import DEADLINE_AT, SENT_AT, make_hearing
from tests.hearing.test_answering import receive, sent_to
from tests.support.factories import make_case

NOBODY = "0" * 32
OFFICER = Person("officer-1", "Sagsbehandler", frozenset())


@pytest.fixture(name="other")
def other_hearing(hearing: Hearing) -> Hearing:
    """Of another case, with an answer of its own, beside the one that the test asks about."""
    assert hearing
    other = make_hearing(make_case(), slug="skolen")
    receive(sent_to(other.id, party_id=queries.parties(other.id)[0].id, received_at=DEADLINE_AT + timedelta(days=1)))
    return other


# --- what the public may open --------------------------------------------------------------------------------


def test_a_sent_hearing_is_found_by_its_address_with_its_material(hearing: Hearing, other: Hearing) -> None:
    found = queries.published_hearing("havneparken")
    assert (found.id, found.case.id) == (hearing.id, hearing.case_id)
    assert [one.version.file_name for one in found.material] == ["notat.pdf"]
    assert queries.published_hearing("skolen").id == other.id


def test_of_a_draft_the_public_finds_nothing(draft: Hearing) -> None:
    party = queries.parties(draft.id)[0]
    for ask in (
        lambda: queries.published_hearing(draft.slug),
        lambda: queries.material(draft.slug, 1),
        lambda: queries.addressee(draft.slug, ""),
        lambda: queries.addressee(draft.slug, party_token(party.id)),
    ):
        with pytest.raises(NotFoundError):
            ask()
    assert queries.sent_hearings() == []
    assert queries.free_slug(draft.slug) == f"{draft.slug}-2"  # and yet nobody else can have its address


def test_what_there_is_not_is_not_found(hearing: Hearing) -> None:
    for ask in (
        lambda: queries.hearing(NOBODY),
        lambda: queries.published_hearing("havnepark"),
        lambda: queries.material(hearing.slug, 0),
        lambda: queries.material(hearing.slug, 2),
        lambda: queries.material("skolen", 1),
        lambda: queries.addressee("skolen", ""),
        lambda: queries.answer(NOBODY),
        lambda: queries.answer_with_receipt(NOBODY),
        lambda: queries.attachment(NOBODY, 0),
    ):
        with pytest.raises(NotFoundError):
            ask()
    assert queries.free_slug("skolen") == "skolen"


def test_material_is_found_by_hearing_and_annex(hearing: Hearing, other: Hearing) -> None:
    assert queries.material("havneparken", 1).hearing_id == hearing.id
    assert queries.material("skolen", 1).hearing_id == other.id


# --- whose link it is ----------------------------------------------------------------------------------------


def test_an_answer_is_addressed_to_the_hearing_and_to_the_party_of_the_link(hearing: Hearing) -> None:
    party = queries.parties(hearing.id)[1]
    assert queries.addressee(hearing.slug, "") == (hearing.id, None)
    assert queries.addressee(hearing.slug, party_token(party.id)) == (hearing.id, party.id)


@pytest.mark.usefixtures("hearing")
def test_a_link_that_was_mailed_once_stays_the_same() -> None:
    """It is made anew from the key each time, and its purpose is part of it."""
    assert party_token(NOBODY) == derived_token("party", NOBODY)


def test_a_wrong_link_still_takes_the_answer_and_ticks_nobody_off(hearing: Hearing) -> None:
    """A link that a mail program has cut must not cost an answer."""
    assert queries.addressee(hearing.slug, "cut-off") == (hearing.id, None)
    assert queries.party_with_link(hearing.id, "cut-off") is None
    assert queries.party_with_link(hearing.id, "") is None


def test_the_link_of_one_hearing_opens_nothing_in_another(hearing: Hearing, other: Hearing) -> None:
    token = party_token(queries.parties(other.id)[0].id)
    assert queries.addressee(hearing.slug, token) == (hearing.id, None)
    assert queries.party_with_link(hearing.id, token) is None
    found = queries.party_with_link(other.id, token)
    assert found is not None


# --- order ---------------------------------------------------------------------------------------------------


def test_parties_stand_in_the_order_of_the_danish_alphabet(hearing: Hearing) -> None:
    for name in ("Aarhus Cykelby", "Østre Skole", "Zoologisk Have", "ældresagen", "Åbenrå Roklub", "Boligforeningen"):
        calling.add_party(hearing, name, "post@example.org", by=None, now=SENT_AT)
    db.session.commit()
    assert [one.name for one in queries.parties(hearing.id)] == [
        "Boligforeningen",
        "Havnens Venner",
        "Zoologisk Have",
        "Ældrerådet",
        "ældresagen",
        "Østre Skole",
        "Åbenrå Roklub",
        "Aarhus Cykelby",
    ]


def test_the_list_of_one_hearing_holds_no_party_of_another(hearing: Hearing, other: Hearing) -> None:
    ours, theirs = ({one.id for one in queries.parties(one_id)} for one_id in (hearing.id, other.id))
    assert len(ours) == len(theirs) == 2
    assert not ours & theirs
    assert queries.parties(NOBODY) == []


def test_answers_stand_by_number_and_each_hearing_counts_from_one(hearing: Hearing, other: Hearing) -> None:
    for text in ("Æ", "A", "Ø"):
        receive(sent_to(hearing.id, text=text))
    assert [(one.number, one.text) for one in queries.answers(hearing.id)] == [(1, "Æ"), (2, "A"), (3, "Ø")]
    assert [one.number for one in queries.answers(other.id)] == [1]
    assert queries.answers(NOBODY) == []


def test_receipt_numbers_run_on_across_hearings(hearing: Hearing, other: Hearing) -> None:
    receive(sent_to(hearing.id))
    issued = [queries.answers(one.id)[0].receipt_number for one in (other, hearing)]
    assert issued == ["HS-2024-0001", "HS-2024-0002"]


def test_hearings_of_a_case_stand_by_their_beginning_drafts_too(app_case: Case) -> None:
    later = make_hearing(app_case, sent=False, slug="anden")
    first = make_hearing(app_case, slug="tidlig")
    first.starts_at = SENT_AT - timedelta(days=1)
    make_hearing(make_case(), slug="skolen")
    db.session.commit()
    assert [one.id for one in queries.hearings_of_case(app_case.id)] == [first.id, later.id]
    assert queries.hearings_of_case(NOBODY) == []


def test_sent_hearings_stand_by_deadline_and_drafts_are_not_among_them(app: Flask) -> None:
    with app.app_context():
        make_hearing(make_case(), slug="sidst", deadline_at=DEADLINE_AT + timedelta(days=2))
        make_hearing(make_case(), slug="udkast", sent=False)
        make_hearing(make_case(), slug="snart")
        assert [one.slug for one in queries.sent_hearings()] == ["snart", "sidst"]


# --- counts --------------------------------------------------------------------------------------------------


def test_a_hearing_without_answers_counts_those_heard_and_nothing_else(hearing: Hearing) -> None:
    assert queries.counts(hearing) == Counts(heard=2, ticked=0, answers=0, late=0, before_extension=0)


def test_a_party_that_answers_twice_is_ticked_once_and_a_citizen_ticks_nobody(hearing: Hearing, other: Hearing) -> None:
    first, second = (one.id for one in queries.parties(hearing.id))
    late = DEADLINE_AT + timedelta(microseconds=1)
    for facts in ({"party_id": first}, {"party_id": first, "received_at": late}, {}, {"received_at": late}, {}):
        receive(sent_to(hearing.id, **facts))
    assert queries.counts(hearing) == Counts(heard=2, ticked=1, answers=5, late=2, before_extension=0)
    receive(sent_to(hearing.id, party_id=second))
    assert queries.counts(hearing) == Counts(heard=2, ticked=2, answers=6, late=2, before_extension=0)
    assert queries.counts(other) == Counts(heard=2, ticked=1, answers=1, late=1, before_extension=0)


# --- looking up ----------------------------------------------------------------------------------------------


def test_a_receipt_leads_to_its_answer_and_to_no_other(hearing: Hearing) -> None:
    tokens = [receive(sent_to(hearing.id, text=text)) for text in ("Et", "To")]
    assert [queries.answer_with_receipt(one).text for one in tokens] == ["Et", "To"]
    assert tokens[0] != tokens[1]


def test_number_and_address_must_both_fit_and_letters_may_be_large_or_small(hearing: Hearing) -> None:
    receive(sent_to(hearing.id, email="Ida@Example.org"))
    receive(sent_to(hearing.id, email="bo@example.org"))
    found = queries.answer_with_number("HS-2024-0001", "iDA@example.ORG")
    assert found is not None
    assert found.number == 1
    for number, email in (
        ("HS-2024-0001", "bo@example.org"),
        ("HS-2024-0002", "ida@example.org"),
        ("HS-2024-0003", "ida@example.org"),
        ("", "ida@example.org"),
        ("HS-2024-0001", ""),
        ("HS-2024-000_", "ida@example.org"),
        ("HS-2024-0001", "%@example.org"),
    ):
        assert queries.answer_with_number(number, email) is None


def test_an_attachment_is_found_by_answer_and_place(hearing: Hearing) -> None:
    uploads = tuple(NamedFile(blobs.put(name.encode()), name, "text/plain") for name in ("b.txt", "a.txt"))
    receive(sent_to(hearing.id, uploads=uploads))
    receive(sent_to(hearing.id, uploads=uploads[:1]))
    first, second = queries.answers(hearing.id)
    assert [queries.attachment(first.id, place).file_name for place in (0, 1)] == ["b.txt", "a.txt"]
    assert queries.attachment(second.id, 0).answer_id == second.id
    for answer_id, place in ((first.id, 2), (second.id, 1), (first.id, -1)):
        with pytest.raises(NotFoundError):
            queries.attachment(answer_id, place)


# --- whom it concerns ----------------------------------------------------------------------------------------


def test_hearing_and_answer_are_traced_to_their_own_case(hearing: Hearing, other: Hearing) -> None:
    receive(sent_to(hearing.id))
    cases = {hearing.id: hearing.case_id, other.id: other.case_id}
    for hearing_id, case_id in cases.items():
        answer_id = queries.answers(hearing_id)[0].id
        end_reading()
        assert queries.scope(hearing_id) == Scope(case_id)
        assert queries.answer_scope(answer_id) == Scope(case_id)
        assert queries.mail_scope(answer_id) == Scope(case_id)
    for trace in (queries.scope, queries.answer_scope, queries.mail_scope):
        assert trace(NOBODY) == Scope()


def test_a_letter_is_traced_to_the_case_of_its_party(hearing: Hearing, other: Hearing) -> None:
    for one in (hearing, other):
        notice_id = queries.parties(one.id)[0].notices[0].id
        case_id = one.case_id
        end_reading()
        assert queries.mail_scope(notice_id) == Scope(case_id)


def test_mails_within_reach_are_those_of_the_cases_within_reach(hearing: Hearing, other: Hearing) -> None:
    receive(sent_to(hearing.id))

    def within(reach: Reach) -> set[str]:
        return set(db.session.scalars(queries.mail_subjects(reach)))

    def of(one: Hearing) -> set[str]:
        notices = {notice.id for party in queries.parties(one.id) for notice in party.notices}
        return notices | {answer.id for answer in queries.answers(one.id)}

    assert len(of(hearing)) == 3
    assert within(Reach(case_ids=[hearing.case_id])) == of(hearing)
    assert within(Reach(case_ids=[other.case_id])) == of(other)
    assert within(Reach(everything=True)) == of(hearing) | of(other)
    assert within(Reach()) == within(Reach(event_ids=[hearing.case_id])) == set()


def test_every_notice_of_a_party_is_on_the_list_in_the_order_it_was_sent(hearing: Hearing) -> None:
    calling.extend_deadline(
        hearing, DEADLINE_AT + timedelta(days=1), "Ferie", by=OFFICER, now=SENT_AT + timedelta(days=1)
    )
    db.session.commit()
    db.session.expire_all()
    notices: list[list[Notice]] = [one.notices for one in queries.parties(hearing.id)]
    assert [[one.subject for one in of_party] for of_party in notices] == [["notice", "extension"]] * 2
