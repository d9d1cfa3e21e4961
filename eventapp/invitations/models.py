"""Tables of invitations: who was asked, with which letter, what they replied, and whether they came.

*Invited*, *replied*, *came* and *spoke* are four facts with rows of their own, never one state (design §2).
"""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from eventapp.db import Model, OfficialText, UtcDateTime, Words, enum_column, new_id
from eventapp.db.personal import EVERY_COLUMN, Find, personal
from eventapp.events.models import Event
from eventapp.languages import Wording
from eventapp.record.models import Told


class WishedRole(enum.StrEnum):
    """What the invitee is asked to do."""

    SPEECH = "speech"
    PANEL = "panel"
    GREETING = "greeting"
    ATTEND = "attend"


class Invitation(Model):
    """An invitation to an office-holder or another guest of the programme.

    ``office`` and ``name`` are as they stand in the letter: once it is sent they are frozen, for offices change hands.
    ``precedence`` is the organiser's own order; nothing is ever sorted by title. ``link_hash``: of the token in the
    reply link. ``calendar_uid``: of the entry in the office's calendar where it is not the event's own; letters
    named one of their own before there was one entry for each person (ADR 0060).
    """

    __tablename__ = "invitation"
    __impersonal__ = (
        "id",
        "event_id",
        "precedence",
        "purpose",
        "wished_role",
        "minutes",
        "reply_by_at",
        "programme_item_id",
        "is_public",
        "registration_id",
        "calendar_uid",
        "created_at",
        "withdrawn_at",
    )
    __table_args__ = (UniqueConstraint("event_id", "precedence"), CheckConstraint("minutes >= 0", name="minutes"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    event_id: Mapped[str] = mapped_column(ForeignKey("event.id"))
    precedence: Mapped[int]
    office: Mapped[Wording] = mapped_column(
        Words,
        info=personal(
            "whom the authority invites by office; the public sees the office after acceptance",
            seen_by=("read_invitations",),
        ),
    )
    name: Mapped[str] = mapped_column(
        String(120), default="", info=personal("who holds the office", seen_by=("read_invitations",), find=Find.NAME)
    )
    ministry: Mapped[str] = mapped_column(
        String(120),
        default="",
        info=personal(
            "whom the authority invites by office; the public sees the office after acceptance",
            seen_by=("read_invitations",),
        ),
    )
    email: Mapped[str] = mapped_column(
        String(254), info=personal("where the letter goes", seen_by=("read_invitations",), find=Find.EMAIL)
    )
    purpose: Mapped[Wording] = mapped_column(OfficialText)
    wished_role: Mapped[WishedRole] = mapped_column(enum_column(WishedRole))
    minutes: Mapped[int] = mapped_column(default=0)
    reply_by_at: Mapped[datetime] = mapped_column(UtcDateTime)
    programme_item_id: Mapped[str | None] = mapped_column(ForeignKey("programme_item.id"))
    is_public: Mapped[bool] = mapped_column(default=False)
    link_hash: Mapped[str] = mapped_column(String(64), unique=True, info=personal("the own link, as a hash"))
    registration_id: Mapped[str | None] = mapped_column(ForeignKey("registration.id"), unique=True)
    calendar_uid: Mapped[str] = mapped_column(String(200), default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    event: Mapped[Event] = relationship()
    letters: Mapped[list[Letter]] = relationship(order_by="Letter.number", back_populates="invitation")
    replies: Mapped[list[Reply]] = relationship(order_by="Reply.number", back_populates="invitation")
    sightings: Mapped[list[Sighting]] = relationship(order_by="Sighting.at", back_populates="invitation")

    @property
    def sent_at(self) -> datetime | None:
        """When the first letter left."""
        return self.letters[0].sent_at if self.letters else None

    @property
    def reply(self) -> Reply | None:
        """The reply in force: the last one."""
        return self.replies[-1] if self.replies else None


class Letter(Model):
    """A letter that was sent, as the file that it was; ``mail_id`` leads to its delivery."""

    __tablename__ = "letter"
    __impersonal__ = ("id", "invitation_id", "number", "sha256", "mail_id")
    __table_args__ = (UniqueConstraint("invitation_id", "number"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitation.id"))
    number: Mapped[int]
    sha256: Mapped[str] = mapped_column(ForeignKey("blob.sha256"))
    mail_id: Mapped[str | None] = mapped_column(String(32))
    sent_at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=personal("who sent which letter", seen_by=("read_invitations",))
    )
    sent_by_id: Mapped[str | None] = mapped_column(
        String(32), info=personal("who sent which letter", seen_by=("read_invitations",))
    )

    invitation: Mapped[Invitation] = relationship(back_populates="letters")


class ReplyState(enum.StrEnum):
    """What was replied: iCalendar's words (RFC 5545 PARTSTAT)."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    DELEGATED = "delegated"


class ReplyChannel(enum.StrEnum):
    """How the reply reached us."""

    LINK = "link"
    PHONE = "phone"
    LETTER = "letter"
    EMAIL = "email"


class StandInRole(enum.StrEnum):
    """What a stand-in may do: a civil servant is no substitute in a political debate (domain.md 5.1)."""

    POLITICAL = "political"
    FACTUAL = "factual"
    LISTENER = "listener"


class Reply(Model):
    """One reply; a later one replaces it and both are kept. A late decline and a new stand-in are normal."""

    __tablename__ = "reply"
    __impersonal__ = ("id", "invitation_id", "number", "state", "channel", "replied_at")
    __table_args__ = (
        UniqueConstraint("invitation_id", "number"),
        CheckConstraint("(state = 'delegated') = (stand_in_role IS NOT NULL)", name="stand_in"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitation.id"))
    number: Mapped[int]
    state: Mapped[ReplyState] = mapped_column(enum_column(ReplyState))
    reason: Mapped[str] = mapped_column(
        Text, default="", info=personal("what the invited replied", seen_by=("read_invitations",))
    )
    will_write: Mapped[bool] = mapped_column(
        default=False, info=personal("what the invited replied", seen_by=("read_invitations",))
    )
    stand_in_name: Mapped[str] = mapped_column(
        String(120), default="", info=personal("who comes instead", seen_by=("read_invitations",), find=Find.NAME)
    )
    stand_in_title: Mapped[str] = mapped_column(
        String(120), default="", info=personal("who comes instead", seen_by=("read_invitations",))
    )
    stand_in_role: Mapped[StandInRole | None] = mapped_column(
        enum_column(StandInRole), info=personal("who comes instead", seen_by=("read_invitations",))
    )
    contact_name: Mapped[str] = mapped_column(
        String(120), default="", info=personal("whom to call", seen_by=("read_invitations",), find=Find.NAME)
    )
    contact_phone: Mapped[str] = mapped_column(
        String(30), default="", info=personal("whom to call", seen_by=("read_invitations",))
    )
    channel: Mapped[ReplyChannel] = mapped_column(enum_column(ReplyChannel))
    recorded_by_id: Mapped[str | None] = mapped_column(
        String(32), info=personal("who of staff typed it in", seen_by=("read_invitations",))
    )
    replied_at: Mapped[datetime] = mapped_column(UtcDateTime)

    invitation: Mapped[Invitation] = relationship(back_populates="replies")


class SightingKind(enum.StrEnum):
    """What was seen on the evening."""

    CAME = "came"
    SPOKE = "spoke"


class Sighting(Model):
    """That the invitee, or the stand-in, came or spoke; who came is the reply in force then."""

    __tablename__ = "sighting"
    __impersonal__ = ("id", "invitation_id")
    __table_args__ = (UniqueConstraint("invitation_id", "kind"), Index(None, "at"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    invitation_id: Mapped[str] = mapped_column(ForeignKey("invitation.id"))
    kind: Mapped[SightingKind] = mapped_column(
        enum_column(SightingKind),
        info=personal("that an invited person came or spoke, and who of staff saw it", seen_by=("read_invitations",)),
    )
    recorded_by_id: Mapped[str | None] = mapped_column(
        String(32),
        info=personal("that an invited person came or spoke, and who of staff saw it", seen_by=("read_invitations",)),
    )
    at: Mapped[datetime] = mapped_column(
        UtcDateTime,
        info=personal("that an invited person came or spoke, and who of staff saw it", seen_by=("read_invitations",)),
    )

    invitation: Mapped[Invitation] = relationship(back_populates="sightings")


class InvitationTold(Told):
    """What the record was told of who came: a sighting may be taken back."""

    __tablename__ = "invitation_told"
    __impersonal__ = EVERY_COLUMN
