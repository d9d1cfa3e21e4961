"""What is done to the accounts of others, as values: what is kept, who hears of it, and the line in the log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from eventapp.accounts import admin_actions, queries
from eventapp.accounts.errors import EmailTakenError, LastAdminError
from eventapp.accounts.models import RecoveryCode, SignInLink, Staff, StaffSession
from eventapp.audit import AuditEntry
from eventapp.db import db as database
from eventapp.mail.models import OutboxMail
from eventapp.web.permissions import Grant, Person, Role
from tests.accounts.conftest import CREATED_AT
from tests.support.factories import make_case
from tests.support.staff import make_staff

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.engines("sqlite")]

NOW = CREATED_AT + timedelta(days=100)
session = database.session


@pytest.fixture
def admin() -> Staff:
    return make_staff(Role.ADMIN)


@pytest.fixture
def by(admin: Staff) -> Person:
    return Person(admin.id, admin.name, frozenset({Role.ADMIN}))


def log() -> list[tuple[str, str | None, str | None, dict[str, Any]]]:
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.at, AuditEntry.id))
    return [(one.act, one.by_id, one.subject_id, one.facts) for one in entries]


def give_access(staff: Staff) -> None:
    """A session, a link and a recovery code, all still good, and one of each that ended before."""
    before = NOW - timedelta(hours=1)
    for number, ended in ((1, None), (2, before)):
        mark = f"{number}{staff.id}"
        session.add_all(
            [
                StaffSession(
                    token_hash=f"s{mark}", staff_id=staff.id, created_at=before, seen_at=before, ended_at=ended
                ),
                SignInLink(
                    token_hash=f"l{mark}",
                    staff_id=staff.id,
                    purpose="set_up",
                    created_at=before,
                    expires_at=NOW + timedelta(hours=1),
                    used_at=ended,
                ),
                RecoveryCode(staff_id=staff.id, code_hash=f"r{mark}", created_at=before, used_at=ended),
            ]
        )
    session.flush()


def access(staff: Staff) -> dict[str, set[Any]]:
    """When sessions and links of somebody ended, and how many recovery codes there are."""
    session.expire_all()
    sessions = session.scalars(select(StaffSession.ended_at).where(StaffSession.staff_id == staff.id))
    links = session.scalars(select(SignInLink.used_at).where(SignInLink.staff_id == staff.id))
    codes = session.scalars(select(RecoveryCode.code_hash).where(RecoveryCode.staff_id == staff.id))
    return {"sessions": set(sessions), "links": set(links), "codes": set(codes)}


# --- new accounts --------------------------------------------------------------------------------------------


def test_a_new_account_holds_what_was_said_and_no_way_in(by: Person) -> None:
    case = make_case()
    grants = [Grant(Role.OFFICER, case_id=case.id), Grant(Role.AUDITOR), Grant(Role.AUDITOR)]
    staff = admin_actions.create(
        session(), email=" Aase@Havneby.example.org ", name="Åse Ærø", grants=grants, by=by, now=NOW, lang="en"
    )
    session.expire_all()
    assert (staff.email, staff.name, staff.lang, staff.created_at) == (
        "aase@havneby.example.org",
        "Åse Ærø",
        "en",
        NOW,
    )
    assert (staff.password_hash, staff.totp_secret, staff.disabled_at, staff.link_only) == (None, None, None, False)
    assert [(one.role, one.case_id, one.event_id, one.granted_at) for one in staff.grants] == [
        (Role.AUDITOR, None, None, NOW),
        (Role.OFFICER, case.id, None, NOW),
    ]
    assert log() == [("accounts.created", by.id, staff.id, {"roles": ["auditor", f"officer case:{case.id}"]})]


def test_an_account_of_the_command_line_is_nobodys_act_and_speaks_danish() -> None:
    staff = admin_actions.create(
        session(), email="a@havneby.example.org", name="A", grants=[], by=None, now=NOW, link_only=True
    )
    assert (staff.lang, staff.link_only, staff.grants) == ("da", True, [])
    assert log() == [("accounts.created", None, staff.id, {"roles": []})]


@pytest.mark.parametrize("typed", ["{}", "  {} ", "{}\n"])
@pytest.mark.parametrize("change", [str, str.upper, str.title])
def test_an_address_has_one_account_however_it_is_typed_and_also_when_it_is_closed(
    by: Person, typed: str, change: Callable[[str], str]
) -> None:
    other = make_staff()
    other.disabled_at = NOW
    session.flush()
    with pytest.raises(EmailTakenError):
        admin_actions.create(session(), email=typed.format(change(other.email)), name="B", grants=[], by=by, now=NOW)
    assert log() == []


# --- roles ---------------------------------------------------------------------------------------------------


def test_roles_for_everything_are_set_and_those_for_a_case_stay(by: Person) -> None:
    limited = Grant(Role.OFFICER, case_id=make_case().id)
    staff = make_staff(Role.ORGANISER, Role.AUDITOR, grants=[limited])
    kept_since = {one.role: one.granted_at for one in staff.grants if one.is_whole}
    later = NOW + timedelta(days=1)
    admin_actions.set_roles(session(), staff, {Role.AUDITOR, Role.APPROVER}, by=by, now=later)
    session.flush()
    session.expire_all()
    assert staff.roles == {Role.AUDITOR, Role.APPROVER}
    assert [(one.role, one.key) for one in staff.limited] == [(Role.OFFICER, limited.key)]
    since = {one.role: one.granted_at for one in staff.grants if one.is_whole}
    assert since == {Role.AUDITOR: kept_since[Role.AUDITOR], Role.APPROVER: later}
    assert log() == [("accounts.roles_set", by.id, staff.id, {"roles": ["approver", "auditor"]})]


def test_setting_the_roles_that_are_held_is_no_act(by: Person) -> None:
    staff = make_staff(Role.ORGANISER)
    admin_actions.set_roles(session(), staff, [Role.ORGANISER, Role.ORGANISER], by=by, now=NOW)
    assert log() == []


def test_a_role_of_a_case_that_is_held_for_everything_too_is_withdrawn_for_everything_only(by: Person) -> None:
    case = make_case()
    staff = make_staff(Role.OFFICER, grants=[Grant(Role.OFFICER, case_id=case.id)])
    admin_actions.set_roles(session(), staff, set(), by=by, now=NOW)
    session.flush()
    session.expire_all()
    assert [(one.role, one.case_id) for one in staff.grants] == [(Role.OFFICER, case.id)]


def test_a_role_for_a_case_is_given_once_and_taken_alone(by: Person) -> None:
    here, there = make_case(), make_case(slug="et-andet-sted")
    staff = make_staff(Role.AUDITOR)
    for case in (here, here, there):
        admin_actions.give(session(), staff, Grant(Role.OFFICER, case_id=case.id), by=by, now=NOW)
    admin_actions.give(session(), staff, Grant(Role.APPROVER, case_id=here.id), by=by, now=NOW)
    session.flush()
    assert len(staff.limited) == 3
    assert {one.granted_at for one in staff.limited} == {NOW}
    given = [facts for act, _by, _to, facts in log() if act == "accounts.role_given"]
    assert len(given) == 3
    taken = next(one for one in staff.limited if one.case_id == here.id and one.role is Role.OFFICER)
    admin_actions.take(session(), staff, taken, by=by)
    session.flush()
    session.expire_all()
    assert {(one.role, one.case_id) for one in staff.limited} == {
        (Role.OFFICER, there.id),
        (Role.APPROVER, here.id),
    }
    assert staff.roles == {Role.AUDITOR}
    last = ("accounts.role_taken", by.id, staff.id, {"role": "officer", "scope": f"case:{here.id}"})
    assert last in log()


# --- the last administrator ----------------------------------------------------------------------------------


def withdrawn(staff: Staff, by: Person) -> None:
    admin_actions.set_roles(session(), staff, {Role.AUDITOR}, by=by, now=NOW)


def closed(staff: Staff, by: Person) -> None:
    admin_actions.disable(session(), staff, by=by, now=NOW)


@pytest.mark.parametrize("gone", [withdrawn, closed])
def test_the_last_administrator_stays_and_nothing_is_changed(
    admin: Staff, by: Person, gone: Callable[[Staff, Person], None]
) -> None:
    make_staff(Role.ADMIN).disabled_at = NOW  # shut out herself, so she could let nobody in
    make_staff(*(set(Role) - {Role.ADMIN, Role.DOOR}))
    session.flush()
    with pytest.raises(LastAdminError):
        gone(admin, by)
    assert (admin.roles, admin.disabled_at, log()) == ({Role.ADMIN}, None, [])


@pytest.mark.parametrize("gone", [withdrawn, closed])
def test_one_of_two_administrators_may_go(admin: Staff, by: Person, gone: Callable[[Staff, Person], None]) -> None:
    make_staff(Role.ADMIN)
    gone(admin, by)
    assert (admin.roles, admin.disabled_at) == (({Role.ADMIN}, NOW) if gone is closed else ({Role.AUDITOR}, None))


@pytest.mark.parametrize("gone", [withdrawn, closed])
def test_a_closed_administrator_and_one_who_never_was_one_may_always_go(
    by: Person, gone: Callable[[Staff, Person], None]
) -> None:
    shut_out = make_staff(Role.ADMIN)
    shut_out.disabled_at = NOW - timedelta(days=1)
    session.flush()
    for staff in (shut_out, make_staff(Role.ORGANISER)):
        gone(staff, by)
    assert len(log()) == 2


def test_an_administrator_may_get_more_roles_though_nobody_else_is_one(admin: Staff, by: Person) -> None:
    admin_actions.set_roles(session(), admin, {Role.ADMIN, Role.AUDITOR}, by=by, now=NOW)
    assert admin.roles == {Role.ADMIN, Role.AUDITOR}


def closed_since(staff: Staff) -> datetime | None:
    return staff.disabled_at


# --- closing, links and second factors -----------------------------------------------------------------------


def test_closing_ends_what_is_open_of_that_account_alone(by: Person) -> None:
    staff, other = make_staff(Role.ORGANISER), make_staff(Role.ORGANISER)
    for one in (staff, other):
        give_access(one)
    before = access(other)
    admin_actions.disable(session(), staff, by=by, now=NOW)
    ended = {NOW, NOW - timedelta(hours=1)}
    assert (access(staff)["sessions"], access(staff)["links"]) == (ended, ended)
    assert len(access(staff)["codes"]) == 2  # they are hers again when the account is opened
    assert access(other) == before
    assert closed_since(staff) == NOW
    admin_actions.enable(session(), staff, by=by)
    assert closed_since(staff) is None
    assert {(act, to) for act, _by, to, _facts in log()} == {
        ("accounts.disabled", staff.id),
        ("accounts.enabled", staff.id),
    }


def test_without_the_second_factor_nothing_of_it_is_left(by: Person) -> None:
    staff, other = make_staff(Role.ORGANISER), make_staff(Role.ORGANISER)
    for one in (staff, other):
        give_access(one)
        one.totp_secret, one.last_totp_step, one.password_hash = "GEHEIM", 7, "hash"
    session.flush()
    before = access(other)
    admin_actions.remove_second_factor(session(), staff, by=by, now=NOW)
    session.flush()
    assert (staff.totp_secret, staff.last_totp_step, staff.password_hash) == (None, None, "hash")
    assert access(staff)["codes"] == set()
    assert None not in access(staff)["sessions"] | access(staff)["links"]
    assert (access(other), other.totp_secret, other.last_totp_step) == (before, "GEHEIM", 7)
    assert ("accounts.second_factor_removed", by.id, staff.id, {}) in log()


def letters() -> dict[str, dict[str, Any]]:
    """Address -> language, whom the letter is about, and what it says."""
    session.flush()
    found = session.scalars(select(OutboxMail).where(OutboxMail.message == "accounts/access_changed")).all()
    assert len({one.to_address for one in found}) == len(found)
    return {one.to_address: {"lang": one.lang, "subject_id": one.subject_id, **one.context} for one in found}


def test_who_hears_that_a_second_factor_is_gone_and_in_which_words(admin: Staff, by: Person) -> None:
    """The owner and the other administrators in use, each in their own language; not the one who did it."""
    owner, second, shut_out = make_staff(Role.ORGANISER), make_staff(Role.ADMIN), make_staff(Role.ADMIN)
    make_staff(Role.AUDITOR)
    second.lang, shut_out.disabled_at = "en", NOW
    session.flush()
    admin_actions.remove_second_factor(session(), owner, by=by, now=NOW)
    sent = letters()
    assert set(sent) == {owner.email, second.email}
    common = {"owner": owner.name, "what": "second_factor", "by": admin.name, "subject_id": owner.id}
    at = sent[owner.email].pop("at")
    assert sent[second.email].pop("at") == at
    assert sent[owner.email] == {**common, "lang": "da", "name": owner.name, "is_owner": True}
    assert sent[second.email] == {**common, "lang": "en", "name": second.name, "is_owner": False}


def test_an_administrator_whose_own_access_changes_hears_it_once_as_the_owner(by: Person) -> None:
    second = make_staff(Role.ADMIN)
    admin_actions.remove_second_factor(session(), second, by=by, now=NOW)
    assert {to: one["is_owner"] for to, one in letters().items()} == {second.email: True}


def test_what_the_command_line_did_is_told_to_every_administrator(admin: Staff) -> None:
    owner = make_staff(Role.ORGANISER)
    admin_actions.remove_second_factor(session(), owner, by=None, now=NOW)
    assert {to: one["by"] for to, one in letters().items()} == {owner.email: "", admin.email: ""}


def test_a_link_for_a_newcomer_is_told_to_nobody_and_one_for_an_account_in_use_is(admin: Staff, by: Person) -> None:
    newcomer, owner = make_staff(Role.ORGANISER), make_staff(Role.ORGANISER)
    owner.password_hash = "hash"
    session.flush()
    admin_actions.make_link(session(), newcomer, by=by, now=NOW)
    assert letters() == {}
    link = admin_actions.make_link(session(), owner, by=by, now=NOW)
    assert {to: one["what"] for to, one in letters().items()} == {owner.email: "link"}
    assert queries.usable_link(link.rpartition("/")[2], NOW) is not None
    assert [(act, to) for act, _by, to, _facts in log()].count(("accounts.link_made", owner.id)) == 1
