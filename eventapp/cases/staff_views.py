"""Staff pages of the case: its list, its overview, its facts, its plan, its publication."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventapp import clock
from eventapp.cases import actions, checklist_rules, queries, thread_hooks, views
from eventapp.cases.actions import CaseFacts
from eventapp.cases.forms import CaseForm, LetterForm, PlanForm
from eventapp.cases.list_forms import LISTS
from eventapp.cases.models import Case, LetterKind, Stage
from eventapp.db import hold
from eventapp.web.permissions import Permission, current_person, may_open, reach, requires
from eventapp.web.registry import registry

bp = Blueprint("cases_staff", __name__, url_prefix="/staff/cases")


@bp.get("/")
@requires(Permission.READ_CASES, anywhere=True)
def index() -> ResponseReturnValue:
    return render_template("cases/index.html", cases=queries.cases(reach(Permission.READ_CASES)))


@bp.get("/new")
@requires(Permission.EDIT_CASES)
def new() -> ResponseReturnValue:
    return render_template("cases/new.html", form=CaseForm())


@bp.post("/")
@requires(Permission.EDIT_CASES)
def create() -> ResponseReturnValue:
    form = CaseForm()
    if not form.validate_on_submit() or not form.fits():
        return render_template("cases/new.html", form=form), 422
    case = actions.open_case(_facts(form), by=current_person(), now=clock.now())
    flash(_("The case is opened. Add what it needs, and publish it when it can be read."), "success")
    return _to_overview(case)


@bp.get("/<case_id>")
@requires(Permission.READ_CASES)
def show(case_id: str) -> ResponseReturnValue:
    """What is done, what comes next, what is missing."""
    case = queries.case_by_id(case_id)
    return render_template(
        "cases/overview.html",
        case=case,
        lines=thread_hooks.lines(case),
        missing=checklist_rules.missing(case),
        links=[link for links in registry().case_links for link in links(case.id)],
        letters={one.kind: one for one in case.government_letters},
    )


@bp.get("/<case_id>/preview")
@requires(Permission.READ_CASES)
def preview(case_id: str) -> ResponseReturnValue:
    """The public page as it is going to be."""
    return views.page(queries.case_by_id(case_id), is_preview=True)


@bp.route("/<case_id>/facts", methods=["GET", "POST"])
@requires(Permission.EDIT_CASES)
def facts(case_id: str) -> ResponseReturnValue:
    case = hold(queries.case_by_id(case_id))
    form = CaseForm(obj=case)
    if not form.is_submitted():
        return render_template("cases/facts.html", case=case, form=form)
    if not form.validate() or not form.fits(case.id):
        return render_template("cases/facts.html", case=case, form=form), 422
    actions.change_facts(case, _facts(form), by=current_person(), now=clock.now())
    flash(_("Saved."), "success")
    return _to_overview(case)


@bp.post("/<case_id>/publication")
@requires(Permission.EDIT_CASES)
def publish(case_id: str) -> ResponseReturnValue:
    case = queries.case_by_id(case_id)
    actions.publish(case, by=current_person(), now=clock.now())
    flash(_("The case is published: everybody can read it now."), "success")
    return _to_overview(case)


@bp.route("/<case_id>/plan", methods=["GET", "POST"])
@requires(Permission.EDIT_CASES)
def plan(case_id: str) -> ResponseReturnValue:
    """Which parts the thread is going to have, and when."""
    case = hold(queries.case_by_id(case_id))
    form = PlanForm(obj=case, data=_planned(case))
    if not form.is_submitted():
        return render_template("cases/plan.html", case=case, form=form, stages=_stages())
    if not form.validate():
        return render_template("cases/plan.html", case=case, form=form, stages=_stages()), 422
    days = {stage: form[f"{stage}_on"].data for stage in Stage if form[f"{stage}_planned"].data}
    actions.plan(case, days, by=current_person())
    flash(_("Saved."), "success")
    return _to_overview(case)


@bp.route("/<case_id>/letters/<any(to_government, reply):kind>", methods=["GET", "POST"])
@requires(Permission.EDIT_CASES)
def letter(case_id: str, kind: str) -> ResponseReturnValue:
    """The letter to the government, or its reply."""
    case, chosen = hold(queries.case_by_id(case_id)), LetterKind(kind)
    found = next((one for one in case.government_letters if one.kind is chosen), None)
    form = LetterForm(obj=found)
    form.document_id.choices = [("", _("No document")), *((one.id, one.title) for one in case.documents)]
    if not form.is_submitted():
        return render_template("cases/letter.html", case=case, form=form, kind=chosen)
    if not form.validate():
        return render_template("cases/letter.html", case=case, form=form, kind=chosen), 422
    values = {name: form[name].data for name in ("dated_on", "summary", "document_id")}
    actions.save_letter(case, chosen, actions.LetterFacts(**values), by=current_person(), now=clock.now())
    flash(_("Saved, and entered into the record."), "success")
    return _to_overview(case)


def tabs(case: Case) -> list[dict[str, Any]]:
    """The parts of the case's staff pages that the one who asks may open; the template says which one is open."""
    lists = [(one.title, "cases_lists.index", {"name": one.name}) for one in LISTS.values()]
    named: list[tuple[Any, str, dict[str, Any]]] = [
        (_("Overview"), "cases_staff.show", {}),
        (_("Facts"), "cases_staff.facts", {}),
        (_("Documents"), "cases_documents.index", {}),
        *lists,
        (_("Plan"), "cases_staff.plan", {}),
    ]
    return [
        {"label": label, "url": url_for(endpoint, case_id=case.id, **more)}
        for label, endpoint, more in named
        if may_open(endpoint, case_id=case.id)
    ]


def _facts(form: CaseForm) -> CaseFacts:
    return CaseFacts(**{name: form[name].data for name in CaseFacts.__dataclass_fields__})


def _planned(case: Case) -> dict[str, Any]:
    return {
        key: value
        for one in case.planned_stages
        for key, value in ((f"{one.stage}_planned", True), (f"{one.stage}_on", one.planned_on))
    }


def _stages() -> list[tuple[Stage, str]]:
    return [(stage, thread_hooks.stage_title(stage)) for stage in Stage]


def _to_overview(case: Case) -> ResponseReturnValue:
    return redirect(url_for("cases_staff.show", case_id=case.id), 303)
