"""What a case still needs before people can use its page; for the organiser's overview."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext as _

from eventapp import clock
from eventapp.cases.models import Case
from eventapp.cases.rules import is_away, who_answers
from eventapp.web.permissions import url_if_allowed
from eventapp.web.registry import DeskItem


def missing(case: Case) -> list[DeskItem]:
    """What is missing, each with its one button for those who can mend it; empty when all is there."""
    return [*_facts(case), *_lists(case), *_absences(case)]


def _facts(case: Case) -> Iterator[DeskItem]:
    url = url_if_allowed("cases_staff.facts", case_id=case.id)
    if not case.summary:
        yield DeskItem(_("Nobody can read what the case is about."), url, _("Write a summary"))
    if not case.origin:
        yield DeskItem(_("It does not say what started the case."), url, _("Enter the motion"))


def _lists(case: Case) -> Iterator[DeskItem]:
    def to(name: str) -> str:
        return url_if_allowed("cases_lists.index", case_id=case.id, name=name)

    if not case.contacts:
        yield DeskItem(_("There is nobody to ask."), to("contacts"), _("Add a contact"))
    if not any(one.is_lead for one in case.administrations):
        yield DeskItem(_("No administration leads the case."), to("administrations"), _("Add an administration"))
    if not case.decision_steps:
        yield DeskItem(_("It does not say who decides."), to("decisions"), _("Add a meeting"))
    if not case.documents:
        documents = url_if_allowed("cases_documents.index", case_id=case.id)
        yield DeskItem(_("The case has no documents."), documents, _("Add a document"))


def _absences(case: Case) -> Iterator[DeskItem]:
    today = clock.now().astimezone(clock.COPENHAGEN).date()
    for contact in case.contacts:
        if is_away(contact, today) and who_answers(contact, today) is None:
            url = url_if_allowed("cases_lists.row", case_id=case.id, name="contacts", row_id=contact.id)
            yield DeskItem(
                _("%(function)s is away, and nobody covers.", function=contact.function), url, _("Choose a cover")
            )
