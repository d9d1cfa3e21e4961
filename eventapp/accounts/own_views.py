"""The start page of staff, and what everybody may change of their own account."""

from __future__ import annotations

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from eventapp import clock
from eventapp.accounts import actions, queries, session_hooks
from eventapp.accounts.blueprint import bp
from eventapp.accounts.errors import WaitError, WrongPasswordError
from eventapp.accounts.forms import ChangePasswordForm, ConfirmForm
from eventapp.accounts.messages import ROLE_NAMES
from eventapp.accounts.queries import OpenSession
from eventapp.errors import NotAllowedError
from eventapp.web.permissions import Permission, current_person, may_open, requires
from eventapp.web.registry import StaffLink, registry

LINKS = (
    StaffLink(80, _l("Users"), _l("Who may work here, and in which role"), "accounts.index"),
    StaffLink(90, _l("Log"), _l("Who did what, and when"), "accounts.audit_log"),
    StaffLink(
        99,
        _l("Your account"),
        _l("Password, second factor, where you are signed in"),
        "accounts.account",
    ),
)


@bp.get("/")
@requires(Permission.USE_STAFF_PAGES, anywhere=True)
def start() -> ResponseReturnValue:
    """What this person may do here."""
    links = [link for link in sorted(registry().staff_links, key=lambda one: one.order) if may_open(link.endpoint)]
    return render_template("accounts/start.html", links=links, role_names=_own_roles())


@bp.get("/account")
@requires(Permission.USE_STAFF_PAGES, anywhere=True)
def account() -> ResponseReturnValue:
    here = own_session()
    return render_template(
        "accounts/account.html",
        own=queries.account(staff_id=here.staff_id),
        here=here,
        role_names=_own_roles(),
        sessions=queries.open_sessions(here.staff_id, clock.system_now()),
        codes_left=queries.recovery_codes_left(here.staff_id),
    )


@bp.route("/account/password", methods=["GET", "POST"])
@requires(Permission.USE_STAFF_PAGES, anywhere=True)
def change_password() -> ResponseReturnValue:
    """A new password ends every other session of the account."""
    here, now = own_session(), clock.system_now()
    own = queries.account(staff_id=here.staff_id)
    form = ChangePasswordForm(personal=(own.email, own.name))
    if request.method == "GET" or not form.validate():
        return _confirm_page("accounts/change_password.html", form, 200 if request.method == "GET" else 422)
    try:
        actions.confirm_password(here, form.password.data, address=request.remote_addr or "", now=now)
    except (WrongPasswordError, WaitError) as error:
        form.password.errors = [str(error)]
        return _confirm_page("accounts/change_password.html", form, error.status)
    token = actions.set_password(here, form.new_password.data, now=now)
    flash(_("Your password has been changed. You have been signed out everywhere else."), "success")
    return session_hooks.keep(make_response(redirect(url_for("accounts.account"), 303)), token)


@bp.route("/account/recovery-codes", methods=["GET", "POST"])
@requires(Permission.USE_STAFF_PAGES, anywhere=True)
def renew_recovery_codes() -> ResponseReturnValue:
    """New codes are shown once, as the answer to the post; reloading it makes others."""
    here, now, form = own_session(), clock.system_now(), ConfirmForm()
    if request.method == "GET" or not form.validate():
        return _confirm_page("accounts/renew_codes.html", form, 200 if request.method == "GET" else 422)
    try:
        actions.confirm_password(here, form.password.data, address=request.remote_addr or "", now=now)
    except (WrongPasswordError, WaitError) as error:
        form.password.errors = [str(error)]
        return _confirm_page("accounts/renew_codes.html", form, error.status)
    codes = actions.renew_recovery_codes(here, now=now)
    return render_template("accounts/recovery_codes.html", codes=codes, onward=url_for("accounts.account")), 201


@bp.post("/account/sessions/<session_id>/end")
@requires(Permission.USE_STAFF_PAGES, anywhere=True)
def end_session(session_id: str) -> ResponseReturnValue:
    """Sign out another browser of one's own; the session of somebody else is as good as none."""
    actions.end_session(own_session(), session_id, now=clock.system_now())
    flash(_("The other browser has been signed out."), "success")
    return redirect(url_for("accounts.account"), 303)


def own_session() -> OpenSession:
    """The session of this browser.

    :raises NotAllowedError: for one who is signed in otherwise, such as a door shift.
    """
    found = session_hooks.current_session()
    if found is None:
        raise NotAllowedError
    return found


def _own_roles() -> list[object]:
    """The roles for the whole authority, then those for something, with what they are for."""
    person = current_person()
    whole = [name for role, name in ROLE_NAMES.items() if role in person.roles]
    if not person.limited:
        return list(whole)
    names = queries.scope_names()
    some = [
        Markup("{} ({})").format(ROLE_NAMES[one.role], names[one.key])
        for one in sorted(person.limited, key=lambda held: (held.role, held.key))
    ]
    return [*whole, *some]


def _confirm_page(template: str, form: ConfirmForm | ChangePasswordForm, status: int) -> ResponseReturnValue:
    return render_template(template, form=form), status
