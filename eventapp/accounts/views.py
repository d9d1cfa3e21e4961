"""Signing in: password, second factor, links, and out again."""

from __future__ import annotations

from flask import g, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventapp import clock
from eventapp.accounts import actions, queries, session_hooks
from eventapp.accounts.admin_actions import normal_email
from eventapp.accounts.blueprint import bp
from eventapp.accounts.errors import WaitError, WrongCodeError, WrongPasswordError, WrongSignInError
from eventapp.accounts.forms import CodeForm, NewPasswordForm, NewPhoneForm, SignInForm
from eventapp.accounts.models import LinkPurpose
from eventapp.accounts.queries import OpenSession
from eventapp.formats import qr
from eventapp.web.permissions import public
from eventapp.web.registry import registry
from eventapp.web.urls import safe_next


@bp.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """The first step: e-mail and password."""
    form = SignInForm()
    if request.method == "GET":
        return redirect(_after()) if g.get("person") else _sign_in_page(form)
    if not form.validate():
        return _sign_in_page(form, 422)
    try:
        token = actions.check_password(
            normal_email(form.email.data), form.password.data, address=address(), now=clock.system_now()
        )
    except (WrongSignInError, WaitError) as error:
        form.form_errors.append(str(error))
        return _sign_in_page(form, error.status, error)
    return session_hooks.keep(redirect(_onward("accounts.second_factor"), 303), token)


@bp.route("/second-factor", methods=["GET", "POST"])
@public
def second_factor() -> ResponseReturnValue:
    """The second step: a code of the authenticator app, or a recovery code."""
    half = half_session()
    account = queries.account(staff_id=half.staff_id) if half else None
    if half is None or account is None:
        return redirect(_onward("accounts.sign_in"), 303)
    if not account.totp_secret:
        return redirect(_onward("accounts.enrol"), 303)
    form = CodeForm()
    if request.method == "GET":
        return _code_page(form)
    if not form.validate():
        return _code_page(form, 422)
    try:
        token = actions.check_code(half, form.code.data, address=address(), now=clock.system_now())
    except (WrongCodeError, WaitError) as error:
        form.form_errors.append(str(error))
        return _code_page(form, error.status, error)
    return session_hooks.keep(redirect(_after(), 303), token)


@bp.route("/second-factor/enrolment", methods=["GET", "POST"])
@public
def enrol() -> ResponseReturnValue:
    """Bind an authenticator app: forced at the first sign-in, and from the account page for a new phone."""
    found = session_hooks.current_session()
    account = queries.account(staff_id=found.staff_id) if found else None
    if found is None or account is None or (account.totp_secret and not found.second_factor_at) or account.link_only:
        return redirect(_onward("accounts.sign_in"), 303)
    if not account.password_hash:
        return redirect(url_for("accounts.choose_password"), 303)
    form = NewPhoneForm() if found.second_factor_at else CodeForm()
    if request.method == "POST" and form.validate():
        now = clock.system_now()
        try:
            if found.second_factor_at:
                actions.confirm_password(found, form.password.data, address=address(), now=now)
            token, codes = actions.enrol(found, form.code.data, address=address(), now=now)
        except (WrongPasswordError, WrongCodeError, WaitError) as error:
            form.form_errors.append(str(error))
            return _enrolment_page(found, account, form, error.status, error)
        page = render_template("accounts/recovery_codes.html", codes=codes, onward=_after())
        return session_hooks.keep(make_response(page, 201), token)
    return _enrolment_page(found, account, form, 200 if request.method == "GET" else 422)


@bp.route("/password", methods=["GET", "POST"])
@public
def choose_password() -> ResponseReturnValue:
    """Choose a password after a link for setting up; without such a link this page is not there."""
    half = half_session()
    if half is None or not half.may_set_password:
        return redirect(url_for("accounts.sign_in"), 303)
    account = queries.account(staff_id=half.staff_id)
    form = NewPasswordForm(personal=(account.email, account.name))
    if request.method == "POST" and form.validate():
        token = actions.set_password(half, form.new_password.data, now=clock.system_now())
        return session_hooks.keep(redirect(url_for("accounts.second_factor"), 303), token)
    page = render_template("accounts/choose_password.html", form=form, account=account)
    return page, 200 if request.method == "GET" else 422


@bp.get("/links/<token>")
@public
def link(token: str) -> ResponseReturnValue:
    """What a sign-in link shows: a button. Opening it changes nothing, for mail scanners open links."""
    found = queries.usable_link(token, clock.system_now())
    if found is None:
        return render_template("accounts/link_spent.html", demo=registry().demo_loaded()), 410
    return render_template("accounts/link.html", is_demo=found.purpose is LinkPurpose.DEMO)


@bp.post("/links/<token>")
@public
def use_link(token: str) -> ResponseReturnValue:
    """Spend the link and sign in."""
    opened = actions.use_link(token, now=clock.system_now())
    onward = "accounts.start" if opened.purpose is LinkPurpose.DEMO else "accounts.choose_password"
    return session_hooks.keep(redirect(url_for(onward), 303), opened.token)


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """End the session, here and on the server."""
    if found := session_hooks.current_session():
        actions.sign_out(found, now=clock.system_now())
    session.clear()
    return session_hooks.forget(redirect(url_for("accounts.sign_in"), 303))


def half_session() -> OpenSession | None:
    """The session of somebody who has still to show the second factor."""
    found = session_hooks.current_session()
    return found if found and not found.second_factor_at else None


def address() -> str:
    """Where the request comes from, for counting tries."""
    return request.remote_addr or ""


def _after() -> str:
    """Where to go when signed in: to the page that was asked for first."""
    return safe_next(url_for("accounts.start"))


def _onward(endpoint: str) -> str:
    """The next step of signing in, which must know where to end."""
    wish = safe_next("")
    return url_for(endpoint, next=wish or None)


def _sign_in_page(form: SignInForm, status: int = 200, error: Exception | None = None) -> ResponseReturnValue:
    return _page("accounts/sign_in.html", status, error, form=form)


def _code_page(form: CodeForm, status: int = 200, error: Exception | None = None) -> ResponseReturnValue:
    return _page("accounts/second_factor.html", status, error, form=form)


def _enrolment_page(
    found: OpenSession, account: queries.Account, form: CodeForm, status: int, error: Exception | None = None
) -> ResponseReturnValue:
    secret = actions.offered_secret(found, account)
    picture = qr.svg(actions.enrolment_url(secret, account.email), _("QR code for your authenticator app"))
    return _page("accounts/enrolment.html", status, error, form=form, secret=secret, picture=picture)


def _page(template: str, status: int, error: Exception | None, **context: object) -> ResponseReturnValue:
    response = make_response(render_template(template, next=safe_next(""), **context), status)
    if isinstance(error, WaitError):
        response.headers["Retry-After"] = str(error.seconds)
    return response
