"""The accounts of others: for the system administrator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventapp import clock
from eventapp.accounts import admin_actions, queries
from eventapp.accounts.blueprint import bp
from eventapp.accounts.errors import EmailTakenError
from eventapp.accounts.forms import AccountForm, GrantForm, WholeRolesForm
from eventapp.accounts.messages import ROLE_NAMES
from eventapp.accounts.models import Staff
from eventapp.accounts.rules import LINK_LIVES
from eventapp.db import db, hold
from eventapp.errors import NotFoundError, existing
from eventapp.web.permissions import Grant, Permission, Role, current_person, requires

MINUTES = LINK_LIVES // timedelta(minutes=1)


@bp.get("/accounts")
@requires(Permission.MANAGE_ACCOUNTS)
def index() -> ResponseReturnValue:
    return render_template(
        "accounts/index.html",
        everybody=queries.everybody(),
        role_names=ROLE_NAMES,
        scope_names=queries.scope_names(),
    )


@bp.route("/accounts/new", methods=["GET", "POST"])
@requires(Permission.MANAGE_ACCOUNTS)
def create() -> ResponseReturnValue:
    """A new account; the answer shows the link with which its owner chooses a password."""
    form = AccountForm()
    if request.method == "POST" and form.validate():
        try:
            staff = admin_actions.create(
                db.session(),
                email=form.email.data,
                name=form.name.data.strip(),
                grants=[Grant.at(Role(role), form.scope.data) for role in form.roles.data],
                lang=form.lang.data,
                by=current_person(),
                now=clock.system_now(),
            )
            response = make_response(_link_page(staff))
            response.location = url_for("accounts.show", staff_id=staff.id)  # where a second press is led
            return response
        except EmailTakenError as error:
            form.email.errors = [str(error)]
    return render_template("accounts/new.html", form=form), 200 if request.method == "GET" else 422


@bp.route("/accounts/<staff_id>", methods=["GET", "POST"])
@requires(Permission.MANAGE_ACCOUNTS)
def show(staff_id: str) -> ResponseReturnValue:
    """One account, and its roles to change."""
    staff = hold(_staff(staff_id))
    form = _whole_roles(staff)
    if request.method == "POST" and form.validate():
        roles = [Role(role) for role in form.roles.data]
        admin_actions.set_roles(db.session(), staff, roles, by=current_person(), now=clock.system_now())
        flash(_("The roles have been changed."), "success")
        return redirect(url_for("accounts.show", staff_id=staff_id), 303)
    return _page(staff, form, GrantForm(formdata=None)), 200 if request.method == "GET" else 422


@bp.post("/accounts/<staff_id>/grants")
@requires(Permission.MANAGE_ACCOUNTS)
def give(staff_id: str) -> ResponseReturnValue:
    """A role for one case or one event."""
    staff, form = _staff(staff_id), GrantForm()
    if not form.validate():
        return _page(staff, _whole_roles(staff, formdata=None), form), 422
    admin_actions.give(db.session(), staff, form.grant, by=current_person(), now=clock.system_now())
    flash(_("The role has been given."), "success")
    return redirect(url_for("accounts.show", staff_id=staff_id), 303)


@bp.post("/accounts/<staff_id>/grants/<grant_id>/removal")
@requires(Permission.MANAGE_ACCOUNTS)
def take(staff_id: str, grant_id: str) -> ResponseReturnValue:
    staff = _staff(staff_id)
    grant = existing(next((one for one in staff.limited if one.id == grant_id), None))
    admin_actions.take(db.session(), staff, grant, by=current_person())
    flash(_("The role has been taken away."), "success")
    return redirect(url_for("accounts.show", staff_id=staff_id), 303)


@bp.post("/accounts/<staff_id>/links")
@requires(Permission.MANAGE_ACCOUNTS)
def make_link(staff_id: str) -> ResponseReturnValue:
    """A new link for choosing a password, for one who lost the link or the password."""
    staff = _staff(staff_id)
    if staff.link_only or staff.disabled_at:
        raise NotFoundError
    return _link_page(staff)


@bp.post("/accounts/<staff_id>/closure")
@requires(Permission.MANAGE_ACCOUNTS)
def disable(staff_id: str) -> ResponseReturnValue:
    admin_actions.disable(db.session(), _staff(staff_id), by=current_person(), now=clock.system_now())
    flash(_("The account has been closed. Whoever was signed in with it is signed out."), "success")
    return redirect(url_for("accounts.show", staff_id=staff_id), 303)


@bp.post("/accounts/<staff_id>/closure/end")
@requires(Permission.MANAGE_ACCOUNTS)
def enable(staff_id: str) -> ResponseReturnValue:
    admin_actions.enable(db.session(), _staff(staff_id), by=current_person())
    flash(_("The account is open again."), "success")
    return redirect(url_for("accounts.show", staff_id=staff_id), 303)


@bp.post("/accounts/<staff_id>/second-factor/removal")
@requires(Permission.MANAGE_ACCOUNTS)
def remove_second_factor(staff_id: str) -> ResponseReturnValue:
    admin_actions.remove_second_factor(db.session(), _staff(staff_id), by=current_person(), now=clock.system_now())
    flash(
        _("The second factor has been removed. A new one is set up at the next sign-in. The owner is told by mail."),
        "success",
    )
    return redirect(url_for("accounts.show", staff_id=staff_id), 303)


def _staff(staff_id: str) -> Staff:
    """
    :raises NotFoundError: when there is no such account.
    """
    return existing(queries.staff_with_id(staff_id))


def _whole_roles(staff: Staff, **options: Any) -> WholeRolesForm:
    return WholeRolesForm(obj=staff, has_limited=bool(staff.limited), **options)


def _page(staff: Staff, form: WholeRolesForm, grant_form: GrantForm) -> str:
    return render_template(
        "accounts/show.html",
        staff=staff,
        form=form,
        grant_form=grant_form,
        role_names=ROLE_NAMES,
        scope_names=queries.scope_names(),
        is_self=staff.id == current_person().id,
    )


def _link_page(staff: Staff) -> ResponseReturnValue:
    """The link is shown once and never mailed: whoever reads the outbox could take the account over."""
    link = admin_actions.make_link(db.session(), staff, by=current_person(), now=clock.system_now())
    return render_template("accounts/link_made.html", staff=staff, link=link, minutes=MINUTES), 201
