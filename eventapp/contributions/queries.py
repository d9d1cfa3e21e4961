"""Named reads of contributions."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Select, func, select
from sqlalchemy.orm import joinedload

from eventapp.checkin.models import Presence
from eventapp.contributions.models import Contribution, FollowUp
from eventapp.db import db
from eventapp.errors import existing
from eventapp.events.models import Theme
from eventapp.registration.models import Booking, Registration
from eventapp.tokens import token_hash


def contribution(contribution_id: str) -> Contribution:
    """
    :raises NotFoundError: when there is none.
    """
    return existing(db.session.get(Contribution, contribution_id))


def contribution_with_receipt(token: str) -> Contribution:
    """The contribution whose receipt this address is.

    :raises NotFoundError: when there is none.
    """
    wanted = select(Contribution).where(Contribution.receipt_hash == token_hash(token))
    return existing(db.session.scalars(wanted).one_or_none())


def contribution_with_key(key: str) -> Contribution | None:
    return db.session.scalars(select(Contribution).where(Contribution.submission_key == key)).one_or_none()


def same_contribution(event_id: str, content_hash: str) -> Contribution | None:
    """The latest with this content."""
    same = (Contribution.event_id == event_id, Contribution.content_hash == content_hash)
    return db.session.scalars(select(Contribution).where(*same).order_by(Contribution.number.desc())).first()


def contributions(event_id: str) -> Sequence[Contribution]:
    """All contributions by theme and number."""
    wanted = (
        select(Contribution)
        .join(Theme, Contribution.theme_id == Theme.id)
        .where(Contribution.event_id == event_id)
        .options(joinedload(Contribution.theme))
        .order_by(Theme.position, Contribution.number)
    )
    return db.session.scalars(wanted).all()


def newest_ids(event_id: str, most: int = 3) -> Sequence[str]:
    """The newest contributions, for the links of the thread into the record; how many there are says :func:`count`."""
    numbered = select(Contribution.id).where(Contribution.event_id == event_id).order_by(Contribution.number.desc())
    return db.session.scalars(numbered.limit(most)).all()


def count(event_id: str) -> int:
    wanted = select(func.count(Contribution.id)).where(Contribution.event_id == event_id)
    return db.session.scalar(wanted) or 0


def is_link(event_id: str, token: str) -> bool:
    """Whether the token is that of a link that was sent to somebody who came."""
    wanted = select(FollowUp).where(FollowUp.event_id == event_id, FollowUp.link_hash == token_hash(token))
    return db.session.scalars(wanted).one_or_none() is not None


def links_sent(event_id: str) -> int:
    wanted = select(func.count(FollowUp.booking_id)).where(FollowUp.event_id == event_id)
    return db.session.scalar(wanted) or 0


def to_be_asked(event_id: str) -> Select[str, str, str, str]:
    """Bookings of which somebody came, whose sender agreed to be written to and was not sent the link yet (LAW-04).

    Rows of id, event_id, email, lang.
    """
    came = (
        select(Registration.booking_id)
        .join(Presence, Presence.registration_id == Registration.id)
        .where(Presence.event_id == event_id, Presence.came_at.is_not(None))
    )
    asked = select(FollowUp.booking_id).where(FollowUp.event_id == event_id)
    wanted = select(Booking.id, Booking.event_id, Booking.email, Booking.lang).where(
        Booking.event_id == event_id,
        Booking.wants_follow_up.is_(True),
        Booking.email != "",
        Booking.id.in_(came),
        Booking.id.not_in(asked),
    )
    return wanted.order_by(Booking.registered_at, Booking.id)


def number_to_be_asked(conn: Connection, event_id: str) -> int:
    """How many those are."""
    wanted = to_be_asked(event_id).order_by(None).subquery()
    return int(conn.execute(select(func.count()).select_from(wanted)).scalar_one())
