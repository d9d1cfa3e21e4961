"""What is asked about staff. Reads on a connection of their own, so that nobody waits behind the write gate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import selectinload

from eventapp import audit
from eventapp.accounts import rules
from eventapp.accounts.models import RecoveryCode, SignInLink, Staff, StaffSession
from eventapp.db import Sql, as_moment, db, reading
from eventapp.formats.names import danish_key
from eventapp.languages import Text
from eventapp.tokens import token_hash
from eventapp.web.permissions import Grant, Person, Role
from eventapp.web.registry import registry

PER_PAGE = 50


@dataclass(frozen=True)
class OpenSession:
    """The session that a cookie stands for, and whose it is."""

    id: str
    staff_id: str
    name: str
    lang: str
    roles: frozenset[Role]
    limited: frozenset[Grant]
    created_at: datetime
    seen_at: datetime
    second_factor_at: datetime | None
    may_set_password: bool

    @property
    def person(self) -> Person | None:
        """Who is signed in; None before the second factor."""
        return Person(self.staff_id, self.name, self.roles, self.limited) if self.second_factor_at else None


@dataclass(frozen=True)
class Account:
    """What signing in needs to know of somebody. ``id`` None: no such account, or it was disabled."""

    id: str | None = None
    email: str = ""
    name: str = ""
    password_hash: str | None = None
    totp_secret: str | None = None
    link_only: bool = False


# SQL: who asks is found in every request, on a connection for reading.
SESSION = Sql(
    "SELECT s.id, s.staff_id, s.created_at, s.seen_at, s.second_factor_at, s.may_set_password, p.name, p.lang,"
    " r.role, r.case_id, r.event_id FROM staff_session s JOIN staff p ON p.id = s.staff_id"
    " LEFT JOIN role_grant r ON r.staff_id = p.id"
    " WHERE s.token_hash = :token_hash AND s.ended_at IS NULL AND p.disabled_at IS NULL ORDER BY r.role"
)
ACCOUNT = Sql(
    "SELECT id, email, name, password_hash, totp_secret, link_only FROM staff"
    " WHERE (email = :email OR id = :id) AND disabled_at IS NULL"
)
_TRIES = "attempt WHERE brake = 'sign_in'"
FAILURES_HERE = Sql(
    f"SELECT at FROM {_TRIES} AND account_hash = :account AND address_hash = :address AND NOT succeeded AND at > :since"
    f" AND at > COALESCE((SELECT max(at) FROM {_TRIES} AND account_hash = :account AND address_hash = :address"
    " AND succeeded), :since) ORDER BY at"
)
FAILURES_ELSEWHERE = Sql(
    f"SELECT at FROM {_TRIES} AND account_hash = :account AND NOT succeeded AND at > :since AND address_hash NOT IN"
    f" (SELECT address_hash FROM {_TRIES} AND account_hash = :account AND succeeded) ORDER BY at"
)
SIGNED_IN_HERE = Sql(
    f"SELECT 1 FROM {_TRIES} AND account_hash = :account AND address_hash = :address AND succeeded LIMIT 1"
)
FAILURES_OF_ADDRESS = Sql(
    f"SELECT at FROM {_TRIES} AND address_hash = :address AND NOT succeeded AND at > :since ORDER BY at"
)


def open_session(token: str, now: datetime) -> OpenSession | None:
    """The session that a cookie opens, if it is still alive."""
    with reading() as conn:
        rows = SESSION(conn, token_hash=token_hash(token)).all()
    if not rows:
        return None
    first = rows[0]
    grants = [Grant(Role(row.role), row.case_id, row.event_id) for row in rows if row.role]
    found = OpenSession(
        id=first.id,
        staff_id=first.staff_id,
        name=first.name,
        lang=first.lang,
        roles=frozenset(one.role for one in grants if one.is_whole),
        limited=frozenset(one for one in grants if not one.is_whole),
        created_at=as_moment(first.created_at),
        seen_at=as_moment(first.seen_at),
        second_factor_at=as_moment(first.second_factor_at) if first.second_factor_at else None,
        may_set_password=bool(first.may_set_password),
    )
    alive = rules.is_alive(found.created_at, found.seen_at, found.second_factor_at is not None, now)
    return found if alive else None


def account(*, email: str = "", staff_id: str = "") -> Account:
    """An account in use, by address or by id; an empty one when there is none."""
    with reading() as conn:
        row = ACCOUNT(conn, email=email, id=staff_id).one_or_none()
    return Account(*row) if row else Account()


def seconds_to_wait(conn: Connection, account_hash: str, address_hash: str, now: datetime) -> int:
    """How long this account must wait when tried from this address.

    An address from which the account was signed in to before counts by itself: strangers cannot lock its owner out.
    """
    ids = {"account": account_hash, "address": address_hash}
    since = now - rules.ACCOUNT_WINDOW
    if SIGNED_IN_HERE(conn, **ids).first():
        own = FAILURES_HERE(conn, **ids, since=since).scalars()
    else:
        own = FAILURES_ELSEWHERE(conn, account=account_hash, since=since).scalars()
    of_address = FAILURES_OF_ADDRESS(conn, address=address_hash, since=now - rules.ADDRESS_WINDOW).scalars()
    return max(
        rules.seconds_to_wait([as_moment(at) for at in own], rules.FREE_TRIES_ACCOUNT, now),
        rules.seconds_to_wait([as_moment(at) for at in of_address], rules.FREE_TRIES_ADDRESS, now),
    )


def usable_link(token: str, now: datetime) -> SignInLink | None:
    """The link, while it can still be used."""
    return db.session.scalar(
        select(SignInLink)
        .join(Staff, Staff.id == SignInLink.staff_id)
        .where(
            SignInLink.token_hash == token_hash(token),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > now,
            Staff.disabled_at.is_(None),
        )
    )


# --- pages ---------------------------------------------------------------------------------------------------


def everybody() -> Sequence[Staff]:
    """All staff with their roles, in the order of the Danish alphabet; those who still work here first."""
    found = db.session.scalars(select(Staff).options(selectinload(Staff.grants)).order_by(Staff.id))
    return sorted(found, key=lambda one: (one.disabled_at is not None, danish_key(one.name)))


def names() -> dict[str, str]:
    """Id -> name, of everybody who works or worked here."""
    return {row.id: row.name for row in db.session.execute(select(Staff.id, Staff.name))}


def staff_with_id(staff_id: str) -> Staff | None:
    return db.session.scalar(select(Staff).options(selectinload(Staff.grants)).where(Staff.id == staff_id))


def scope_names() -> dict[str, Text]:
    """What roles may be held for -> how the page calls it; nothing stands for the whole authority."""
    return {one.key: one.label for choices in registry().scope_choices for one in choices()}


def open_sessions(staff_id: str, now: datetime) -> list[StaffSession]:
    """Where somebody is signed in now, latest use first."""
    found = db.session.scalars(
        select(StaffSession)
        .where(
            StaffSession.staff_id == staff_id,
            StaffSession.ended_at.is_(None),
            StaffSession.second_factor_at.is_not(None),
        )
        .order_by(StaffSession.seen_at.desc(), StaffSession.id)
    )
    return [one for one in found if rules.is_alive(one.created_at, one.seen_at, True, now)]


def recovery_codes_left(staff_id: str) -> int:
    return (
        db.session.scalar(
            select(func.count())
            .select_from(RecoveryCode)
            .where(RecoveryCode.staff_id == staff_id, RecoveryCode.used_at.is_(None))
        )
        or 0
    )


# --- the audit log -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AuditPage:
    """One page of the log, latest first. ``names``: staff id -> name."""

    entries: Sequence[audit.AuditEntry]
    names: dict[str, str]
    page: int
    pages: int
    count: int


def audit_acts() -> Sequence[str]:
    """Every kind of act that the log holds."""
    return db.session.scalars(select(audit.AuditEntry.act).distinct().order_by(audit.AuditEntry.act)).all()


def audit_page(*, act: str = "", subject_id: str = "", by_id: str = "", page: int = 1) -> AuditPage:
    """The log, narrowed down; an empty filter lets everything through."""
    wanted = [
        column == value
        for column, value in (
            (audit.AuditEntry.act, act),
            (audit.AuditEntry.subject_id, subject_id),
            (audit.AuditEntry.by_id, by_id),
        )
        if value
    ]
    count = db.session.scalar(select(func.count()).select_from(audit.AuditEntry).where(*wanted)) or 0
    pages = max(1, -(-count // PER_PAGE))
    page = min(max(1, page), pages)
    entries = db.session.scalars(
        select(audit.AuditEntry)
        .where(*wanted)
        .order_by(audit.AuditEntry.at.desc(), audit.AuditEntry.id)
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    ).all()
    ids = {one for entry in entries for one in (entry.by_id, entry.subject_id) if one}
    named = db.session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(ids))).all()
    return AuditPage(entries, {row.id: row.name for row in named}, page, pages, count)
