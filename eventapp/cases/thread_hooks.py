"""The thread of a case: its own steps, what the other slices tell, and what is planned but not there yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from eventapp import clock
from eventapp.cases import queries, rules
from eventapp.cases.models import (
    Case,
    DecisionStep,
    Document,
    DocumentKind,
    GovernmentLetter,
    LetterKind,
    PlannedStage,
    Stage,
)
from eventapp.web.registry import StepState, ThreadStep, registry

MOST_ENTRIES = 3  # numbers of the record beside a step
DOTS = ("motion", "debate", "hearing", "note", "decision")
NEVER_MERGED = {"key", "state", "order"}
WITH_PEOPLE = {"debate", "contributions", "hearing"}  # steps whose figures count people: invented in a demo


@dataclass(frozen=True)
class ThreadLine:
    """A step as the page shows it, with the newest numbers under which the record tells of it, and how many more."""

    step: ThreadStep
    entries: tuple[int, ...] = ()
    more: int = 0


def lines(case: Case) -> list[ThreadLine]:
    """The whole thread, first to last."""
    told = steps(case)
    numbers = queries.record_numbers(case.id, [ref for one in told for ref in one.refs])
    return [_line(one, numbers) for one in told]


def steps(case: Case) -> list[ThreadStep]:
    """The whole thread, first to last, with the one step marked that comes next."""
    told = _merged(step for contribute in registry().thread_steps for step in contribute(case.id))
    if registry().is_invented(case.id):
        told = [_marked(one) for one in told]
    present = {rules.kind_of(one) for one in told}
    today = clock.now().astimezone(clock.COPENHAGEN).date()
    planned = [_planned_step(one, today) for one in case.planned_stages if one.stage not in present]
    return rules.with_next(rules.in_order([*told, *planned]), clock.now())


def dots(case: Case) -> list[ThreadStep]:
    """The case in at most five steps under their short names; of several of one kind the one that counts now."""
    whole = steps(case)
    names = (_("Motion"), _("Debate"), _("Hearing"), _("Note"), _("Decision"))
    found = (
        ([one for one in whole if rules.kind_of(one) == kind], name) for kind, name in zip(DOTS, names, strict=True)
    )
    return [replace(_telling(group), title=name, url="") for group, name in found if group]


def own_steps(case_id: str) -> list[ThreadStep]:
    """What the case itself tells: motion, tasks, meetings, the letter and its reply."""
    case = queries.case_by_id(case_id)
    today = clock.now().astimezone(clock.COPENHAGEN).date()
    meetings = [_decision_step(step, today) for step in case.decision_steps]
    letters = [_letter_step(case, letter) for letter in case.government_letters]
    return [_motion_step(case), *_task_step(case), *meetings, *letters]


def stage_title(stage: Stage) -> str:
    """What a part of the thread is called."""
    return {
        Stage.INVITATIONS: _("Invitations"),
        Stage.DEBATE: _("Public debate"),
        Stage.CONTRIBUTIONS: _("Input from the debate"),
        Stage.HEARING: _("Hearing"),
        Stage.POINTS: _("The administration's comments"),
        Stage.NOTE: _("Hearing note"),
        Stage.LETTER: _("Letter to the government"),
        Stage.REPLY: _("Reply from the government"),
    }[stage]


def public_document(documents: Iterable[Document], kind: DocumentKind) -> Document | None:
    """The first document of a kind that everybody may read."""
    return next((one for one in documents if one.kind is kind and one.is_public and one.versions), None)


def record_url(slug: str, number: int | None = None) -> str:
    """Where the record of a case can be checked, and one entry in it."""
    if number is None:
        return url_for("record.show", slug=slug)
    return url_for("record.entry", slug=slug, seq=number)


# --- the steps -----------------------------------------------------------------------------------------------


def _motion_step(case: Case) -> ThreadStep:
    document = public_document(case.documents, DocumentKind.MOTION)
    return ThreadStep(
        key="motion",
        title=case.origin or _("The case is opened"),
        at=_noon(case.origin_on) or case.created_at,
        state=StepState.DONE,
        order=rules.PLACES["motion"],
        figure=_("Adopted by %(body)s", body=case.origin_body) if case.origin_body else "",
        url=_document_url(case, document),
        link=_("Read the motion"),
        refs=(case.id,),
    )


def _task_step(case: Case) -> list[ThreadStep]:
    if not case.tasks:
        return []
    count = ngettext("%(num)s task for the administration", "%(num)s tasks for the administration", len(case.tasks))
    title, url = _("The administration's tasks"), url_for("cases.show", slug=case.slug, _anchor="tasks")
    order, link = rules.PLACES["tasks"], _("Read the tasks")
    return [ThreadStep("tasks", title, _noon(case.origin_on), StepState.DONE, order, figure=count, url=url, link=link)]


def _decision_step(step: DecisionStep, today: date) -> ThreadStep:
    state = rules.decision_state(step, today)
    return ThreadStep(
        key=f"decision:{step.id}",
        title=step.body,
        at=_noon(step.meeting_on),
        state=state,
        order=rules.PLACES["decision"] + step.position,
        figure=step.decision or (_("Decision not known") if state is StepState.MISSING else ""),
        note=_note(_("Item %(item)s on the agenda", item=step.item) if step.item else "", step.meeting_on),
        url=step.link,
        link=_("Read the minutes"),
        refs=(step.id,),
    )


def _letter_step(case: Case, letter: GovernmentLetter) -> ThreadStep:
    stage = Stage.LETTER if letter.kind is LetterKind.TO_GOVERNMENT else Stage.REPLY
    document = letter.document if letter.document and letter.document.is_public else None
    return ThreadStep(
        key=stage,
        title=stage_title(stage),
        at=_noon(letter.dated_on),
        state=StepState.DONE,
        order=rules.PLACES[stage],
        figure=letter.summary,
        url=_document_url(case, document),
        link=_("Read the letter"),
        refs=(letter.id,),
    )


def _planned_step(planned: PlannedStage, today: date) -> ThreadStep:
    is_late = planned.planned_on is not None and planned.planned_on < today
    return ThreadStep(
        key=planned.stage,
        title=stage_title(planned.stage),
        at=_noon(planned.planned_on),
        state=StepState.MISSING if is_late else StepState.PLANNED,
        order=rules.PLACES[planned.stage],
        note=_note("", planned.planned_on),
    )


def _note(text: str, day: date | None) -> str:
    return " · ".join(part for part in (text, "" if day else _("Date not known")) if part)


def _document_url(case: Case, document: Document | None) -> str:
    if document is None or not document.versions:
        return ""
    return url_for("cases.document", slug=case.slug, version_id=document.versions[0].id)


def _noon(day: date | None) -> datetime | None:
    """A moment of a day of which only the date is known."""
    return clock.wall(day, time(12)) if day else None


# --- putting together ----------------------------------------------------------------------------------------


def _merged(told: Iterable[ThreadStep]) -> list[ThreadStep]:
    found: dict[str, ThreadStep] = {}
    for step in told:
        found[step.key] = _added(found[step.key], step) if step.key in found else step
    return list(found.values())


def _added(lower: ThreadStep, higher: ThreadStep) -> ThreadStep:
    names = (one.name for one in fields(higher) if one.name not in NEVER_MERGED)
    more = {name: value for name in names if (value := getattr(higher, name))}
    return replace(lower, **{**more, "refs": lower.refs + higher.refs})


def _marked(step: ThreadStep) -> ThreadStep:
    """In a demo the figures are invented, and the page says so where they stand."""
    return replace(step, demo=bool(step.figure)) if rules.kind_of(step) in WITH_PEOPLE else step


def _telling(group: list[ThreadStep]) -> ThreadStep:
    """Of several meetings: the one that is next, else the last that is done, else the first."""
    coming = [one for one in group if one.state is StepState.NEXT]
    done = [one for one in group if one.state is StepState.DONE]
    return (coming or done[-1:] or group)[0]


def _line(step: ThreadStep, numbers: dict[str, list[int]]) -> ThreadLine:
    found = sorted({number for ref in step.refs for number in numbers.get(ref, [])})
    left_out = len(found) - MOST_ENTRIES
    return ThreadLine(step, tuple(found[-MOST_ENTRIES:]), max(0, left_out) + step.more_refs)
