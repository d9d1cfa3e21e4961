"""Who may do what: one table, read by every route.

Each view names its permission with ``@requires`` or says ``@public``. A view that says neither is refused, and a
test that walks the URL map fails on it.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from flask import Flask, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from eventapp.errors import NotAllowedError, wants_json

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
    Permission.READ_STATISTICS: _EVENT_TEAM | _HEARING_TEAM,
    Permission.EXPORT_STATISTICS: frozenset({Role.ORGANISER, Role.OFFICER}),
}


@dataclass(frozen=True)
class Person:
    """Who is signed in: a member of staff, or a door shift (role DOOR, bound to one event)."""

    id: str
    name: str
    roles: frozenset[Role] = field(default_factory=frozenset)
    event_id: str | None = None
    door_id: str | None = None


def requires(permission: Permission) -> Callable[[View], View]:
    """Only those whose role has ``permission`` get in."""

    def mark(view: View) -> View:
        view.__dict__["permission"] = permission
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


def allowed(permission: Permission) -> bool:
    """Whether the one who asks has the permission; for templates that show or hide a link."""
    person: Person | None = g.get("person")
    return person is not None and bool(person.roles & GRANTS[permission])


def _guard() -> ResponseReturnValue | None:
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None:
        return None  # an unknown address: let it become a 404
    if "permission" not in view.__dict__:
        raise NotAllowedError
    permission: Permission | None = view.__dict__["permission"]
    if permission is None or allowed(permission):
        return None
    if g.get("person") is None and not wants_json() and request.method == "GET":
        start = "checkin.open_shift" if permission is Permission.CHECK_IN else "accounts.sign_in"
        return redirect(url_for(start, next=request.full_path.rstrip("?")))
    if g.get("person") is None and permission is not Permission.CHECK_IN:
        raise SignedOutError
    raise NotAllowedError


def register(app: Flask) -> None:
    """Add the guard; create_app calls this after whoever finds out who is asking."""
    app.before_request(_guard)
    app.jinja_env.globals.update(allowed=allowed, Permission=Permission)
