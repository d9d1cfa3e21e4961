"""Staff pages of the lists of a case."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventapp import clock
from eventapp.cases import list_forms, queries
from eventapp.cases.list_forms import LISTS
from eventapp.cases.models import Case
from eventapp.db import hold
from eventapp.web.forms import Form
from eventapp.web.ordered import RowList
from eventapp.web.permissions import Permission, current_person, requires

NAMES = f"any({', '.join(LISTS)})"
bp = Blueprint("cases_lists", __name__, url_prefix=f"/staff/cases/<case_id>/<{NAMES}:name>")


@bp.get("")
@requires(Permission.READ_CASES)
def index(case_id: str, name: str) -> ResponseReturnValue:
    case, kind = queries.case_by_id(case_id), LISTS[name]
    return _page(case, kind, _form(case, kind))


@bp.post("")
@requires(Permission.EDIT_CASES)
def add(case_id: str, name: str) -> ResponseReturnValue:
    case, kind = queries.case_by_id(case_id), LISTS[name]
    form = _form(case, kind)
    if not form.validate_on_submit():
        return _page(case, kind, form), 422
    list_forms.add(case, kind, _values(form), by=current_person(), now=clock.now())
    return _to_list(case, kind)


@bp.route("/<row_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_CASES)
def row(case_id: str, name: str, row_id: str) -> ResponseReturnValue:
    case, kind = hold(queries.case_by_id(case_id)), LISTS[name]
    found = kind.row(case, row_id)
    form = _form(case, kind, found)
    if not form.is_submitted():
        return render_template("cases/row.html", case=case, kind=kind, row=found, form=form)
    if not form.validate():
        return render_template("cases/row.html", case=case, kind=kind, row=found, form=form), 422
    list_forms.change(case, kind, row_id, _values(form), by=current_person(), now=clock.now())
    flash(_("Saved."), "success")
    return _to_list(case, kind)


@bp.post("/<row_id>/place")
@requires(Permission.EDIT_CASES)
def move(case_id: str, name: str, row_id: str) -> ResponseReturnValue:
    case, kind = queries.case_by_id(case_id), LISTS[name]
    list_forms.move(case, kind, row_id, -1 if request.form.get("step") == "up" else 1, by=current_person())
    return _to_list(case, kind)


@bp.post("/<row_id>/removal")
@requires(Permission.EDIT_CASES)
def remove(case_id: str, name: str, row_id: str) -> ResponseReturnValue:
    case, kind = queries.case_by_id(case_id), LISTS[name]
    list_forms.remove(case, kind, row_id, by=current_person())
    flash(_("Removed."), "success")
    return _to_list(case, kind)


def _form(case: Case, kind: RowList, found: Any = None) -> Any:
    form = kind.form(obj=found) if found else kind.form()
    if "cover_id" in form:
        others = [(one.id, one.function) for one in case.contacts if one is not found]
        form["cover_id"].choices = [("", _("Nobody")), *others]
    return form


def _values(form: Form) -> dict[str, Any]:
    return {name: value for name, value in form.data.items() if name != "csrf_token"}


def _page(case: Case, kind: RowList, form: Form) -> str:
    return render_template("cases/list.html", case=case, kind=kind, rows=kind.rows(case), form=form)


def _to_list(case: Case, kind: RowList) -> ResponseReturnValue:
    return redirect(url_for("cases_lists.index", case_id=case.id, name=kind.name), 303)
