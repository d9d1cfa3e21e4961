"""What an administrator does with the accounts of others, in the request's transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from eventapp import audit
from eventapp.accounts import actions
from eventapp.accounts.errors import EmailTakenError, LastAdminError
from eventapp.accounts.models import LinkPurpose, RecoveryCode, RoleGrant, SignInLink, Staff, StaffSession
from eventapp.audit import Actor
from eventapp.languages import OFFICIAL
from eventapp.mail import outbox
from eventapp.web.permissions import Grant, Role

LINK_MADE, FACTOR_REMOVED = "link", "second_factor"  # what an administrator did to an account that was in use


def create(
    session: Session,
    *,
    email: str,
    name: str,
    grants: Collection[Grant],
    by: Actor | None,
    now: datetime,
    lang: str = OFFICIAL,
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
    staff.grants = [_row(one, now) for one in sorted(set(grants), key=lambda one: (one.role, one.key))]
    session.add(staff)
    session.flush()  # its id is in the log line
    held = [f"{one.role} {one.key}".strip() for one in staff.grants]
    _note(session, by, "accounts.created", staff, roles=held)
    return staff


def set_roles(session: Session, staff: Staff, roles: Collection[Role], *, by: Actor, now: datetime) -> None:
    """Grant and withdraw roles for the whole authority; what is withdrawn is gone with the next click.

    :raises LastAdminError: when nobody would be left who can let others in.
    """
    wanted = set(roles)
    if wanted == staff.roles:
        return
    if Role.ADMIN not in wanted:
        _keep_an_admin(session, staff)
    kept = [grant for grant in staff.grants if grant.role in wanted or not grant.is_whole]
    new = [_row(Grant(role), now) for role in sorted(wanted - staff.roles)]
    staff.grants = kept + new
    _note(session, by, "accounts.roles_set", staff, roles=sorted(wanted))


def give(session: Session, staff: Staff, grant: Grant, *, by: Actor, now: datetime) -> None:
    """Give a role for one case or one event; nothing happens when it is held already."""
    if any((one.role, one.key) == (grant.role, grant.key) for one in staff.grants):
        return
    staff.grants.append(_row(grant, now))
    _note(session, by, "accounts.role_given", staff, role=grant.role, scope=grant.key)


def take(session: Session, staff: Staff, grant: RoleGrant, *, by: Actor) -> None:
    """Take a role for one case or one event away; it is gone with the next click."""
    staff.grants.remove(grant)
    _note(session, by, "accounts.role_taken", staff, role=grant.role, scope=grant.key)


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


def make_link(session: Session, staff: Staff, *, by: Actor | None, now: datetime) -> str:
    """A link for choosing a password. Whoever has it can become the owner, who therefore hears of it (ADR 0034)."""
    _note(session, by, "accounts.link_made", staff)
    if staff.password_hash:
        _tell_at_once(session, staff, LINK_MADE, by=by, now=now)
    return actions.make_link(session.connection(), staff.id, LinkPurpose.SET_UP, now=now)


def remove_second_factor(session: Session, staff: Staff, *, by: Actor | None, now: datetime) -> None:
    """For a lost phone and lost recovery codes: the next sign-in asks for a new second factor.

    The owner hears of it at once, for with a link it lets somebody else in (ADR 0034).
    """
    staff.totp_secret = staff.last_totp_step = None
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff.id))
    end_access(session, staff, now=now)
    _note(session, by, "accounts.second_factor_removed", staff)
    _tell_at_once(session, staff, FACTOR_REMOVED, by=by, now=now)


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
    if session.scalar(_administrators().where(Staff.id != staff.id).limit(1)) is None:
        raise LastAdminError


def _administrators() -> Select[Staff]:
    """Those who can let others in now."""
    admins = select(RoleGrant.staff_id).where(RoleGrant.role == Role.ADMIN)
    return select(Staff).where(Staff.id.in_(admins), Staff.disabled_at.is_(None)).order_by(Staff.id)


def _row(grant: Grant, now: datetime) -> RoleGrant:
    return RoleGrant(role=grant.role, case_id=grant.case_id, event_id=grant.event_id, granted_at=now)


def _tell_at_once(session: Session, staff: Staff, what: str, *, by: Actor | None, now: datetime) -> None:
    """Write to the owner, and to every administrator but the one who did it, in the transaction that does it."""
    doer = session.get(Staff, by.id) if by else None
    others = [one for one in session.scalars(_administrators()) if one is not doer and one is not staff]
    for one in (staff, *others):
        outbox.queue(
            session.connection(),
            message="accounts/access_changed",
            to=one.email,
            lang=one.lang,
            subject_id=staff.id,
            context={
                "name": one.name,
                "owner": staff.name,
                "is_owner": one is staff,
                "what": what,
                "by": doer.name if doer else "",
                "at": now,
            },
        )


def _note(session: Session, by: Actor | None, act: str, staff: Staff, **facts: object) -> None:
    audit.insert(session.connection(), by, act, staff.id, **facts)
