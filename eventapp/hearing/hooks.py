"""What the hearing tells on the public thread of its case, and on the officer's page of it."""

from __future__ import annotations

from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Connection

from eventapp import clock
from eventapp.db import db
from eventapp.formats.display import deadline, long_moment
from eventapp.hearing import queries, words
from eventapp.hearing.calling import messages
from eventapp.hearing.models import Hearing
from eventapp.hearing.rules import HearingState, state
from eventapp.telling.models import Fact, Subject
from eventapp.web.permissions import Scope, url_if_allowed
from eventapp.web.registry import FrontCard, Holders, Reached, StepState, ThreadStep
from eventapp.work.kinds import Subject as About

ORDER = 60
STATES = {
    HearingState.WAITING: StepState.PLANNED,
    HearingState.OPEN: StepState.NEXT,
    HearingState.OVERDUE: StepState.DONE,
    HearingState.CLOSED: StepState.DONE,
}


def steps(case_id: str) -> list[ThreadStep]:
    """One step a hearing that was sent; a planned one where there is none yet is not ours to invent."""
    return [_step(hearing) for hearing in queries.hearings_of_case(case_id) if hearing.published_at]


def _step(hearing: Hearing) -> ThreadStep:
    stands = state(hearing, clock.now())
    return ThreadStep(
        key=f"hearing:{hearing.id}",
        title=hearing.title,
        at=max(hearing.published_at or hearing.starts_at, hearing.starts_at),
        state=STATES[stands],
        order=ORDER,
        figure=_figure(hearing) if stands is not HearingState.WAITING else "",
        url=url_for("hearing.show", slug=hearing.slug),
        link=_("See the hearing"),
        refs=(hearing.id,),
    )


def _figure(hearing: Hearing) -> str:
    counts = queries.counts(hearing)
    answers = ngettext("%(num)s answer", "%(num)s answers", counts.answers)
    return _("%(answers)s, %(ticked)s of %(heard)s parties", answers=answers, ticked=counts.ticked, heard=counts.heard)


def cards() -> list[FrontCard]:
    """Hearings that wait for answers, and those that soon do."""
    now = clock.now()
    return [
        FrontCard(
            order=30,
            title=hearing.title,
            url=url_for("hearing.show", slug=hearing.slug),
            meta=_("Hearing"),
            state=_card_state(hearing, now),
            at=hearing.deadline_at,
        )
        for hearing in queries.sent_hearings()
        if state(hearing, now) in {HearingState.WAITING, HearingState.OPEN}
    ]


def _card_state(hearing: Hearing, now: datetime) -> str:
    if state(hearing, now) is HearingState.WAITING:
        return _("Begins %(moment)s", moment=long_moment(hearing.starts_at))
    return _("Answer by %(deadline)s", deadline=deadline(hearing.deadline_at))


def answered_reached(conn: Connection, hearing_id: str, until: datetime) -> Reached:
    """Those who have answered, whether a party or anybody else."""
    number = messages.answered_number(conn, hearing_id, until)
    words = ngettext("%(num)s who has answered", "%(num)s who have answered", number)
    return Reached(words, number, number)


HOLDERS = Holders(Subject.HEARING, frozenset({Fact.DEADLINE}), answered_reached, messages.tell_answered)


def about(hearing_id: str) -> About | None:
    """What a job about a hearing is about."""
    hearing = db.session.get(Hearing, hearing_id)
    return About(str(hearing.title), _page(hearing), Scope(hearing.case_id)) if hearing else None


def case_links(case_id: str) -> list[tuple[str, str]]:
    """Links of the officer's page of a case: (label, address)."""
    named = [
        *((_named(one), _page(one)) for one in queries.hearings_of_case(case_id)),
        (_("New hearing"), url_if_allowed("hearing_staff.new", case_id=case_id)),
        (_("Export the record"), url_if_allowed("dossier.show", case_id=case_id)),
    ]
    return [(label, url) for label, url in named if url]


def _named(hearing: Hearing) -> str:
    return words.heading(hearing.title)


def _page(hearing: Hearing) -> str:
    return url_if_allowed("hearing_staff.show", hearing_id=hearing.id)
