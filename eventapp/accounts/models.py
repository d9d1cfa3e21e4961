"""Tables of the people who work here: who they are, what they may do, and how they prove it."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventapp.db import Model, UtcDateTime, enum_column, new_id
from eventapp.db.personal import AtEnd, Find, Since, personal
from eventapp.languages import OFFICIAL
from eventapp.web.permissions import Role, scope_key

WHOLE = text("case_id IS NULL AND event_id IS NULL")


class LinkPurpose(enum.StrEnum):
    """What a sign-in link is good for; it is good for nothing else."""

    SET_UP = "set_up"  # choose a password: a new member of staff, or one who has lost it
    DEMO = "demo"  # play a role of the demo case on one's own machine


class Staff(Model):
    """Somebody who works here. Kept when they leave, because the audit log speaks of them.

    ``link_only``: the account has no password and never gets one; a link that was printed on this machine opens it.
    """

    __tablename__ = "staff"
    __impersonal__ = ("id", "link_only")
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email"),
        CheckConstraint("length(lang) = 2", name="lang"),
        CheckConstraint("NOT link_only OR password_hash IS NULL", name="link_only_has_no_password"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(
        String(254),
        unique=True,
        info=personal(
            "who works here, and where notices go", seen_by=("manage_accounts",), since=Since.WORK, find=Find.EMAIL
        ),
    )
    name: Mapped[str] = mapped_column(
        String(200), info=personal("who works here", seen_by=("manage_accounts",), since=Since.WORK, find=Find.NAME)
    )
    lang: Mapped[str] = mapped_column(
        String(2),
        default=OFFICIAL,
        info=personal(
            "which language to speak; since when, and until when", seen_by=("manage_accounts",), since=Since.WORK
        ),
    )
    password_hash: Mapped[str | None] = mapped_column(
        String(200), info=personal("how somebody proves who they are", since=Since.WORK)
    )
    totp_secret: Mapped[str | None] = mapped_column(
        String(64), info=personal("how somebody proves who they are", since=Since.WORK)
    )
    last_totp_step: Mapped[int | None] = mapped_column(
        BigInteger, info=personal("how somebody proves who they are", since=Since.WORK)
    )
    link_only: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime,
        info=personal(
            "which language to speak; since when, and until when", seen_by=("manage_accounts",), since=Since.WORK
        ),
    )
    disabled_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime,
        info=personal(
            "which language to speak; since when, and until when", seen_by=("manage_accounts",), since=Since.WORK
        ),
    )

    grants: Mapped[list[RoleGrant]] = relationship(order_by="RoleGrant.role", cascade="all, delete-orphan")

    @property
    def roles(self) -> set[Role]:
        """What is held for the whole authority."""
        return {grant.role for grant in self.grants if grant.is_whole}

    @property
    def limited(self) -> list[RoleGrant]:
        """What is held for one case or one event."""
        return [grant for grant in self.grants if not grant.is_whole]


class RoleGrant(Model):
    """A role that somebody has: for one case with all that belongs to it, for one event, or for the whole authority.

    Doors are staffed by shift codes, not by accounts, and accounts belong to nobody's case.
    """

    __tablename__ = "role_grant"
    __impersonal__ = ("id", "staff_id")
    __table_args__ = (
        CheckConstraint("role <> 'door'", name="no_door"),
        CheckConstraint("case_id IS NULL OR event_id IS NULL", name="one_scope"),
        CheckConstraint("role <> 'admin' OR (case_id IS NULL AND event_id IS NULL)", name="admin_of_all"),
        Index("uq_role_grant_all", "staff_id", "role", unique=True, sqlite_where=WHOLE, postgresql_where=WHOLE),
        Index("uq_role_grant_case", "staff_id", "role", "case_id", unique=True),
        Index("uq_role_grant_event", "staff_id", "role", "event_id", unique=True),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    role: Mapped[Role] = mapped_column(
        enum_column(Role),
        info=personal("what they may do, for what, since when", seen_by=("manage_accounts",), since=Since.WORK),
    )
    case_id: Mapped[str | None] = mapped_column(
        ForeignKey("case.id"),
        info=personal("what they may do, for what, since when", seen_by=("manage_accounts",), since=Since.WORK),
    )
    event_id: Mapped[str | None] = mapped_column(
        ForeignKey("event.id"),
        info=personal("what they may do, for what, since when", seen_by=("manage_accounts",), since=Since.WORK),
    )
    granted_at: Mapped[datetime] = mapped_column(
        UtcDateTime,
        info=personal("what they may do, for what, since when", seen_by=("manage_accounts",), since=Since.WORK),
    )

    @property
    def is_whole(self) -> bool:
        return self.case_id is None and self.event_id is None

    @property
    def key(self) -> str:
        return scope_key(self.case_id, self.event_id)


class StaffSession(Model):
    """A browser in which somebody signed in. Without ``second_factor_at`` it opens only the page that asks for it."""

    __tablename__ = "staff_session"
    __impersonal__ = ("id", "staff_id", "may_set_password")
    __table_args__ = (Index(None, "staff_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(
        String(64),
        unique=True,
        info=personal("the cookie, as a hash", since=Since.START, after=timedelta(days=30), at_end=AtEnd.DELETED),
    )
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime,
        info=personal(
            "where they are signed in: each sees their own",
            since=Since.START,
            after=timedelta(days=30),
            at_end=AtEnd.DELETED,
        ),
    )
    seen_at: Mapped[datetime] = mapped_column(
        UtcDateTime,
        info=personal(
            "where they are signed in: each sees their own",
            since=Since.START,
            after=timedelta(days=30),
            at_end=AtEnd.DELETED,
        ),
    )
    second_factor_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime,
        info=personal(
            "where they are signed in: each sees their own",
            since=Since.START,
            after=timedelta(days=30),
            at_end=AtEnd.DELETED,
        ),
    )
    may_set_password: Mapped[bool] = mapped_column(default=False)  # begun by a link for setting up
    ended_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime,
        info=personal(
            "where they are signed in: each sees their own",
            since=Since.START,
            after=timedelta(days=30),
            at_end=AtEnd.DELETED,
        ),
    )


class RecoveryCode(Model):
    """A code that stands in once for a lost phone."""

    __tablename__ = "recovery_code"
    __impersonal__ = ("id", "staff_id")
    __table_args__ = (UniqueConstraint("staff_id", "code_hash"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    code_hash: Mapped[str] = mapped_column(
        String(64), info=personal("the way in without the phone, as hashes", since=Since.WORK)
    )
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=personal("the way in without the phone, as hashes", since=Since.WORK)
    )
    used_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=personal("the way in without the phone, as hashes", since=Since.WORK)
    )


class SignInLink(Model):
    """A link that signs somebody in once, for one purpose."""

    __tablename__ = "sign_in_link"
    __impersonal__ = ("id", "staff_id", "purpose")
    __table_args__ = (Index(None, "staff_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    token_hash: Mapped[str] = mapped_column(
        String(64), unique=True, info=personal("links that sign in once, as hashes", since=Since.WORK)
    )
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    purpose: Mapped[LinkPurpose] = mapped_column(enum_column(LinkPurpose))
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=personal("links that sign in once, as hashes", since=Since.WORK)
    )
    expires_at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=personal("links that sign in once, as hashes", since=Since.WORK)
    )
    used_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=personal("links that sign in once, as hashes", since=Since.WORK)
    )
