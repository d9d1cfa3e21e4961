"""How a page of a lower slice shows parts of higher ones without importing them (design decision 18).

``create_app()`` lets every slice register what it has to say; the page asks here.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import current_app

from eventapp import clock
from eventapp.languages import Text


class StepState(enum.StrEnum):
    """Where a step of the thread stands."""

    DONE = "done"
    NEXT = "next"
    PLANNED = "planned"
    MISSING = "missing"
    UNDER_WAY = "under_way"
    CALLED_OFF = "called_off"


@dataclass(frozen=True)
class ThreadStep:
    """One line of a case's public thread. ``figure`` is a short text such as "163 tilmeldte".

    ``order``: motion 10, tasks 15, invitations 20, debate 30, contributions 40, hearing 50, points 60, note 70,
    decisions 80 and on, letter 90, reply 100. ``key`` is the same word, with the id of what is told behind a colon.
    ``refs`` are the ids under which the record speaks of this step, where there are many the newest, and ``more_refs``
    how many there are beside those; ``link`` is the text of the link where the title does not say where it leads. Of
    steps with the same key those of higher slices add to the lower one's: what they leave empty stays.
    """

    key: str
    title: Text
    at: datetime | None
    state: StepState
    order: int
    figure: Text = ""
    url: str = ""
    note: str = ""
    link: str = ""
    refs: tuple[str, ...] = ()
    more_refs: int = 0
    demo: bool = False


@dataclass(frozen=True)
class EventPart:
    """A part of the public event page: a template fragment and what it needs. ``place``: seats, people, after."""

    place: str
    order: int
    template: str
    context: dict[str, Any]


@dataclass(frozen=True)
class DeskItem:
    """Something that needs a person now, with its one button; told only to those whom ``url`` lets in."""

    text: str
    url: str
    button: str
    since: datetime | None = None

    @property
    def is_ahead(self) -> bool:
        """Whether ``since`` is a deadline that has not passed: the page then says "by" instead."""
        return self.since is not None and self.since > clock.now()


@dataclass(frozen=True)
class DeskFigure:
    """One stage of the funnel on the organiser's desk; ``value`` None is shown as a dash.

    ``url`` is empty for those who may not open the page behind the figure (``url_if_allowed``); ``hint``: who of them
    the reader would not think of.
    """

    order: int
    label: str
    value: int | None
    url: str
    hint: str = ""


@dataclass(frozen=True)
class Tab:
    """A tab of the organiser's desk; ``endpoint`` takes ``event_id``. Shown to those whom it lets in."""

    order: int
    label: Any
    endpoint: str


@dataclass(frozen=True)
class StaffLink:
    """A place that staff may go to, on their start page; ``endpoint`` takes no values. Shown to those it lets in."""

    order: int
    label: Any
    text: Any
    endpoint: str


@dataclass(frozen=True)
class Reached:
    """How many would be told of a change: in so many mails so many people, or offices, and who has none.

    ``words`` names those who are reached by mail, in figures: "42 people".
    """

    words: str
    by_mail: int
    mails: int
    by_phone: int = 0


@dataclass(frozen=True)
class Telling:
    """A change that is being told: of what, its number, and the first one that was not told yet.

    Who came by a copy after ``until`` knows it already. ``by_id``: who of staff made the change.
    """

    subject_id: str
    number: int
    since: int
    until: datetime
    by_id: str | None


@dataclass(frozen=True)
class Holders:
    """Those who hold copies of facts of an event or a hearing, as the slice knows them that gave the copies out.

    ``subject`` and ``facts`` are codes of :mod:`eventapp.telling.models`. ``number(conn, subject_id, until)`` counts
    them; ``tell(conn, telling, after, most)`` writes to the next, at most ``most``, and gives back the ids of those, in
    order; the next time ``after`` is the last of them.
    """

    subject: str
    facts: frozenset[str]
    number: Callable[[Any, str, datetime], Reached]
    tell: Callable[[Any, Telling, str, int], list[str]]


@dataclass(frozen=True)
class MailOwner:
    """Whose mails these are: the slice that sends them says who may open them. A mail without an owner stays shut.

    ``permission`` is needed for what the mail's subject belongs to, which ``scope`` finds out. ``subjects`` gives the
    SELECT of the ids of all subjects within a reach (:class:`eventapp.web.permissions.Reach`).
    """

    permission: Any
    scope: Callable[[str], Any]  # subject_id -> Scope
    subjects: Callable[[Any], Any]  # Reach -> Select


@dataclass(frozen=True)
class AskedFact:
    """Something that is asked of people, for the data map on ``/privacy``: what for, who sees it, when it ends."""

    name: Any
    purpose: Any
    seen_by: str
    ends: str


