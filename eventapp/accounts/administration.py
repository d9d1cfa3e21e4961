"""What an administrator does with the accounts of others, in the request's transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from eventapp import audit
from eventapp.accounts.errors import EmailTakenError, LastAdminError
from eventapp.accounts.models import RecoveryCode, RoleGrant, SignInLink, Staff, StaffSession
from eventapp.audit import Actor
from eventapp.web.permissions import Role


def create(
    session: Session,
    *,
    email: str,
    name: str,
    roles: Collection[Role],
    by: Actor | None,
    now: datetime,
    lang: str = "da",
    link_only: bool = False,
) -> Staff:
    """A new account without password; a link for setting up lets its owner choose one.

    :param by: None on the command line.
    :raises EmailTakenError: when the address has an account, in use or disabled.
    """
    address = normal_email(email)
    if session.scalar(select(Staff.id).where(Staff.email == address)):
        raise EmailTakenError
    staff = Staff(email=address, name=name, lang=lang, link_only=link_only, created_at=now)
    staff.grants = [RoleGrant(role=role, granted_at=now) for role in sorted(set(roles))]
    session.add(staff)
    session.flush()  # its id is in the log line
    _note(session, by, "accounts.created", staff, roles=sorted(set(roles)))
    return staff


def set_roles(session: Session, staff: Staff, roles: Collection[Role], *, by: Actor, now: datetime) -> None:
    """Grant and withdraw roles; what is withdrawn is gone with the next click.

    :raises LastAdminError: when nobody would be left who can let others in.
    """
    wanted = set(roles)
    if wanted == staff.roles:
        return
    if Role.ADMIN not in wanted:
        _keep_an_admin(session, staff)
    kept = [grant for grant in staff.grants if grant.role in wanted]
    new = [RoleGrant(role=role, granted_at=now) for role in sorted(wanted - staff.roles)]
    staff.grants = kept + new
    _note(session, by, "accounts.roles_set", staff, roles=sorted(wanted))


def disable(session: Session, staff: Staff, *, by: Actor, now: datetime) -> None:
    """Shut somebody out at once: sessions and links end with the account.

    :raises LastAdminError: when nobody would be left who can let others in.
    """
    _keep_an_admin(session, staff)
    staff.disabled_at = now
    end_access(session, staff, now=now)
    _note(session, by, "accounts.disabled", staff)


def enable(session: Session, staff: Staff, *, by: Actor) -> None:
    """Let somebody in again, with the password and second factor they had."""
    staff.disabled_at = None
    _note(session, by, "accounts.enabled", staff)


def remove_second_factor(session: Session, staff: Staff, *, by: Actor | None, now: datetime) -> None:
    """For a lost phone and lost recovery codes: the next sign-in asks for a new second factor."""
    staff.totp_secret = staff.last_totp_step = None
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff.id))
    end_access(session, staff, now=now)
    _note(session, by, "accounts.second_factor_removed", staff)


def end_access(session: Session, staff: Staff, *, now: datetime) -> None:
    """End all sessions and open links of somebody."""
    for table, ended in ((StaffSession, StaffSession.ended_at), (SignInLink, SignInLink.used_at)):
        session.execute(update(table).where(table.staff_id == staff.id, ended.is_(None)).values({ended: now}))


def normal_email(typed: str) -> str:
    """The form in which addresses are stored and compared."""
    return typed.strip().lower()


def _keep_an_admin(session: Session, staff: Staff) -> None:
    """Refuse what would leave no administrator.

    :raises LastAdminError: when ``staff`` is the only one.
    """
    if Role.ADMIN not in staff.roles or staff.disabled_at:
        return
    others = (
        select(RoleGrant.id)
        .join(Staff, Staff.id == RoleGrant.staff_id)
        .where(RoleGrant.role == Role.ADMIN, Staff.disabled_at.is_(None), Staff.id != staff.id)
    )
    if session.scalar(others.limit(1)) is None:
        raise LastAdminError


def _note(session: Session, by: Actor | None, act: str, staff: Staff, **facts: object) -> None:
    audit.insert(session.connection(), by, act, staff.id, **facts)
