"""Signing in as values: sessions, tries that count, links and recovery codes, to the second, and what the log says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import pyotp
import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import func, select, update

from eventapp.accounts import actions, password_rules, queries, rules
from eventapp.accounts.errors import LinkError, WaitError, WrongCodeError, WrongPasswordError, WrongSignInError
from eventapp.accounts.models import LinkPurpose, RecoveryCode, Staff, StaffSession
from eventapp.accounts.queries import OpenSession
from eventapp.audit import AuditEntry
from eventapp.brakes import Attempt
from eventapp.db import db as database
from eventapp.db import write
from eventapp.errors import NotAllowedError
from eventapp.tokens import keyed_hash
from tests.accounts.conftest import CREATED_AT, PASSWORD, SECRET, Colleague

pytestmark = [pytest.mark.usefixtures("quick_hashes", "db"), pytest.mark.engines("sqlite")]

NOW = CREATED_AT + timedelta(days=100)
DESK, HOME = "192.0.2.1", "192.0.2.2"
SECOND = timedelta(seconds=1)
session = database.session
T = TypeVar("T")


def code_at(now: datetime, secret: str = SECRET) -> str:
    return pyotp.TOTP(secret).generate_otp(rules.totp_step(now))


def opened(token: str, now: datetime) -> OpenSession:
    found = queries.open_session(token, now)
    assert found is not None
    return found


def half_way(who: Colleague, now: datetime = NOW, address: str = DESK) -> OpenSession:
    """After the password and before the second factor."""
    return opened(actions.check_password(who.email, PASSWORD, address=address, now=now), now)


def signed_in(who: Colleague, now: datetime = NOW, address: str = DESK) -> OpenSession:
    half = half_way(who, now, address)
    return opened(actions.check_code(half, code_at(now), address=address, now=now), now)


def looked(ask: Callable[[], T]) -> T:
    """What was asked, with the transaction ended: actions write in transactions of their own."""
    session.remove()
    found = ask()
    session.remove()
    return found


def staff(who: Colleague) -> Staff:
    found = looked(lambda: session.get(Staff, who.id))
    assert found is not None
    return found


def ended_at(one: OpenSession) -> datetime | None:
    return looked(lambda: session.scalar(select(StaffSession.ended_at).where(StaffSession.id == one.id)))


def codes_left(who: Colleague) -> int:
    return looked(lambda: queries.recovery_codes_left(who.id))


def is_usable(token: str, now: datetime) -> bool:
    return looked(lambda: queries.usable_link(token, now) is not None)


def log() -> list[tuple[str, str | None, str | None, dict[str, object]]]:
    """Act, who did it, to whom, and the facts, in the order they were written."""
    entries = looked(lambda: session.scalars(select(AuditEntry).order_by(AuditEntry.at, AuditEntry.id)).all())
    return [(one.act, one.by_id, one.subject_id, one.facts) for one in entries]


def tries() -> int:
    return looked(lambda: session.scalar(select(func.count()).select_from(Attempt)) or 0)


def miss(who: str, *, address: str = DESK, now: datetime = NOW, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(WrongSignInError):
            actions.check_password(who, "et forkert kodeord", address=address, now=now)


# --- the two steps -------------------------------------------------------------------------------------------


def test_after_the_password_nobody_is_signed_in_yet(mette: Colleague) -> None:
    half = half_way(mette)
    assert (half.staff_id, half.person, half.second_factor_at, half.may_set_password) == (mette.id, None, None, False)
    assert (half.created_at, half.seen_at) == (NOW, NOW)
    assert log() == []


def test_after_the_code_there_is_a_new_session_and_the_half_one_is_worth_nothing(mette: Colleague) -> None:
    token = actions.check_password(mette.email, PASSWORD, address=DESK, now=NOW)
    later = NOW + timedelta(minutes=1)
    full = opened(actions.check_code(opened(token, later), code_at(later), address=DESK, now=later), later)
    assert queries.open_session(token, later) is None
    assert full.second_factor_at == later
    assert full.person is not None
    assert (full.person.id, full.person.name, full.person.roles) == (mette.id, "Mette Havn", full.roles)
    assert not full.may_set_password
    assert log() == [("accounts.signed_in", mette.id, mette.id, {})]


def test_what_went_wrong_is_in_the_log_with_its_step(mette: Colleague) -> None:
    miss(mette.email)
    miss("ingen@havneby.example.org")
    with pytest.raises(WrongCodeError):
        actions.check_code(half_way(mette), "000000", address=DESK, now=NOW)
    assert sorted(log(), key=str) == sorted(
        [
            ("accounts.sign_in_refused", None, mette.id, {"reason": "password"}),
            ("accounts.sign_in_refused", None, None, {"reason": "password"}),
            ("accounts.sign_in_refused", mette.id, mette.id, {"reason": "code"}),
        ],
        key=str,
    )


def test_a_right_password_takes_its_try_back_and_a_wrong_one_does_not(mette: Colleague) -> None:
    half_way(mette)
    assert tries() == 0
    miss(mette.email)
    assert tries() == 1


def test_an_older_code_than_the_last_one_is_not_taken_either(mette: Colleague) -> None:
    """A code that was looked at over a shoulder is not good for the half minute that is left of it."""
    signed_in(mette)
    with pytest.raises(WrongCodeError):
        actions.check_code(half_way(mette), code_at(NOW - timedelta(seconds=30)), address=DESK, now=NOW)
    later = NOW + timedelta(seconds=30)
    assert actions.check_code(half_way(mette, later), code_at(later), address=DESK, now=later)


def starts() -> set[datetime]:
    """When the sessions began that are still stored."""
    return looked(lambda: set(session.scalars(select(StaffSession.created_at))))


def test_a_session_that_is_a_month_old_is_swept_away_by_the_next_and_a_younger_one_is_kept(mette: Colleague) -> None:
    half_way(mette, NOW)
    half_way(mette, NOW + rules.SESSIONS_KEPT)
    assert starts() == {NOW, NOW + rules.SESSIONS_KEPT}
    half_way(mette, NOW + rules.SESSIONS_KEPT + SECOND)
    assert starts() == {NOW + rules.SESSIONS_KEPT, NOW + rules.SESSIONS_KEPT + SECOND}


def test_signing_out_ends_that_session_alone(mette: Colleague) -> None:
    desk = half_way(mette)
    token = actions.check_password(mette.email, PASSWORD, address=HOME, now=NOW)
    actions.sign_out(desk, now=NOW + SECOND)
    assert queries.open_session(token, NOW + SECOND) is not None
    assert ended_at(desk) == NOW + SECOND
    assert log() == [("accounts.signed_out", mette.id, mette.id, {})]


# --- tries that count ----------------------------------------------------------------------------------------


def waits(who: str, address: str, now: datetime) -> int:
    """How many seconds one must wait; 0 when the password is looked at."""
    try:
        actions.check_password(who, "et forkert kodeord", address=address, now=now)
    except WaitError as error:
        return error.seconds
    except WrongSignInError:
        return 0
    raise AssertionError("A wrong password was right.")


def test_the_tenth_failure_costs_a_quarter_of_a_minute_and_the_next_twice_that(mette: Colleague) -> None:
    miss(mette.email, times=10)
    assert waits(mette.email, DESK, NOW) == 15
    assert waits(mette.email, DESK, NOW + 14 * SECOND) == 1
    assert waits(mette.email, DESK, NOW + 15 * SECOND) == 0
    assert waits(mette.email, DESK, NOW + 15 * SECOND) == 30


def test_from_wherever_the_tries_come_an_account_that_knows_no_address_counts_them_together(mette: Colleague) -> None:
    miss(mette.email, times=5)
    miss(mette.email, address=HOME, times=5)
    assert waits(mette.email, "192.0.2.3", NOW) == 15
    assert waits("ingen@havneby.example.org", DESK, NOW) == 0


def test_failures_of_yesterday_cost_nothing(mette: Colleague) -> None:
    miss(mette.email, times=10)
    assert waits(mette.email, DESK, NOW + rules.ACCOUNT_WINDOW - SECOND) == 0  # the wait has run out long ago …
    assert waits(mette.email, DESK, NOW + rules.ACCOUNT_WINDOW - SECOND) == 30  # … and the eleven still count
    miss(mette.email, now=NOW + rules.ACCOUNT_WINDOW, address=HOME)
    assert waits(mette.email, HOME, NOW + rules.ACCOUNT_WINDOW) == 0


def test_an_address_has_a_hundred_failures_an_hour_for_all_accounts_together(db: SQLAlchemy) -> None:
    miss("ingen@havneby.example.org")
    account = looked(lambda: session.scalars(select(Attempt.address_hash)).one())
    session.add_all(
        Attempt(brake="sign_in", account_hash=f"{number:064}", address_hash=account, at=NOW) for number in range(98)
    )
    session.commit()
    assert waits("b@havneby.example.org", DESK, NOW) == 0
    assert waits("c@havneby.example.org", DESK, NOW) == 15
    assert waits("c@havneby.example.org", HOME, NOW) == 0
    assert waits("c@havneby.example.org", DESK, NOW + rules.ADDRESS_WINDOW) == 0


def test_who_signed_in_here_before_counts_from_then_on_and_by_this_address_alone(mette: Colleague) -> None:
    miss(mette.email, times=9)
    signed_in(mette)
    miss(mette.email, times=9, now=NOW + SECOND)
    assert waits(mette.email, DESK, NOW + SECOND) == 0
    assert waits(mette.email, DESK, NOW + SECOND) == 15
    assert waits(mette.email, HOME, NOW + SECOND) == 0  # and what happened here locks nobody out elsewhere


def test_other_brakes_do_not_slow_signing_in(mette: Colleague) -> None:
    account, address = keyed_hash(mette.email), keyed_hash(DESK)
    session.add_all(Attempt(brake="shift_code", account_hash=account, address_hash=address, at=NOW) for _ in range(200))
    session.commit()
    assert half_way(mette)


def test_what_was_tried_is_forgotten_in_time(mette: Colleague) -> None:
    miss(mette.email)
    miss(mette.email, now=NOW + rules.ATTEMPTS_KEPT)
    assert tries() == 2
    miss(mette.email, now=NOW + rules.ATTEMPTS_KEPT + SECOND)
    assert tries() == 2


def test_confirming_with_the_password_is_counted_like_signing_in(mette: Colleague) -> None:
    full = signed_in(mette)
    before = tries()
    actions.confirm_password(full, PASSWORD, address=HOME, now=NOW)
    assert tries() == before
    for _ in range(10):
        with pytest.raises(WrongPasswordError):
            actions.confirm_password(full, "et forkert kodeord", address=HOME, now=NOW)
    with pytest.raises(WaitError):
        actions.confirm_password(full, PASSWORD, address=HOME, now=NOW)
    actions.confirm_password(full, PASSWORD, address=HOME, now=NOW + 15 * SECOND)


# --- second factor -------------------------------------------------------------------------------------------


def test_the_secret_that_is_offered_stays_the_same_until_it_is_bound(mette: Colleague) -> None:
    full = signed_in(mette)
    account = queries.account(staff_id=mette.id)
    offered = actions.offered_secret(full, account)
    assert offered == actions.offered_secret(full, account)
    assert len(offered) == 32  # 160 bits in base32, as RFC 4226 asks for
    actions.enrol(full, code_at(NOW, offered), address=DESK, now=NOW)
    bound = staff(mette)
    assert (bound.totp_secret, bound.last_totp_step) == (offered, rules.totp_step(NOW))
    assert actions.offered_secret(full, queries.account(staff_id=mette.id)) != offered
    assert ("accounts.second_factor_enrolled", mette.id, mette.id, {}) in log()


def test_another_session_is_offered_another_secret(mette: Colleague) -> None:
    account = queries.account(staff_id=mette.id)
    assert actions.offered_secret(half_way(mette), account) != actions.offered_secret(half_way(mette), account)


def test_binding_gives_ten_recovery_codes_and_takes_the_old_ones(mette: Colleague) -> None:
    full = signed_in(mette)
    old = actions.renew_recovery_codes(full, now=NOW)
    secret = actions.offered_secret(full, queries.account(staff_id=mette.id))
    token, codes = actions.enrol(full, code_at(NOW, secret), address=DESK, now=NOW)
    assert opened(token, NOW).second_factor_at == NOW
    assert len(set(codes)) == rules.RECOVERY_CODES == codes_left(mette)
    assert not set(old) & set(codes)
    with pytest.raises(WrongCodeError):
        actions.check_code(half_way(mette), old[0], address=DESK, now=NOW)
    assert actions.check_code(half_way(mette), codes[0], address=DESK, now=NOW)


def test_a_wrong_code_binds_nothing_and_leaves_the_recovery_codes(mette: Colleague) -> None:
    full = signed_in(mette)
    actions.renew_recovery_codes(full, now=NOW)
    with pytest.raises(WrongCodeError):
        actions.enrol(full, "000000", address=DESK, now=NOW)
    assert staff(mette).totp_secret == SECRET
    assert codes_left(mette) == rules.RECOVERY_CODES


def test_an_app_is_bound_only_by_who_has_a_password_and_has_shown_the_app_before(mette: Colleague) -> None:
    half = half_way(mette)
    with pytest.raises(NotAllowedError):
        actions.enrol(half, code_at(NOW), address=DESK, now=NOW)
    full = signed_in(mette)
    session.execute(update(Staff).values(password_hash=None))
    session.commit()
    with pytest.raises(NotAllowedError):
        actions.enrol(full, code_at(NOW), address=DESK, now=NOW)


@pytest.mark.parametrize("written", [str, str.lower, lambda code: code.replace("-", " "), lambda code: f" {code}\n"])
def test_a_recovery_code_is_read_however_it_is_typed(mette: Colleague, written: Callable[[str], str]) -> None:
    codes = actions.renew_recovery_codes(signed_in(mette), now=NOW)
    assert actions.check_code(half_way(mette), written(codes[3]), address=DESK, now=NOW)
    assert codes_left(mette) == rules.RECOVERY_CODES - 1


def test_a_recovery_code_opens_its_own_account_and_no_other(mette: Colleague, admin: Colleague) -> None:
    codes = actions.renew_recovery_codes(signed_in(mette), now=NOW)
    with pytest.raises(WrongCodeError):
        actions.check_code(half_way(admin), codes[0], address=DESK, now=NOW)


def test_recovery_codes_are_new_each_time_and_long_enough(mette: Colleague) -> None:
    full = signed_in(mette)
    first, second = (actions.renew_recovery_codes(full, now=NOW) for _ in range(2))
    assert not set(first) & set(second)
    assert [len(one.replace("-", "")) * 5 for one in second] == [80] * rules.RECOVERY_CODES
    assert [[len(part) for part in one.split("-")] for one in second] == [[4, 4, 4, 4]] * rules.RECOVERY_CODES
    assert looked(lambda: set(session.scalars(select(RecoveryCode.created_at)))) == {NOW}
    assert log().count(("accounts.recovery_codes_renewed", mette.id, mette.id, {})) == 2


# --- links ---------------------------------------------------------------------------------------------------


def link_for(who: Colleague, now: datetime = NOW, purpose: LinkPurpose = LinkPurpose.SET_UP) -> str:
    """The token of a new link."""
    return write(lambda conn: actions.make_link(conn, who.id, purpose, now=now)).rpartition("/")[2]


def test_a_link_works_until_its_hour_is_full(mette: Colleague) -> None:
    last = NOW + rules.LINK_LIVES - SECOND
    assert is_usable(link_for(mette), last)
    assert actions.use_link(link_for(mette), now=last).purpose is LinkPurpose.SET_UP
    token = link_for(mette)
    assert not is_usable(token, NOW + rules.LINK_LIVES)
    with pytest.raises(LinkError):
        actions.use_link(token, now=NOW + rules.LINK_LIVES)


def test_a_link_for_setting_up_lets_choose_a_password_and_nothing_else(mette: Colleague) -> None:
    half = opened(actions.use_link(link_for(mette), now=NOW).token, NOW)
    assert (half.person, half.may_set_password) == (None, True)
    assert log() == [("accounts.link_used", mette.id, mette.id, {"purpose": "set_up"})]
    after = opened(actions.set_password(half, "en ny adgangskode til huset", now=NOW), NOW)
    assert (after.person, after.may_set_password) == (None, False)


def test_a_newer_link_spends_those_of_the_same_person_only(mette: Colleague, admin: Colleague) -> None:
    old, other = link_for(mette), link_for(admin)
    link_for(mette)
    assert not is_usable(old, NOW)
    assert is_usable(other, NOW)


def test_a_link_is_used_once_also_by_two_at_once(mette: Colleague) -> None:
    token = link_for(mette)
    actions.use_link(token, now=NOW)
    assert not is_usable(token, NOW)
    with pytest.raises(LinkError):
        actions.use_link(token, now=NOW)
    assert len(log()) == 1


# --- one's own account ---------------------------------------------------------------------------------------


def test_a_new_password_ends_the_sessions_of_the_account_and_of_nobody_else(mette: Colleague, admin: Colleague) -> None:
    full = signed_in(mette)
    elsewhere = actions.check_password(mette.email, PASSWORD, address=HOME, now=NOW)
    others = actions.check_password(admin.email, PASSWORD, address=HOME, now=NOW)
    token = actions.set_password(full, "en ny adgangskode til huset", now=NOW)
    assert queries.open_session(elsewhere, NOW) is None
    assert queries.open_session(others, NOW) is not None
    assert opened(token, NOW).person is not None
    assert password_rules.verify("en ny adgangskode til huset", staff(mette).password_hash)[0]
    assert ("accounts.password_set", mette.id, mette.id, {}) in log()


def test_the_old_password_alone_changes_no_password(mette: Colleague) -> None:
    before = staff(mette).password_hash
    with pytest.raises(NotAllowedError):
        actions.set_password(half_way(mette), "en ny adgangskode til huset", now=NOW)
    assert staff(mette).password_hash == before


def test_ending_a_session_twice_or_that_of_somebody_else_leaves_no_line(mette: Colleague, admin: Colleague) -> None:
    mine, other, theirs = signed_in(mette), half_way(mette), half_way(admin)
    before = log()
    actions.end_session(mine, theirs.id, now=NOW)
    assert log() == before
    actions.end_session(mine, other.id, now=NOW)
    actions.end_session(mine, other.id, now=NOW + SECOND)
    assert (ended_at(other), ended_at(theirs)) == (NOW, None)
    assert len(log()) == len(before) + 1
    assert ("accounts.signed_out", mette.id, mette.id, {}) in log()
