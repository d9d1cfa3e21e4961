"""What is asked about staff: in which order, how many, and who is left out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from eventapp.accounts import queries, rules
from eventapp.accounts.models import RecoveryCode, RoleGrant, Staff, StaffSession
from eventapp.audit import AuditEntry
from eventapp.db import db as database
from eventapp.tokens import token_hash
from eventapp.web.permissions import Grant, Role
from tests.accounts.conftest import CREATED_AT
from tests.support.factories import make_case
from tests.support.staff import make_staff

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.engines("sqlite")]

NOW = CREATED_AT + timedelta(days=100)
SECOND = timedelta(seconds=1)
session = database.session


def begin(
    staff: Staff, token: str, *, seen_ago: timedelta = timedelta(), complete: bool = True, **facts: object
) -> str:
    """A session that was begun a quarter of an hour ago; returns its id."""
    started = NOW - timedelta(minutes=15)
    one = StaffSession(
        token_hash=token_hash(token),
        staff_id=staff.id,
        created_at=started,
        seen_at=NOW - seen_ago,
        second_factor_at=started if complete else None,
    )
    for name, value in facts.items():
        setattr(one, name, value)
    session.add(one)
    session.flush()
    return one.id


def entries(*acts: str, subject: str | None = None, by: str | None = None) -> None:
    """Lines of the log, each a second after the one before."""
    session.add_all(
        AuditEntry(at=NOW + number * SECOND, by_id=by, act=act, subject_id=subject, facts={})
        for number, act in enumerate(acts)
    )
    session.flush()


# --- sessions and accounts -----------------------------------------------------------------------------------


def test_a_session_knows_roles_for_everything_and_those_for_a_case_apart() -> None:
    grant = Grant(Role.OFFICER, case_id=make_case().id)
    staff = make_staff(Role.AUDITOR, Role.ORGANISER, grants=[grant])
    begin(staff, "one", may_set_password=True)
    session.commit()
    found = queries.open_session("one", NOW)
    assert found is not None
    assert (found.roles, found.limited) == (frozenset({Role.AUDITOR, Role.ORGANISER}), frozenset({grant}))
    assert (found.staff_id, found.name, found.lang, found.may_set_password) == (staff.id, staff.name, "da", True)
    assert found.person is not None
    assert (found.person.roles, found.person.limited) == (found.roles, found.limited)


def test_somebody_without_any_role_is_signed_in_all_the_same() -> None:
    begin(make_staff(), "one")
    session.commit()
    found = queries.open_session("one", NOW)
    assert found is not None
    assert (found.roles, found.limited) == (frozenset(), frozenset())


def test_a_session_that_ended_or_of_a_closed_account_or_of_an_unknown_cookie_opens_nothing() -> None:
    begin(make_staff(), "ended", ended_at=NOW)
    shut_out = make_staff()
    shut_out.disabled_at = NOW
    begin(shut_out, "closed")
    session.commit()
    assert [queries.open_session(one, NOW) for one in ("ended", "closed", "unknown", "")] == [None] * 4


def test_an_account_is_found_by_address_or_by_id_and_never_when_it_is_closed() -> None:
    staff, shut_out = make_staff(), make_staff()
    staff.password_hash, staff.totp_secret, shut_out.disabled_at = "hash", "SECRET", NOW
    session.commit()
    found = queries.account(email=staff.email)
    assert found == queries.account(staff_id=staff.id)
    assert (found.id, found.email, found.name, found.link_only) == (staff.id, staff.email, staff.name, False)
    assert (found.password_hash, found.totp_secret) == ("hash", "SECRET")
    assert queries.account(email=shut_out.email) == queries.account(staff_id=shut_out.id) == queries.Account()
    assert queries.account() == queries.Account()


def test_where_somebody_is_signed_in_is_listed_by_latest_use_and_only_what_still_opens() -> None:
    staff = make_staff()
    older = begin(staff, "older", seen_ago=timedelta(minutes=5))
    newer = begin(staff, "newer")
    begin(staff, "half", complete=False)
    begin(staff, "ended", ended_at=NOW)
    begin(staff, "idle", seen_ago=rules.IDLE)
    begin(make_staff(), "of somebody else")
    assert [one.id for one in queries.open_sessions(staff.id, NOW)] == [newer, older]


def test_recovery_codes_that_are_left_are_counted_for_each_alone() -> None:
    staff, other = make_staff(), make_staff()
    assert queries.recovery_codes_left(staff.id) == 0
    for number, used_at in enumerate([None, NOW, None, NOW]):
        session.add(RecoveryCode(staff_id=staff.id, code_hash=f"a{number}", created_at=NOW, used_at=used_at))
    session.add(RecoveryCode(staff_id=other.id, code_hash="b", created_at=NOW))
    session.flush()
    assert (queries.recovery_codes_left(staff.id), queries.recovery_codes_left(other.id)) == (2, 1)


# --- lists ---------------------------------------------------------------------------------------------------


def test_everybody_stands_by_name_and_those_who_left_come_last() -> None:
    for name, gone in (("Bo", False), ("Åse", True), ("carl", False), ("Ærø", True), ("Zoé", False)):
        staff = make_staff(Role.AUDITOR)
        staff.name, staff.disabled_at = name, NOW if gone else None
    session.flush()
    assert [one.name for one in queries.everybody()] == ["Bo", "carl", "Zoé", "Ærø", "Åse"]
    assert set(queries.names().values()) == {"Åse", "Bo", "carl", "Ærø", "Zoé"}


def test_one_person_is_found_by_id_with_roles_also_when_they_left() -> None:
    staff = make_staff(Role.AUDITOR)
    staff.disabled_at = NOW
    session.flush()
    found = queries.staff_with_id(staff.id)
    assert found is not None
    assert found.roles == {Role.AUDITOR}
    assert queries.staff_with_id("0" * 32) is None


def test_a_role_may_be_held_for_each_case_by_its_own_name() -> None:
    case = make_case()
    held = RoleGrant(role=Role.OFFICER, case_id=case.id, granted_at=NOW)
    assert held.key in queries.scope_names()
    assert str(case.title) in str(queries.scope_names()[held.key])


# --- the log -------------------------------------------------------------------------------------------------


def test_the_log_is_latest_first_and_each_filter_narrows_it_down() -> None:
    somebody, other = make_staff(), make_staff()
    entries("a.first", "a.second", subject=somebody.id, by=other.id)
    entries("b.third", subject=other.id)
    found = queries.audit_page(subject_id=somebody.id)
    assert [one.act for one in found.entries] == ["a.second", "a.first"]
    assert found.names == {somebody.id: somebody.name, other.id: other.name}
    assert [one.act for one in queries.audit_page(act="a.first").entries] == ["a.first"]
    assert {one.act for one in queries.audit_page(by_id=other.id).entries} == {"a.first", "a.second"}
    assert queries.audit_page(by_id=other.id, act="b.third").count == 0
    assert queries.audit_page().count == 3
    assert queries.audit_acts() == ["a.first", "a.second", "b.third"]


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (50, 1), (51, 2), (100, 2), (101, 3)])
def test_the_log_has_as_many_pages_as_it_needs(count: int, pages: int) -> None:
    entries(*(f"a.{number}" for number in range(count)))
    found = queries.audit_page()
    assert (found.count, found.pages, found.page) == (count, pages, 1)
    assert [one.act for one in found.entries] == [f"a.{number}" for number in range(count)][::-1][:50]
    last = queries.audit_page(page=99)
    assert last.page == pages
    assert [one.act for one in last.entries] == [f"a.{number}" for number in range(count - (pages - 1) * 50)][::-1]
    assert queries.audit_page(page=-1).page == 1


def test_what_nobody_did_names_nobody() -> None:
    entries("a.swept")
    found = queries.audit_page()
    assert found.names == {}
    assert session.scalars(select(AuditEntry.by_id)).all() == [None]