@dataclass(frozen=True)
class ScopeChoice:
    """A case or an event that a role can be given for; ``key`` is ``case:<id>`` or ``event:<id>``."""

    key: str
    label: Text


@dataclass(frozen=True)
class FrontCard:
    """Something that is published, on the front page. ``order``: cases 10, events 20, hearings 30.

    ``meta`` stands above the title (what it is, when), ``state`` below it (34 seats, open until …).
    """

    order: int
    title: Text
    url: str
    text: Text = ""
    meta: str = ""
    state: str = ""
    at: datetime | None = None  # cards of one order stand latest first


@dataclass(frozen=True)
class ApiOperation:
    """An operation of the machine interface, for ``/api/openapi.json``.

    ``path`` as OpenAPI writes it (``/api/v1/events/{event_id}/occupancy``), schemas as JSON Schema; ``answers``:
    status -> (what it means, schema or None). Refusals have the common error shape and need not be named.
    ``security``: "staff", "door" or "" for everybody.
    """

    method: str
    path: str
    name: str
    summary: str
    answers: Mapping[int, tuple[str, Mapping[str, Any] | None]]
    body: Mapping[str, Any] | None = None
    media_type: str = "application/json"  # of the body
    query: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # parameter -> schema
    security: str = ""


def _no() -> bool:
    return False


def _nobody() -> dict[str, str]:
    return {}


def _never(_row_id: str) -> bool:
    return False


@dataclass
class Registry:
    """What the slices have registered, each list in the order of ``create_app``."""

    thread_steps: list[Callable[[str], list[ThreadStep]]] = field(default_factory=list)  # case_id
    event_parts: list[Callable[[str], list[EventPart]]] = field(default_factory=list)  # event_id
    asked_facts: list[Callable[[], list[AskedFact]]] = field(default_factory=list)
    desk_items: list[Callable[[str], list[DeskItem]]] = field(default_factory=list)  # event_id
    desk_figures: list[Callable[[str], list[DeskFigure]]] = field(default_factory=list)  # event_id
    desk_tabs: list[Tab] = field(default_factory=list)
    # case_id -> (label, url), for staff
    case_links: list[Callable[[str], list[tuple[str, str]]]] = field(default_factory=list)
    record_kinds: dict[str, Any] = field(default_factory=dict)  # name -> kind of entry (eventapp.record.declare)
    record_tables: list[Any] = field(default_factory=list)  # rows held against it (eventapp.record.declare_tables)
    # event_id -> programme item id -> names of invited offices that said yes
    programme_people: list[Callable[[str], dict[str, list[str]]]] = field(default_factory=list)
    holders: list[Holders] = field(default_factory=list)  # who is told when something changes
    # (event_id, by), in the same transaction: seats raised or lowered
    quotas_changed: list[Callable[[str, Any], None]] = field(default_factory=list)
    # argument of an address -> its value -> the Scope of what it names; a test holds that each one stands here
    scopes: dict[str, Callable[[str], Any]] = field(default_factory=dict)
    scope_choices: list[Callable[[], list[ScopeChoice]]] = field(default_factory=list)
    mail_owners: dict[str, MailOwner] = field(default_factory=dict)  # first part of a mail's message -> its owner
    readiness: list[Callable[[], str | None]] = field(default_factory=list)  # None when ready, else what is wrong
    gauges: list[Callable[[], dict[str, float]]] = field(default_factory=list)  # metric name -> value
    staff_names: Callable[[], dict[str, str]] = _nobody  # id -> name, of everybody who works or worked here
    staff_links: list[StaffLink] = field(default_factory=list)
    front_cards: list[Callable[[], list[FrontCard]]] = field(default_factory=list)
    api: list[ApiOperation] = field(default_factory=list)
    demo_loaded: Callable[[], bool] = _no  # whether the demo case was loaded here; the demo slice knows
    is_invented: Callable[[str], bool] = _never  # row id -> whether the row was made up for the demo case
    # the files of a post that no view reads, kept for its form: field -> what the page shows of them
    keep_files: Callable[[], dict[str, Any]] = dict
    # origin of a registration -> (conn, registration_id, came_at or None, at): whether and when she came is another
    came_changed: dict[str, Callable[..., None]] = field(default_factory=dict)
    # the same: (conn, registration_id), before its seat is given back; whoever must wait for others does so here
    seat_ending: dict[str, Callable[..., None]] = field(default_factory=dict)
    # the same: (conn, registration_id, by, at), when the guest has given it back
    seat_given_back: dict[str, Callable[..., None]] = field(default_factory=dict)


def registry() -> Registry:
    """The registry of the running application."""
    found: Registry = current_app.extensions["registry"]
    return found
