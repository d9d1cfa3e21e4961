"""Pages of the door. Everything works as plain forms; script adds the camera and answers without a new page."""

from __future__ import annotations

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from eventapp import clock
from eventapp.checkin import actions, forms, page_words, queries, scan_actions, session_hooks, undo_actions, words
from eventapp.checkin.errors import TooManyGuessesError, WrongShiftCodeError
from eventapp.db import new_id, only_reads
from eventapp.web import sealed, static
from eventapp.web.headers import uses_camera
from eventapp.web.permissions import Permission, SignedOutError, current_person, public, requires

bp = Blueprint("checkin", __name__, url_prefix="/door")

LONGEST_DEVICE_NAME = 60


@bp.get("/")
@uses_camera
@requires(Permission.CHECK_IN, anywhere=True)
def door() -> ResponseReturnValue:
    """The door itself."""
    post = session_hooks.current_post()
    return render_template(
        "checkin/door.html",
        post=post,
        room=words.looked_at(queries.room(post.event_id), clock.now()),
        categories=queries.categories(post.event_id),
        recent=[words.result_facts(one) for one in queries.recent(post.session_id)],
        title=post.title,
        door_settings=page_words.settings_of(post),
        now=clock.now(),
        new_id=new_id,
    )


@bp.get("/shift")
@public
def open_shift() -> ResponseReturnValue:
    """Asks for the shift code."""
    return render_template("checkin/open_shift.html", errors={}, typed={})


@bp.post("/shift")
@public
def begin() -> ResponseReturnValue:
    """Opens the door on this phone."""
    try:
        token = actions.open_door(
            request.form.get("code", ""),
            forms.line(request.form, "device_name", longest=LONGEST_DEVICE_NAME),
            address=request.remote_addr or "",
            now=clock.now(),
            system_now=clock.system_now(),
        )
    except (WrongShiftCodeError, TooManyGuessesError) as error:
        answer = render_template("checkin/open_shift.html", errors={"code": [str(error)]}, typed=request.form)
        return answer, error.status
    return session_hooks.keep(make_response(redirect(url_for("checkin.door"), 303)), token)


@bp.post("/departure")
@requires(Permission.CHECK_IN, anywhere=True)
def depart() -> ResponseReturnValue:
    """The phone ends its own turn."""
    actions.leave(current_person().id, now=clock.now())
    return session_hooks.forget(make_response(redirect(url_for("checkin.open_shift"), 303)))


@bp.post("/scans")
@requires(Permission.CHECK_IN, anywhere=True)
def scan() -> ResponseReturnValue:
    """A typed code, or a guest chosen from those found by name."""
    moment = forms.moment(request.form)
    scan_actions.scan(forms.guest(request.form), moment, by=current_person(), now=clock.now())
    return redirect(url_for("checkin.result", scan_id=moment.id), 303)


@bp.post("/walk-ins")
@requires(Permission.CHECK_IN, anywhere=True)
def walk_in() -> ResponseReturnValue:
    """Somebody without a ticket comes in, or goes out."""
    by, moment = current_person(), forms.moment(request.form)
    offered = [category_id for category_id, _label in queries.categories(by.event_id or "")]
    scan_actions.walk_in(forms.walk_in(request.form, offered), moment, by=by, now=clock.now())
    return redirect(url_for("checkin.result", scan_id=moment.id), 303)


@bp.post("/scans/<scan_id>/reversal")
@requires(Permission.CHECK_IN)
def undo(scan_id: str) -> ResponseReturnValue:
    """Takes back what was scanned last for this guest."""
    moment = forms.moment(request.form)
    undo_actions.undo(forms.scan_id(scan_id), moment, by=current_person(), now=clock.now())
    return redirect(url_for("checkin.result", scan_id=moment.id), 303)


@bp.get("/scans/<scan_id>")
@requires(Permission.CHECK_IN)
def result(scan_id: str) -> ResponseReturnValue:
    """What a scan came to, as a page of its own."""
    found, room = queries.outcome(current_person().event_id or "", scan_id)
    now = clock.now()
    return render_template(
        "checkin/result.html",
        scan=words.result_facts(found, room, now),
        room=words.room_facts(room),
        post=session_hooks.current_post(),
        new_id=new_id,
    )


@bp.post("/guests")
@requires(Permission.CHECK_IN, anywhere=True)
def search() -> ResponseReturnValue:
    """Looks for a name."""
    only_reads()
    search = sealed.seal(sealed.searched_for(), current_person().id)
    return redirect(url_for("checkin.guests", search=search or None), 303)


@bp.get("/guests")
@requires(Permission.CHECK_IN, anywhere=True)
def guests() -> ResponseReturnValue:
    """Guests found by name."""
    by = current_person()
    typed = sealed.unseal(request.args.get("search", ""), by.id)
    found = actions.search(typed, by=by, system_now=clock.system_now())
    return render_template(
        "checkin/guests.html",
        guests=[words.guest_facts(one) for one in found.guests],
        typed=typed,
        are_more=found.are_more,
        post=session_hooks.current_post(),
        new_id=new_id,
    )


@bp.get("/worker.js")
@public
def worker() -> ResponseReturnValue:
    """The script that reads QR codes. A worker obeys the policy of its own answer, so it must allow WebAssembly."""
    g.wasm_worker = True
    return static.serve("js/door/worker.js")


@bp.errorhandler(SignedOutError)
def ask_for_code(_error: SignedOutError) -> ResponseReturnValue:
    """The shift is over or the phone was put out: back to the code."""
    return redirect(url_for("checkin.open_shift"), 303)
