"""Two of staff change the same thing: each form that shows what is stored asks before one undoes the other (ADR 65)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from eventapp.audit import AuditEntry
from eventapp.cases import queries as cases
from eventapp.db import db, new_id
from eventapp.web.permissions import Permission, Role
from eventapp.web.returned import KEY
from tests.support.factories import make_case
from tests.support.html import Element, Page
from tests.support.pages import PageClient, form_values
from tests.support.routes import routes
from tests.support.staff import sign_in
from tests.web.things import make_things

STAFF = sorted(set(Role) - {Role.DOOR})
VERSION = "row_version"
# Forms that show something although they change no row that is stored.
ADD_OR_ASK = {
    "statistics.export": "what goes into a file",
    "dossier.export": "what goes into a file",
    "accounts.create": "a new account",
    "events_staff.new": "a new event",
    "accounts.give": "a further role",
    "cases_documents.add": "a new document",
    "events_lists.add": "a new row",
    "registration_staff.cancel": "whom to cancel; nothing of the row is shown to be typed over",
}
# What must be chosen too, for what is typed to be stored.
ASKS_BACK = {"layout_name"}  # another hall asks for its plan anew; figures take no text
ALSO = {"cases_staff.plan": {"invitations_planned": "1"}, "cases_staff.letter": {"dated_on": "2031-04-01"}}


@dataclass(frozen=True)
class Shown:
    """A form of a page: where it goes, what it holds, and the inputs that a person sees."""

    page: str
    action: str
    endpoint: str
    values: dict[str, Any]
    inputs: list[Element]

    def changed(self, number: int) -> dict[str, Any]:
        """The form with something else in its first input that takes any text, or a day, or else in its last choice."""
        asked_back = [
            one for one in self.inputs if one.attributes["name"] in ASKS_BACK or "inputmode" in one.attributes
        ]
        free = [one for one in self.inputs if one not in asked_back]
        texts = [one for one in free if one.tag == "textarea" or _is(one, "text")]
        days = [one for one in free if _is(one, "date")]
        if texts or days:
            name = (texts or days)[0].attributes["name"]
            typed = f"{self.values[name]} {number}" if texts else f"2031-05-0{number}"
            return {**self.values, **ALSO.get(self.endpoint, {}), name: typed}
        name = self.inputs[-1].attributes["name"]
        others = [one for one in _choices(self.inputs, name) if one != self.values.get(name)]
        return {**self.values, name: others[number - 1]} if number <= len(others) else self.values


def _is(one: Element, kind: str) -> bool:
    return one.tag == "input" and one.attributes.get("type", "text") == kind


def _choices(inputs: list[Element], name: str) -> list[str]:
    same = [one for one in inputs if one.attributes["name"] == name]
    return [one.attributes["value"] for part in same for one in (part.all("option") or [part])]


@pytest.fixture
def staff(app: Flask) -> FlaskClient:
    """Somebody who may do everything, in a house with one thing of every kind."""
    app.config.update(WTF_CSRF_ENABLED=False)
    client = app.test_client()
    sign_in(client, *STAFF)
    return client


def pages(app: Flask, client: FlaskClient) -> Iterator[tuple[str, Page]]:
    with app.app_context():
        things = make_things("KALKVEJ")
    for route in routes(app, lambda blueprint: things.values(blueprint, None)):
        if route.changes or route.permission in {None, Permission.CHECK_IN}:
            continue
        answer = route.ask(client)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            yield route.path, Page(answer.text)


def shown_forms(app: Flask, client: FlaskClient) -> list[Shown]:
    """The forms of staff that hold something that is stored: they are not empty as they are drawn."""
    return [one for path, page in pages(app, client) for form in page.forms() if (one := _shown(app, path, form))]


def _shown(app: Flask, path: str, form: Element) -> Shown | None:
    if form.attributes.get("method", "get") != "post":
        return None
    inputs = [
        one
        for one in form.all("input", "select", "textarea")
        if one.attributes.get("type") not in {"hidden", "submit", "file"} and "name" in one.attributes
    ]
    values = form_values(form)
    if not any(values.get(one.attributes["name"]) for one in inputs) and VERSION not in values:
        return None
    action = form.attributes["action"] or path
    endpoint, _ = app.url_map.bind("localhost").match(action, method="POST")
    given = {"reason": "Det var forkert."} if "reason" in values else {}
    return Shown(path, action, endpoint, {**values, **given}, inputs)


@pytest.mark.engines("sqlite")
def test_every_form_that_shows_what_is_stored_asks_about_a_stale_version(app: Flask, staff: FlaskClient) -> None:
    found = [one for one in shown_forms(app, staff) if one.endpoint not in ADD_OR_ASK]
    assert {"cases_staff.facts", "events_staff.hall", "accounts.show", "hearing_staff.link_answer"} <= {
        one.endpoint for one in found
    }
    faults = [f"{one.page} {one.endpoint}: {fault}" for one in found for fault in _faults(app, staff, one)]
    assert not faults, "\n".join(faults)


def _faults(app: Flask, staff: FlaskClient, form: Shown) -> Iterator[str]:
    """What is wrong when two have drawn the form and the one sends it after the other."""
    if VERSION not in form.values:
        yield "has no version"
        return
    first = staff.post(form.action, data=form.changed(1))
    if first.status_code != 303:
        yield f"the first is refused, {first.status_code}"
        return
    lines = _audit_lines(app)
    second = staff.post(form.action, data={**form.changed(2), KEY: new_id()})  # the other's own form
    if second.status_code != 409 or "gemt endnu" not in second.text:
        yield f"the second is not asked, {second.status_code}"
        return
    if _audit_lines(app) != lines:
        yield "something was saved although it was asked"
    again = next((one for one in _post_forms(second) if one.attributes["action"] == form.action), None)
    if again is None:
        yield "the form did not come back"
        return
    third = staff.post(form.action, data=form_values(again))
    if third.status_code != 303:
        yield f"having seen both, the second may not save, {third.status_code}"


def _post_forms(answer: TestResponse) -> list[Element]:
    return [one for one in Page(answer.text).forms() if one.attributes.get("method") == "post"]


def _audit_lines(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(AuditEntry.act).where(AuditEntry.act.not_like("%_read"))))


@pytest.fixture
def case_id(app: Flask) -> str:
    with app.app_context():
        case = make_case()
        db.session.commit()
        return case.id


def facts_of(app: Flask, case_id: str) -> tuple[str, str]:
    with app.app_context():
        case = cases.case_by_id(case_id)
        return case.title.official, case.summary.official


def drawn(client: FlaskClient, path: str) -> dict[str, Any]:
    (form,) = [one for one in Page(client.get(path).text).forms() if VERSION in form_values(one)]
    return form_values(form)


def test_what_only_the_other_changed_is_taken_over_and_what_both_changed_is_asked(
    app: Flask, page_client: PageClient, case_id: str
) -> None:
    sign_in(page_client, Role.ORGANISER)
    other = app.test_client()
    sign_in(other, Role.ORGANISER)
    here = f"/staff/cases/{case_id}/facts"
    mine, theirs = drawn(page_client, here), drawn(other, here)
    assert other.post(here, data={**theirs, "title": "Deres titel", "summary": "Deres resumé"}).status_code == 303

    page_client.post(here, data={**mine, "title": "Min titel"})
    assert page_client.response.status_code == 409
    assert facts_of(app, case_id) == ("Deres titel", "Deres resumé")
    rows = [[cell.text for cell in row.all("th", "td")] for row in page_client.page.root.all("tr")]
    assert ["Titel", "Deres titel", "Min titel"] in rows
    assert [row[1] for row in rows if row[0] == "Det handler sagen om"] == ["Deres resumé"]
    again = next(form_values(one) for one in page_client.page.forms() if VERSION in form_values(one))
    assert (again["title"], again["summary"]) == ("Min titel", "Deres resumé")

    assert page_client.post(here, data=again).status_code == 303
    assert facts_of(app, case_id) == ("Min titel", "Deres resumé")


def test_who_wrote_the_same_as_the_other_is_not_asked(app: Flask, page_client: PageClient, case_id: str) -> None:
    sign_in(page_client, Role.ORGANISER)
    here = f"/staff/cases/{case_id}/facts"
    first = drawn(page_client, here)
    for _ in range(2):
        assert page_client.post(here, data={**first, "title": "Fælles titel"}).status_code == 303
    assert facts_of(app, case_id)[0] == "Fælles titel"


def test_a_mistake_does_not_make_a_stale_form_fresh(app: Flask, page_client: PageClient, case_id: str) -> None:
    sign_in(page_client, Role.ORGANISER)
    here = f"/staff/cases/{case_id}/facts"
    stale = drawn(page_client, here)
    assert page_client.post(here, data={**stale, "title": "Ny titel"}).status_code == 303
    wrong = page_client.post(here, data={**drawn(page_client, here), "number": ""})
    assert wrong.status_code == 422
    kept = next(form_values(one) for one in page_client.page.forms() if VERSION in form_values(one))
    assert page_client.post(here, data={**stale, KEY: new_id(), "number": "2024-77"}).status_code == 409
    assert page_client.post(here, data={**kept, "number": "2024-77"}).status_code == 303


def test_a_form_without_a_version_is_asked(app: Flask, page_client: PageClient, case_id: str) -> None:
    sign_in(page_client, Role.ORGANISER)
    here = f"/staff/cases/{case_id}/facts"
    sent = {name: value for name, value in drawn(page_client, here).items() if name != VERSION}
    assert page_client.post(here, data={**sent, "title": "Ukendt alder"}).status_code == 409


def test_of_two_at_one_moment_one_is_asked(app: Flask, case_id: str) -> None:
    here, both = f"/staff/cases/{case_id}/facts", Barrier(2, timeout=60)

    def save(title: str) -> int:
        client = app.test_client()
        sign_in(client, Role.ORGANISER)
        values = {**drawn(client, here), "title": title}
        both.wait()
        return client.post(here, data=values).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(save, ["Titel A", "Titel B"])) == [303, 409]
