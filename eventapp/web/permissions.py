"""Who may do what, and with what: one table, read by every route.

Each view names its permission with ``@requires`` or says ``@public``. A view that says neither is refused, and a
test that walks the URL map fails on it. A role is held for the whole authority, or for one case or one event; what an
address names is traced to its case and event once, before the view runs (ADR 0033).
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Flask, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from eventapp.errors import NotAllowedError, NotFoundError, wants_json
from eventapp.web.registry import registry

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


class SignedOutError(NotAllowedError):
    """Nobody is signed in, or no longer."""

    code = "signed_out"
    message = _l("You are not signed in. Sign in, and try again.")


class Role(enum.StrEnum):
    """The roles of a town hall (domain.md ch. 8)."""

    ORGANISER = "organiser"
    PROTOCOL = "protocol"
    DOOR = "door"
    SAFETY = "safety"
    CHAIR = "chair"
    OFFICER = "officer"
    APPROVER = "approver"
    ACCESS_OFFICER = "access_officer"
    AUDITOR = "auditor"
    ADMIN = "admin"


class Permission(enum.StrEnum):
    """What can be done. Named by the thing and the verb."""

    USE_STAFF_PAGES = "use_staff_pages"
    MANAGE_ACCOUNTS = "manage_accounts"
    READ_AUDIT = "read_audit"
    READ_OUTBOX = "read_outbox"
    READ_METRICS = "read_metrics"
    READ_WORK = "read_work"
    MOVE_DEMO_CLOCK = "move_demo_clock"
    READ_CASES = "read_cases"
    EDIT_CASES = "edit_cases"
    EDIT_EVENTS = "edit_events"
    READ_EVENTS = "read_events"
    READ_REGISTRATIONS = "read_registrations"
    EDIT_REGISTRATIONS = "edit_registrations"
    READ_ACCESS_NEEDS = "read_access_needs"
    READ_INVITATIONS = "read_invitations"
    EDIT_INVITATIONS = "edit_invitations"
    MANAGE_DOORS = "manage_doors"
    CHECK_IN = "check_in"
    READ_CONTRIBUTIONS = "read_contributions"
    READ_HEARINGS = "read_hearings"
    EDIT_HEARINGS = "edit_hearings"
    READ_ANSWERS = "read_answers"
    EXPORT_RECORD = "export_record"
    ERASE_TEXTS = "erase_texts"
    READ_STATISTICS = "read_statistics"
    EXPORT_STATISTICS = "export_statistics"


_STAFF = frozenset(Role) - {Role.DOOR}
_EVENT_TEAM = frozenset({Role.ORGANISER, Role.PROTOCOL, Role.SAFETY, Role.CHAIR, Role.ACCESS_OFFICER, Role.AUDITOR})
_HEARING_TEAM = frozenset({Role.OFFICER, Role.APPROVER})

GRANTS: dict[Permission, frozenset[Role]] = {
    Permission.USE_STAFF_PAGES: _STAFF,
    Permission.MANAGE_ACCOUNTS: frozenset({Role.ADMIN}),
    Permission.READ_AUDIT: frozenset({Role.AUDITOR, Role.ADMIN}),
    Permission.READ_OUTBOX: frozenset({Role.ORGANISER, Role.OFFICER, Role.ADMIN}),
    Permission.READ_METRICS: frozenset({Role.ADMIN}),
    Permission.READ_WORK: frozenset({Role.ADMIN}),
    Permission.MOVE_DEMO_CLOCK: _STAFF,
    Permission.READ_CASES: _STAFF,
    Permission.EDIT_CASES: frozenset({Role.ORGANISER, Role.OFFICER}),
    Permission.READ_EVENTS: _EVENT_TEAM | _HEARING_TEAM,
    Permission.EDIT_EVENTS: frozenset({Role.ORGANISER}),
    Permission.READ_REGISTRATIONS: frozenset({Role.ORGANISER}),
    Permission.EDIT_REGISTRATIONS: frozenset({Role.ORGANISER}),
    Permission.READ_ACCESS_NEEDS: frozenset({Role.ORGANISER, Role.ACCESS_OFFICER}),
    Permission.READ_INVITATIONS: frozenset({Role.ORGANISER, Role.PROTOCOL}),
    Permission.EDIT_INVITATIONS: frozenset({Role.ORGANISER, Role.PROTOCOL}),
    Permission.MANAGE_DOORS: frozenset({Role.ORGANISER, Role.SAFETY}),
    Permission.CHECK_IN: frozenset({Role.DOOR}),
    Permission.READ_CONTRIBUTIONS: frozenset({Role.ORGANISER, Role.OFFICER, Role.APPROVER}),
    Permission.READ_HEARINGS: _HEARING_TEAM | {Role.AUDITOR},
    Permission.EDIT_HEARINGS: frozenset({Role.OFFICER}),
    Permission.READ_ANSWERS: _HEARING_TEAM,
    Permission.EXPORT_RECORD: _HEARING_TEAM,
    Permission.ERASE_TEXTS: _HEARING_TEAM,
    Permission.READ_STATISTICS: _EVENT_TEAM | _HEARING_TEAM,
    Permission.EXPORT_STATISTICS: frozenset({Role.ORGANISER, Role.OFFICER}),
}


@dataclass(frozen=True)
class Scope:
    """What a thing belongs to: a case, and an event of it where it is part of one.

    Neither: it belongs to the whole authority, or does not exist.
    """

    case_id: str | None = None
    event_id: str | None = None


def scope_key(case_id: str | None, event_id: str | None) -> str:
    """What a role is held for in one word: ``case:<id>``, ``event:<id>``, or nothing for the whole authority."""
    return f"case:{case_id}" if case_id else f"event:{event_id}" if event_id else ""


@dataclass(frozen=True)
class Grant:
    """A role, held for one case with all that belongs to it, for one event only, or for the whole authority."""

    role: Role
    case_id: str | None = None
    event_id: str | None = None

    @property
    def is_whole(self) -> bool:
        return self.case_id is None and self.event_id is None

    @classmethod
    def at(cls, role: Role, key: str) -> Grant:
        """The role for what a key stands for (:func:`scope_key`)."""
        kind, _colon, found = key.partition(":")
        return cls(role, case_id=found if kind == "case" else None, event_id=found if kind == "event" else None)

    @property
    def key(self) -> str:
        return scope_key(self.case_id, self.event_id)

    def covers(self, scope: Scope) -> bool:
        if self.case_id:
            return self.case_id == scope.case_id
        return self.event_id == scope.event_id


@dataclass(frozen=True)
class Person:
    """Who is signed in: a member of staff, or a phone at a door.

    ``roles`` are held for the whole authority, ``limited`` for a case or an event each.
    """

    id: str
    name: str
    roles: frozenset[Role] = field(default_factory=frozenset)
    limited: frozenset[Grant] = field(default_factory=frozenset)
    event_id: str | None = None
    door_id: str | None = None

    @classmethod
    def at_door(cls, session_id: str, device_name: str, event_id: str, door_id: str) -> Person:
        """A phone that was let in at a door: it acts at its own event and nowhere else (reliability S10)."""
        door = Grant(Role.DOOR, event_id=event_id)
        return cls(session_id, device_name, limited=frozenset({door}), event_id=event_id, door_id=door_id)

    def holds_everywhere(self, permission: Permission) -> bool:
        return bool(self.roles & GRANTS[permission])

    def grants_of(self, permission: Permission) -> list[Grant]:
        """What gives the permission for a case or an event."""
        return [one for one in self.limited if one.role in GRANTS[permission]]


@dataclass(frozen=True)
class Reach:
    """For what somebody holds a permission: everything, or some cases with all that is theirs and some events."""

    everything: bool = False
    case_ids: Collection[str] = ()
    event_ids: Collection[str] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.everything or self.case_ids or self.event_ids)


def requires(permission: Permission, *, anywhere: bool = False) -> Callable[[View], View]:
    """Only those get in who have ``permission`` for what the address names, and for the whole authority where it names
    nothing.

    :param anywhere: let those in, too, who have it for some case or event; the view then shows what they have it for.
    """

    def mark(view: View) -> View:
        view.__dict__.update(permission=permission, anywhere=anywhere)
        return view

    return mark


def public(view: View) -> View:
    """Everybody gets in."""
    view.__dict__["permission"] = None
    return view


def current_person() -> Person:
    """Who is signed in.

    :raises NotAllowedError: when nobody is.
    """
    person: Person | None = g.get("person")
    if person is None:
        raise NotAllowedError
    return person


def allowed(permission: Permission, scope: Scope | None = None) -> bool:
    """Whether the one who asks has the permission; for templates that show or hide a link.

    :param scope: for what; None: for what the address of this page names, and where it names nothing for everything.
    """
    person: Person | None = g.get("person")
    if person is None:
        return False
    if person.holds_everywhere(permission):
        return True
    grants = person.grants_of(permission)
    if scope is not None:
        return any(one.covers(scope) for one in grants)
    return _cover_address(grants, request.view_args or {})


def reach(permission: Permission) -> Reach:
    """For what the one who asks has the permission; lists are narrowed down to it."""
    person = current_person()
    grants = person.grants_of(permission)
    return Reach(
        everything=person.holds_everywhere(permission),
        case_ids={one.case_id for one in grants if one.case_id},
        event_ids={one.event_id for one in grants if one.event_id},
    )


def may_open(endpoint: str, **values: Any) -> bool:
    """Whether a link there would let the one who asks in."""
    return _lets_in(current_app.view_functions[endpoint], values)


def url_if_allowed(endpoint: str, **values: Any) -> str:
    """The address of a page, or nothing for one who may not open it: no page links to a refusal."""
    return url_for(endpoint, **values) if may_open(endpoint, **values) else ""


def _lets_in(view: Callable[..., Any], values: Mapping[str, Any]) -> bool:
    permission: Permission | None = view.__dict__["permission"]
    if permission is None:
        return True
    person: Person | None = g.get("person")
    if person is None:
        return False
    if person.holds_everywhere(permission):
        return True
    grants = person.grants_of(permission)
    return bool(grants) and (view.__dict__["anywhere"] or _cover_address(grants, values))


def _cover_address(grants: Collection[Grant], values: Mapping[str, Any]) -> bool:
    """Whether the grants cover each thing that an address names. One that names nothing is about the authority."""
    named = [(name, str(value)) for name, value in values.items() if name in registry().scopes]
    return bool(named) and all(_cover(grants, name, value) for name, value in named)


def _cover(grants: Collection[Grant], name: str, value: str) -> bool:
    if name == "event_id" and any(one.event_id == value for one in grants):
        return True  # the door asks like this several times a second: an event's id needs no look-up
    return any(one.covers(_scope(name, value)) for one in grants)


def _scope(name: str, value: str) -> Scope:
    """What a thing that an address names belongs to, looked up once a request."""
    known: dict[tuple[str, str], Scope] = g.setdefault("scopes", {})
    if (name, value) not in known:
        known[name, value] = registry().scopes[name](value)
    return known[name, value]


def _guard() -> ResponseReturnValue | None:
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None:
        return None  # an unknown address: let it become a 404
    if "permission" not in view.__dict__:
        raise NotAllowedError
    if _lets_in(view, request.view_args or {}):
        return None
    permission: Permission = view.__dict__["permission"]
    if g.get("person") is None:
        return _ask_who(permission)
    g.refused = True
    if current_person().grants_of(permission) and request.view_args:
        raise NotFoundError  # as if it did not exist: 403 would tell that it does
    raise NotAllowedError


def _ask_who(permission: Permission) -> ResponseReturnValue:
    """Nobody is signed in: a reader is sent to where one signs in, anything else is refused.

    :raises SignedOutError: to staff whose session has ended.
    :raises NotAllowedError: at the door.
    """
    if not wants_json() and request.method == "GET":
        start = "checkin.open_shift" if permission is Permission.CHECK_IN else "accounts.sign_in"
        return redirect(url_for(start, next=request.full_path.rstrip("?")))
    if permission is Permission.CHECK_IN:
        raise NotAllowedError
    raise SignedOutError


def register(app: Flask) -> None:
    """Add the guard; create_app calls this after whoever finds out who is asking."""
    app.before_request(_guard)
    app.jinja_env.globals.update(
        allowed=allowed, may_open=may_open, url_if_allowed=url_if_allowed, Permission=Permission
    )
