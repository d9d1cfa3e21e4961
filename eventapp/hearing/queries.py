"""Named reads of the hearing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import CompoundSelect, func, select, union_all
from sqlalchemy.orm import joinedload, selectinload

from eventapp.cases.models import Case
from eventapp.cases.queries import case_scope, within
from eventapp.cases.rules import first_free
from eventapp.db import Sql, db, reading
from eventapp.errors import existing
from eventapp.formats.names import danish_key
from eventapp.hearing.models import Answer, Attachment, Hearing, Material, Notice, Party
from eventapp.hearing.rules import Timing, timing
from eventapp.tokens import token_hash
from eventapp.web.lookups import Kept
from eventapp.web.permissions import Reach, Scope

HEARING_ID = Sql("SELECT id FROM hearing WHERE slug = :slug AND published_at IS NOT NULL")
PARTY_ID = Sql(
    "SELECT COALESCE(merged_into_id, id) FROM party WHERE hearing_id = :hearing_id AND link_hash = :link_hash"
)


def hearing(hearing_id: str) -> Hearing:
    """
    :raises NotFoundError: when there is none.
    """
    return existing(db.session.get(Hearing, hearing_id))


def published_hearing(slug: str) -> Hearing:
    """A hearing that was sent out, with its material, for the public page.

    :raises NotFoundError: when there is none.
    """
    wanted = (
        select(Hearing)
        .where(Hearing.slug == slug, Hearing.published_at.is_not(None))
        .options(joinedload(Hearing.case), selectinload(Hearing.material).joinedload(Material.version))
    )
    return existing(db.session.scalars(wanted).one_or_none())


def addressee(slug: str, token: str) -> tuple[str, str | None]:
    """What an answer is addressed to: ids of the hearing, and of the party whose own link was used.

    For the post, which comes in rushes: no entity is loaded, and the hearing is known for a second (whether it stands
    is asked once more where the answer is stored).

    :raises NotFoundError: when no hearing with this address was sent out.
    """
    kept: Kept[str] = current_app.extensions["kept_hearings"]
    hearing_id = kept.get(slug, _sent_hearing_id)
    if not token:
        return hearing_id, None
    with reading() as conn:
        return hearing_id, PARTY_ID(conn, hearing_id=hearing_id, link_hash=token_hash(token)).scalar_one_or_none()


def _sent_hearing_id(slug: str) -> str:
    with reading() as conn:
        found: str = existing(HEARING_ID(conn, slug=slug).scalar_one_or_none())
        return found


def free_slug(wish: str) -> str:
    """The wish, or the wish with the first number behind it that no hearing has."""
    taken = set(db.session.scalars(select(Hearing.slug).where(Hearing.slug.startswith(wish)).order_by(Hearing.slug)))
    return first_free(wish, taken)


def hearings_of_case(case_id: str) -> list[Hearing]:
    """All hearings of a case, the first one first."""
    wanted = select(Hearing).where(Hearing.case_id == case_id).order_by(Hearing.starts_at, Hearing.slug)
    return list(db.session.scalars(wanted))


def sent_hearings() -> list[Hearing]:
    """All hearings that were sent out, the earliest deadline first."""
    sent = select(Hearing).where(Hearing.published_at.is_not(None))
    return list(db.session.scalars(sent.order_by(Hearing.deadline_at, Hearing.id)))


def material(slug: str, annex: int) -> Material:
    """One document of a hearing that was sent out.

    :raises NotFoundError: when there is none.
    """
    wanted = (
        select(Material)
        .join(Hearing, Material.hearing_id == Hearing.id)
        .where(Hearing.slug == slug, Hearing.published_at.is_not(None), Material.annex == annex)
    )
    return existing(db.session.scalars(wanted).one_or_none())


def party_with_link(hearing_id: str, token: str) -> Party | None:
    """The party whose own answer link this is, or that it was put together with."""
    party_id = PARTY_ID(db.session.connection(), hearing_id=hearing_id, link_hash=token_hash(token))
    return db.session.get(Party, party_id.scalar_one_or_none() or "")


def parties(hearing_id: str) -> list[Party]:
    """The list of those heard, each with what was sent and answered, in the order of the Danish alphabet."""
    wanted = (
        select(Party)
        .where(Party.hearing_id == hearing_id, Party.merged_into_id.is_(None))
        .options(selectinload(Party.notices), selectinload(Party.answers))
        .order_by(Party.id)
    )
    return sorted(db.session.scalars(wanted), key=lambda one: danish_key(one.name))


def party(hearing_id: str, party_id: str) -> Party:
    """
    :raises NotFoundError: when the hearing has no such party on its list.
    """
    found = db.session.get(Party, party_id)
    return existing(found if found and found.hearing_id == hearing_id and not found.merged_into_id else None)


def notices(party_id: str) -> list[Notice]:
    """What a party was sent, the first letter first."""
    return list(
        db.session.scalars(select(Notice).where(Notice.party_id == party_id).order_by(Notice.sent_at, Notice.id))
    )


def material_of(hearing_id: str, annex: int) -> Material:
    """One document of a hearing, sent or not.

    :raises NotFoundError: when there is none.
    """
    wanted = select(Material).where(Material.hearing_id == hearing_id, Material.annex == annex)
    return existing(db.session.scalars(wanted).one_or_none())


def answers(hearing_id: str) -> list[Answer]:
    """Every answer in order of its number; none is ever left out."""
    wanted = (
        select(Answer)
        .where(Answer.hearing_id == hearing_id)
        .options(joinedload(Answer.party), selectinload(Answer.attachments))
        .order_by(Answer.number)
    )
    return list(db.session.scalars(wanted))


def answer(answer_id: str) -> Answer:
    """
    :raises NotFoundError: when there is none.
    """
    return existing(db.session.get(Answer, answer_id))


def answer_with_receipt(token: str) -> Answer:
    """The answer whose receipt this address is.

    :raises NotFoundError: when there is none.
    """
    return existing(db.session.scalars(select(Answer).where(Answer.receipt_hash == token_hash(token))).one_or_none())


def answer_with_number(number: str, email: str) -> Answer | None:
    """For the look-up "was my answer received?": both must fit."""
    wanted = select(Answer).where(Answer.receipt_number == number, func.lower(Answer.email) == email.lower())
    return db.session.scalars(wanted).one_or_none()


def attachment(answer_id: str, position: int) -> Attachment:
    """
    :raises NotFoundError: when there is none.
    """
    wanted = select(Attachment).where(Attachment.answer_id == answer_id, Attachment.position == position)
    return existing(db.session.scalars(wanted).one_or_none())


@dataclass(frozen=True)
class Counts:
    """A hearing in figures. ``heard`` parties, ``ticked``: those of them that answered.

    ``late`` as the deadline stands today; ``before_extension`` came after the deadline of their day, and in time all
    the same, for it was extended.
    """

    heard: int
    ticked: int
    answers: int
    late: int
    before_extension: int


def counts(hearing: Hearing) -> Counts:
    came = db.session.execute(select(Answer.received_at, Answer.deadline_at).where(Answer.hearing_id == hearing.id))
    timings = Counter(timing(one, hearing) for one in came)
    on_list = (Party.hearing_id == hearing.id, Party.merged_into_id.is_(None))
    heard = db.session.scalar(select(func.count(Party.id)).where(*on_list)) or 0
    distinct = func.count(Answer.party_id.distinct())
    ticked = db.session.scalar(select(distinct).where(Answer.hearing_id == hearing.id)) or 0
    return Counts(heard, ticked, timings.total(), timings[Timing.LATE], timings[Timing.BEFORE_EXTENSION])


# --- what it belongs to, for the guard -----------------------------------------------------------------------


def scope(hearing_id: str) -> Scope:
    return case_scope(select(Hearing.case_id).where(Hearing.id == hearing_id))


def party_scope(party_id: str) -> Scope:
    return case_scope(select(Hearing.case_id).join(Party).where(Party.id == party_id))


def answer_scope(answer_id: str) -> Scope:
    return case_scope(
        select(Hearing.case_id).join(Answer, Answer.hearing_id == Hearing.id).where(Answer.id == answer_id)
    )


def mail_scope(subject_id: str) -> Scope:
    """Of a mail: its subject is a notice to a party, or an answer that a receipt is for."""
    notices = select(Hearing.case_id).join(Party).join(Notice).where(Notice.id == subject_id)
    found = case_scope(notices)
    return found if found.case_id else answer_scope(subject_id)


def mail_subjects(reach: Reach) -> CompoundSelect[str]:
    """Selects the subjects of all mails about the hearings of the cases within reach."""
    hearings = select(Hearing.id).join(Case).where(within(reach))
    return union_all(
        select(Answer.id).where(Answer.hearing_id.in_(hearings)),
        select(Notice.id).join(Party).where(Party.hearing_id.in_(hearings)),
    )
