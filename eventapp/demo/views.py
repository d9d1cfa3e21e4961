"""The demo's own page: where the clock stands, and how to move it."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from eventapp import audit, clock
from eventapp.db import db, only_reads, write_from_here
from eventapp.demo import load, stages
from eventapp.demo.models import Stage
from eventapp.errors import NotFoundError, existing
from eventapp.formats.display import long_moment
from eventapp.web.permissions import Permission, current_person, requires

bp = Blueprint("demo", __name__)

NAMES = {
    Stage.REGISTRATION: _l("Registration is open"),
    Stage.DOOR: _l("The doors are open"),
    Stage.AFTER: _l("The morning after the debate"),
    Stage.HEARING: _l("The hearing is under way"),
    Stage.CLOSED: _l("The deadline has just passed"),
}


@bp.get("/staff/demo")
@requires(Permission.MOVE_DEMO_CLOCK)
def show() -> ResponseReturnValue:
    stage = existing(stages.current())
    rows = [(one, NAMES[one], stages.MOMENTS[one], _place(one, stage)) for one in Stage]
    return render_template("demo/show.html", rows=rows, now=clock.now())


@bp.post("/staff/demo/stage")
@requires(Permission.MOVE_DEMO_CLOCK)
def move() -> ResponseReturnValue:
    """Move the demo forward. The parts commit for themselves, so they run beside this request's own session."""
    only_reads()
    wanted = request.form.get("stage", "")
    if wanted not in set(Stage) or stages.current() is None:
        raise NotFoundError
    write_from_here()
    person = current_person()
    with current_app.app_context():
        load.advance(Stage(wanted))
        audit.record(person, "demo.moved", None, stage=wanted)
        db.session.commit()
    flash(_("The demo now stands at: %(stage)s.", stage=NAMES[Stage(wanted)]), "success")
    return redirect(url_for(".show"), 303)


def notice() -> dict[str, object]:
    """For every page of the demo: that it is one, and what time it shows."""
    if not stages.is_loaded():
        return {}
    return {"demo_notice": _("This is a demo. Its clock shows %(now)s.", now=long_moment(clock.now()))}


def _place(one: Stage, stage: Stage) -> str:
    difference = stages.ORDER.index(one) - stages.ORDER.index(stage)
    return "now" if difference == 0 else "past" if difference < 0 else "ahead"
