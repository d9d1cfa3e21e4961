"""Pages of the house that belong to no slice: front page, privacy, accessibility, and what programs ask for."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from flask import Blueprint, Response, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from eventapp import clock
from eventapp.config import settings
from eventapp.db import personal
from eventapp.db.personal import AtEnd, Since
from eventapp.web import openapi
from eventapp.web.compress import compressible
from eventapp.web.permissions import public
from eventapp.web.registry import FrontCard, registry
from eventapp.web.urls import external_url

bp = Blueprint("pages", __name__)

# Version of the notice on /privacy. Raise it with the text: what was collected under the old one keeps the old one.
NOTICE_VERSION = "2026-11-25"
# What is deleted by itself, in the words of the notice: table -> what its rows are. The columns say when (ADR 0035).
ENDING = {
    "access_need": _l("What you need to take part"),
    "attempt": _l("Counts of wrong passwords and codes, which tell nobody's name or address"),
    "kept_file": _l("Files of a form that was not sent to its end, and a count of them that tells no address"),
    "job": _l("Who of the staff asked for a piece of work"),
    "outbox_mail": _l("Links with codes in a copy of a mail to you"),
    "staff_session": _l("When somebody of the staff was signed in"),
}
SINCE = {
    Since.EVENT: _l("the end of the event"),
    Since.SENT: _l("the mail was sent"),
    Since.END_OF_JOB: _l("the work was done"),
    Since.START: _l("the sign-in"),
    Since.TRIED: _l("the try"),
    Since.KEPT: _l("they were kept"),
}
SECURITY_TEXT_LIVES = timedelta(days=180)  # RFC 9116 asks for less than a year

ROBOTS = """\
User-agent: *
Disallow: /staff/
Disallow: /door/
Disallow: /api/
Disallow: /t/
Disallow: /T/
Disallow: /i/
Disallow: /w/
Disallow: /receipts/
"""


@bp.get("/")
@compressible
@public
def front() -> ResponseReturnValue:
    """What is published: cases, events to come, hearings that are open."""
    return render_template("house/front.html", cards=front_cards(), is_demo=registry().demo_loaded())


@bp.get("/privacy")
@compressible
@public
def privacy() -> ResponseReturnValue:
    found = settings()
    return render_template(
        "house/privacy.html",
        version=NOTICE_VERSION,
        asked=[one for asked in registry().asked_facts for one in asked()],
        ending=ending(),
        dpo_contact=found.dpo_contact,
        sensitive_data_ground=found.sensitive_data_ground,
        cookie_prefix="__Host-" if found.is_https else "",
    )


def ending() -> list[tuple[object, str]]:
    """What is deleted by itself and when, as the columns declare it: (what, when)."""
    found = {
        (table.name, one.since, one.after)
        for table, _said in personal.tables()
        for _column, one in personal.declared(table)
        if one.at_end is not AtEnd.KEPT
    }
    return [(ENDING[name], _when(since, after)) for name, since, after in sorted(found, key=lambda one: one[0])]


def _when(since: Since, after: timedelta | None) -> str:
    if after is None:
        return _("At once when %(moment)s", moment=SINCE[since])
    return ngettext("%(num)s day after %(moment)s", "%(num)s days after %(moment)s", after.days, moment=SINCE[since])


@bp.get("/accessibility")
@compressible
@public
def accessibility() -> ResponseReturnValue:
    """The statement: the authority's own in the national tool where it has one, else what we know ourselves."""
    if url := settings().accessibility_statement_url:
        return redirect(url)
    return render_template("house/accessibility.html")


@bp.get("/was")
@public
def was() -> ResponseReturnValue:
    """The short address that every public site in Denmark has for its accessibility statement (LAW-13)."""
    return redirect(settings().accessibility_statement_url or url_for("pages.accessibility"))


@bp.get("/robots.txt")
@compressible
@public
def robots() -> ResponseReturnValue:
    return Response(ROBOTS, content_type="text/plain; charset=utf-8")


@bp.get("/.well-known/security.txt")
@public
def security_text() -> ResponseReturnValue:
    """Whom to tell of a hole in the product, as RFC 9116 asks."""
    until = datetime.combine(clock.system_now().date() + SECURITY_TEXT_LIVES, time(), clock.COPENHAGEN)
    lines = [
        f"Contact: mailto:{settings().contact_email}",
        f"Expires: {until.isoformat()}",
        "Preferred-Languages: da, en",
        f"Canonical: {external_url('pages.security_text')}",
    ]
    return Response("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@bp.get("/favicon.ico")
@public
def favicon() -> ResponseReturnValue:
    """Asked for by browsers that show something else than a page of ours."""
    return current_app.send_static_file("img/favicon.ico")


@bp.get("/api/openapi.json")
@compressible
@public
def openapi_document() -> ResponseReturnValue:
    """The machine interface in OpenAPI 3.1."""
    return openapi.document()


def front_cards() -> list[FrontCard]:
    """Cards of all slices: in the order of their kinds, within a kind the latest first."""
    cards = [card for cards_of in registry().front_cards for card in cards_of()]
    latest_first = sorted(cards, key=lambda card: card.at.timestamp() if card.at else 0.0, reverse=True)
    return sorted(latest_first, key=lambda card: card.order)
