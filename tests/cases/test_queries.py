"""Questions about cases: who finds which, in which order, and what belongs to what."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask_babel import force_locale
from flask_sqlalchemy import SQLAlchemy

from eventapp.cases import actions, queries
from eventapp.cases.actions import DocumentFacts
from eventapp.cases.models import Case, DocumentKind
from eventapp.errors import NotFoundError
from eventapp.languages import Wording
from eventapp.web.permissions import Reach, Scope
from tests.cases.conftest import AT, LATER, upload
from tests.support.factories import make_case

NOBODY = "0" * 32


def test_case_is_found_by_its_id_and_its_address_draft_or_not(db: SQLAlchemy) -> None:
    draft = make_case(slug="udkast", published=False)
    assert queries.case_by_id(draft.id) is draft
    assert queries.case_by_slug("udkast") is draft
    for ask in (
        lambda: queries.published_case("udkast"),
        lambda: queries.published_case("findes-ikke"),
        lambda: queries.case_by_slug("udkas"),
        lambda: queries.case_by_id(NOBODY),
    ):
        with pytest.raises(NotFoundError):
            ask()
    draft.published_at = AT
    assert queries.published_case("udkast") is draft


def test_staff_find_the_newest_case_first_and_drafts_too(db: SQLAlchemy) -> None:
    older = make_case(opened_at=AT)
    newer = make_case(opened_at=LATER, published=False)
    assert queries.cases(Reach(everything=True)) == [newer, older]
    assert queries.cases(Reach(case_ids=[older.id, newer.id])) == [newer, older]
    assert queries.cases(Reach(case_ids=[older.id])) == [older]
    assert queries.cases(Reach(event_ids=[older.id])) == []  # a role for an event opens no case


def test_everybody_finds_published_cases_the_newest_publication_first(db: SQLAlchemy) -> None:
    first = make_case(opened_at=AT)
    make_case(opened_at=AT, published=False)
    second = make_case(opened_at=LATER)
    assert queries.published_cases() == [second, first]
    first.published_at = LATER + timedelta(days=1)
    assert queries.published_cases() == [first, second]


def test_cases_of_the_same_moment_stand_in_the_order_of_their_ids(db: SQLAlchemy) -> None:
    """Otherwise a list would be in another order each time, and in another one on each database."""
    in_order = sorted((make_case(id=digit * 32, opened_at=AT) for digit in "312"), key=lambda case: case.id)
    assert queries.cases(Reach(everything=True)) == in_order
    assert queries.published_cases() == in_order
    assert [one.key for one in queries.scope_choices()] == [f"case:{case.id}" for case in in_order]


@pytest.mark.engines("sqlite")
def test_role_can_be_given_for_each_case_by_its_title(app: Flask, db: SQLAlchemy) -> None:
    older = make_case(opened_at=AT, title=Wording("Kajen"), published=False)
    newer = make_case(opened_at=LATER)
    with app.test_request_context(), force_locale("da"):
        found = queries.scope_choices()
    assert [(one.key, one.label) for one in found] == [
        (f"case:{newer.id}", Wording("Sag: Ny havnepark")),
        (f"case:{older.id}", Wording("Sag: Kajen")),
    ]


def test_document_and_version_belong_to_their_case_and_what_is_not_there_to_nothing(db: SQLAlchemy, case: Case) -> None:
    document = actions.add_document(case, DocumentFacts(Wording("A"), DocumentKind.MEMO), upload(), by=None, now=AT)
    db.session.commit()
    version = document.versions[0]
    assert queries.document_scope(document.id) == queries.version_scope(version.id) == Scope(case.id)
    assert queries.document_scope(version.id) == queries.version_scope(document.id) == Scope()
    assert queries.document_scope(NOBODY) == queries.version_scope(NOBODY) == Scope()


def test_what_is_not_there_is_not_found_in_any_case(db: SQLAlchemy, case: Case) -> None:
    with pytest.raises(NotFoundError):
        queries.document(case.id, NOBODY)
    with pytest.raises(NotFoundError):
        queries.version_of(case, NOBODY)


def test_free_address_takes_the_first_gap_and_minds_no_longer_ones(db: SQLAlchemy) -> None:
    for slug in ("havn", "havn-3", "havnepark"):
        make_case(slug=slug)
    assert queries.free_slug("havn") == "havn-2"
    make_case(slug="havn-2")
    assert queries.free_slug("havn") == "havn-4"
    assert queries.free_slug("havne") == "havne"


def test_number_is_compared_sign_by_sign(db: SQLAlchemy) -> None:
    case = make_case(number="2024-0001")
    assert [queries.number_taken(one) for one in ("2024-0001", "2024-001", "2024-00011")] == [True, False, False]
    assert not queries.number_taken("2024-0001", case.id)
    assert queries.number_taken("2024-0001", make_case().id)


def test_entries_of_the_record_are_told_in_order_and_only_those_asked_for(db: SQLAlchemy, case: Case) -> None:
    facts = DocumentFacts(Wording("A"), DocumentKind.MEMO)
    first = actions.add_document(case, facts, upload(b"%PDF-1.7 1"), by=None, now=AT)
    second = actions.add_document(case, facts, upload(b"%PDF-1.7 2"), by=None, now=AT)
    actions.add_version(first, upload(b"%PDF-1.7 3"), by=None, now=LATER)
    db.session.commit()
    assert queries.record_numbers(case.id, [first.id]) == {first.id: [1, 3]}
    assert queries.record_numbers(case.id, [first.id, second.id]) == {first.id: [1, 3], second.id: [2]}
    assert queries.record_numbers(make_case().id, [first.id]) == {}
