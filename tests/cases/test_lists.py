"""The five lists of a case: a row comes, changes, moves and goes; what may not go; what the log and the record say."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select

from eventapp import record
from eventapp.audit import AuditEntry
from eventapp.cases import list_forms
from eventapp.cases.errors import CoversOthersError, DecidedError
from eventapp.cases.list_forms import LISTS
from eventapp.cases.models import Case, CaseTold
from eventapp.errors import NotFoundError
from eventapp.languages import NO_WORDS, Wording
from eventapp.web.permissions import Role
from tests.cases.conftest import AT, LATER
from tests.support.factories import make_case
from tests.support.staff import make_staff

VALUES: dict[str, dict[str, Any]] = {
    "tasks": {"text": Wording("Undersøg havnen")},
    "contacts": {"function": Wording("Vagten"), "email": "vagt@example.org"},
    "administrations": {"name": Wording("Teknik"), "is_lead": True},
    "tracks": {"title": Wording("Spor 1"), "description": Wording("En park.")},
    "decisions": {"body": Wording("Byrådet"), "meeting_on": date(2024, 6, 1)},
}
CHANGED: dict[str, dict[str, Any]] = {
    "tasks": {"text": Wording("Undersøg kajen")},
    "contacts": {"phone": "12 34 56 78"},
    "administrations": {"is_lead": False},
    "tracks": {"description": NO_WORDS},
    "decisions": {"meeting_on": None},
}


@pytest.fixture
def by(db: SQLAlchemy) -> Any:
    staff = make_staff(Role.ORGANISER)
    db.session.commit()
    return staff


def add(case: Case, name: str, by: Any, **more: Any) -> Any:
    return list_forms.add(case, LISTS[name], {**VALUES[name], **more}, by=by, now=AT)


def change(case: Case, name: str, row: Any, values: dict[str, Any], by: Any) -> None:
    list_forms.change(case, LISTS[name], row.id, values, by=by, now=LATER)


def lines(db: SQLAlchemy, row_id: str) -> list[tuple[str, dict[str, Any]]]:
    """What the log says of a row: acts and facts, in no order that one can rely on within a moment."""
    db.session.commit()
    found = db.session.scalars(select(AuditEntry).where(AuditEntry.subject_id == row_id)).all()
    return sorted(((one.act, one.facts) for one in found), key=lambda one: one[0])


def told(db: SQLAlchemy, case: Case) -> list[dict[str, Any]]:
    """What the record was told of the case after it was opened; its log is whole."""
    db.session.commit()
    assert record.verification.verify_log(case.id).faults == []
    found = select(CaseTold).where(CaseTold.log_id == case.id, CaseTold.seq > 0).order_by(CaseTold.seq)
    return [one.parts for one in db.session.scalars(found)]


def order(db: SQLAlchemy, case: Case, name: str) -> list[str]:
    db.session.commit()
    db.session.expire_all()
    rows = LISTS[name].rows(case)
    assert [one.position for one in rows] == list(range(1, len(rows) + 1))
    return [one.id for one in rows]


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("name", LISTS)
def test_row_comes_changes_and_goes_and_the_log_names_each_act_and_no_word_that_was_written(
    db: SQLAlchemy, case: Case, by: Any, name: str
) -> None:
    row = add(case, name, by)
    for key, value in VALUES[name].items():
        assert getattr(row, key) == value
    change(case, name, row, CHANGED[name], by)
    change(case, name, row, CHANGED[name], by)  # the same once more is no change
    for key, value in CHANGED[name].items():
        assert getattr(row, key) == value
    list_forms.move(case, LISTS[name], row.id, 1, by=by)
    list_forms.remove(case, LISTS[name], row.id, by=by)
    assert lines(db, row.id) == [
        ("cases.row_added", {"list": name}),
        ("cases.row_changed", {"list": name, "fields": sorted(CHANGED[name])}),
        ("cases.row_moved", {"list": name, "step": 1}),
        ("cases.row_removed", {"list": name}),
    ]
    assert order(db, case, name) == []
    assert told(db, case) == []


@pytest.mark.parametrize("name", LISTS)
def test_rows_change_places_as_far_as_there_is_room(db: SQLAlchemy, case: Case, by: Any, name: str) -> None:
    first, second, third = (add(case, name, by).id for _number in range(3))
    for row_id, step, wanted in (
        (third, -1, [first, third, second]),
        (third, -1, [third, first, second]),
        (third, -1, [third, first, second]),
        (second, 1, [third, first, second]),
        (third, 1, [first, third, second]),
    ):
        list_forms.move(case, LISTS[name], row_id, step, by=by)
        assert order(db, case, name) == wanted
    list_forms.remove(case, LISTS[name], first, by=by)
    assert order(db, case, name) == [third, second]
    assert add(case, name, by).position == 3


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("name", LISTS)
def test_row_of_another_case_is_not_found_and_stays_as_it_was(db: SQLAlchemy, case: Case, by: Any, name: str) -> None:
    other = make_case()
    row = add(other, name, by)
    for act in (
        lambda: change(case, name, row, CHANGED[name], by),
        lambda: list_forms.move(case, LISTS[name], row.id, 1, by=by),
        lambda: list_forms.remove(case, LISTS[name], row.id, by=by),
        lambda: list_forms.remove(case, LISTS[name], "0" * 32, by=by),
    ):
        with pytest.raises(NotFoundError):
            act()
    assert order(db, other, name) == [row.id]
    for key, value in VALUES[name].items():
        assert getattr(row, key) == value
    assert [act for act, _facts in lines(db, row.id)] == ["cases.row_added"]


# --- decisions ---------------------------------------------------------------------------------------------------


def test_decision_that_is_there_from_the_start_is_entered_at_once(db: SQLAlchemy, case: Case, by: Any) -> None:
    row = add(case, "decisions", by, decision=Wording({"da": "Godkendt.", "en": "Approved."}), item="7")
    assert row.decided_at == AT
    assert told(db, case) == [
        {"body": "Byrådet", "meeting_on": "2024-06-01", "item": "7", "decision": "Godkendt.", "link": ""}
    ]
    assert [act for act, _facts in lines(db, row.id)] == ["cases.decision_noted", "cases.row_added"]


def test_each_correction_of_a_meeting_that_has_decided_is_entered_and_the_moment_of_the_decision_stays(
    db: SQLAlchemy, case: Case, by: Any
) -> None:
    row = add(case, "decisions", by, decision=Wording("Godkendt."))
    change(case, "decisions", row, {"link": "https://havneby.example.org"}, by)
    change(case, "decisions", row, {"link": "https://havneby.example.org"}, by)
    change(case, "decisions", row, {"meeting_on": None}, by)
    assert row.decided_at == AT
    entries = told(db, case)
    assert [one["link"] for one in entries] == ["", "https://havneby.example.org", "https://havneby.example.org"]
    assert [one["meeting_on"] for one in entries] == ["2024-06-01", "2024-06-01", ""]


def test_meeting_that_has_decided_stays_on_the_route_and_may_change_its_place(
    db: SQLAlchemy, case: Case, by: Any
) -> None:
    decided, coming = add(case, "decisions", by, decision=Wording("Godkendt.")), add(case, "decisions", by)
    with pytest.raises(DecidedError):
        list_forms.remove(case, LISTS["decisions"], decided.id, by=by)
    list_forms.move(case, LISTS["decisions"], decided.id, 1, by=by)
    assert order(db, case, "decisions") == [coming.id, decided.id]
    list_forms.remove(case, LISTS["decisions"], coming.id, by=by)
    assert order(db, case, "decisions") == [decided.id]
    assert len(told(db, case)) == 1  # a place is no promise


def test_wording_in_another_language_alone_is_a_decision_of_which_the_record_keeps_what_there_is(
    db: SQLAlchemy, case: Case, by: Any
) -> None:
    row = add(case, "decisions", by)
    change(case, "decisions", row, {"decision": Wording({"en": "Approved."})}, by)
    assert (row.decided_at, told(db, case)[0]["decision"]) == (LATER, "Approved.")


# --- contacts ----------------------------------------------------------------------------------------------------


def test_contact_that_covers_goes_once_nobody_leans_on_it(db: SQLAlchemy, case: Case, by: Any) -> None:
    cover = add(case, "contacts", by)
    leaning = add(case, "contacts", by, cover_id=cover.id)
    with pytest.raises(CoversOthersError):
        list_forms.remove(case, LISTS["contacts"], cover.id, by=by)
    assert order(db, case, "contacts") == [cover.id, leaning.id]
    change(case, "contacts", leaning, {"cover_id": None}, by)
    list_forms.remove(case, LISTS["contacts"], cover.id, by=by)
    assert order(db, case, "contacts") == [leaning.id]


def test_contact_that_is_covered_may_go_and_its_cover_stays(db: SQLAlchemy, case: Case, by: Any) -> None:
    cover = add(case, "contacts", by)
    leaning = add(case, "contacts", by, cover_id=cover.id)
    list_forms.remove(case, LISTS["contacts"], leaning.id, by=by)
    assert order(db, case, "contacts") == [cover.id]
    list_forms.remove(case, LISTS["contacts"], cover.id, by=by)
    assert order(db, case, "contacts") == []


def test_who_did_it_stands_in_the_log(db: SQLAlchemy, case: Case, by: Any) -> None:
    row = add(case, "tasks", by)
    list_forms.remove(case, LISTS["tasks"], row.id, by=by)
    db.session.commit()
    found = db.session.scalars(select(AuditEntry).where(AuditEntry.subject_id == row.id)).all()
    assert {one.by_id for one in found} == {by.id}
