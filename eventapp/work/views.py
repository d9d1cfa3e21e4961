"""What is under way: for whoever asked for it, and for those who look after the system."""

from __future__ import annotations

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from eventapp.clock import system_now
from eventapp.db import db
from eventapp.errors import NotAllowedError, NotFoundError
from eventapp.languages import current
from eventapp.web.permissions import Permission, allowed, current_person, requires
from eventapp.web.registry import StaffLink, registry
from eventapp.web.urls import page_number
from eventapp.work import actions, kinds, queries, words
from eventapp.work.words import Shown

bp = Blueprint("work", __name__, url_prefix="/staff/work")

STAFF_LINK = StaffLink(
    85, _l("Under way"), _l("What the system is doing for you just now, and how far it is."), "work.index"
)


@bp.get("")
@requires(Permission.USE_STAFF_PAGES, anywhere=True)
def index() -> ResponseReturnValue:
    """One's own jobs; those who look after the system see everybody's, and the tasks that recur."""
    sees_all = allowed(Permission.READ_WORK)
    found = queries.jobs(None if sees_all else current_person().id, page_number())
    recurring = [(kinds.find(one.kind), one) for one in queries.recurring()] if sees_all else []
    names = registry().staff_names() if sees_all else {}
    jobs = words.shown(found.items)
    return render_template("work/index.html", jobs=jobs, found=found, recurring=recurring, names=names)


@bp.get("/<job_id>/progress")
@requires(Permission.USE_STAFF_PAGES)
def progress(job_id: str) -> ResponseReturnValue:
    """How far a job is. Asked again and again by an open page, so it answers 304 while nothing changes."""
    one = _seen(job_id)
    job = one.job
    facts = {"is_open": job.state.is_open, "state": one.state, "done": job.done, "total": job.total}
    response: Response = jsonify({**facts, "text": one.progress})
    response.set_etag(f"{one.mark}-{job.state}-{job.done}-{job.total}-{current()}")
    return response.make_conditional(request)


@bp.post("/<job_id>/cancellation")
@requires(Permission.USE_STAFF_PAGES)
def cancel(job_id: str) -> ResponseReturnValue:
    """Stop a job. What it has done so far stays."""
    _seen(job_id)
    actions.cancel(db.session.connection(), job_id, by=current_person(), now=system_now())
    flash(_("The job is stopped. What it has done so far stays."), "success")
    return redirect(url_for("work.index"), 303)


@bp.post("/<job_id>/attempts")
@requires(Permission.USE_STAFF_PAGES)
def try_again(job_id: str) -> ResponseReturnValue:
    """Let a job that did not work go on where it is.

    :raises NotAllowedError: when the one who asks may not do, or no longer, what the job does.
    """
    if not _seen(job_id).may_try_again:
        raise NotAllowedError
    actions.try_again(db.session.connection(), job_id, by=current_person(), now=system_now())
    flash(_("The job goes on where it was."), "success")
    return redirect(url_for("work.index"), 303)


def _seen(job_id: str) -> Shown:
    """A job that the one who asks may see.

    :raises NotFoundError: as if the others did not exist.
    """
    for one in words.shown([queries.job(job_id)]):
        return one
    raise NotFoundError
