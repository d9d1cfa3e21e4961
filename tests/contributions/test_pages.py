"""The form after the debate, its receipt and the organiser's list, as people walk them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, g
from sqlalchemy import select

from eventapp import clock
from eventapp.contributions import actions, hooks, queries
from eventapp.contributions.models import Contribution
from eventapp.db import db
from eventapp.events.models import Event
from eventapp.registration.models import Booking
from eventapp.tokens import derived_token
from eventapp.web.permissions import GRANTS, Grant, Permission, Person, Role
from eventapp.web.registry import StepState
from tests.contributions.conftest import AFTER, came, sent_to, told
from tests.support.factories import make_event
from tests.support.pages import PageClient, choose_form, form_values
from tests.support.staff import sign_in
from tests.support.work import do_jobs

pytestmark = pytest.mark.engines("sqlite")
FORM = "/events/havnen/contribute"


@pytest.fixture
def theme(event: Event) -> str:
    """The one theme of the debate; nothing is open any more."""
    found = event.themes[0].id
    db.session.rollback()
    return found


def stored() -> list[Contribution]:
    db.session.rollback()
    return list(db.session.scalars(select(Contribution).order_by(Contribution.number)))


def typed(theme: str, **more: str) -> dict[str, str]:
    return {"theme": theme, "text": "Bevar træerne.", "quoting": "unnamed", **more}


# --- from when -----------------------------------------------------------------------------------------------------


def test_before_the_end_the_page_says_from_when_and_takes_nothing(
    page_client: PageClient, event: Event, theme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {**form_values(choose_form(page_client.visit(FORM), {"text": ""}, FORM)), **typed(theme)}
    ends_at = db.session.get_one(Event, event.id).ends_at
    db.session.rollback()
    monkeypatch.setattr(clock, "now", lambda: ends_at - timedelta(microseconds=1))
    page = page_client.visit(FORM)
    assert "Debatten er ikke holdt endnu" in page.text
    assert "tirsdag den 14. maj 2024 kl. 19.00" in page.text  # 17.00 in UTC
    assert not page.root.all("textarea")
    assert page_client.post(FORM, data=values).status_code == 409
    assert stored() == []
    monkeypatch.setattr(clock, "now", lambda: ends_at)
    page_client.submit(FORM, typed(theme))
    assert len(stored()) == 1


@pytest.mark.parametrize("path", ["", "/contribute", "/contribute/x"])
def test_a_draft_and_no_event_are_the_same_to_the_public(page_client: PageClient, event: Event, path: str) -> None:
    draft = make_event(published=False).slug
    db.session.commit()
    for slug in (draft, "no-such"):
        assert page_client.get(f"/events/{slug}{path}").status_code == 404


# --- sent ----------------------------------------------------------------------------------------------------------


def test_what_was_sent_twice_with_one_form_is_one_and_leads_to_the_same_receipt(
    page_client: PageClient, theme: str
) -> None:
    values = {**form_values(choose_form(page_client.visit(FORM), {"text": ""}, FORM)), **typed(theme)}
    first, second = (page_client.post(FORM, data=values).location for _ in range(2))
    assert first == second
    assert len(stored()) == 1


def test_another_text_with_the_same_form_is_kept_and_sent_by_pressing_once_more(
    page_client: PageClient, theme: str
) -> None:
    values = {**form_values(choose_form(page_client.visit(FORM), {"text": ""}, FORM)), **typed(theme)}
    page_client.post(FORM, data=values)
    refused = page_client.post(FORM, data={**values, "text": "Fæld <b>ikke</b> ét."})
    assert refused.status_code == 422
    form = choose_form(page_client.page, {"text": ""}, FORM)
    again = form_values(form)
    assert again["text"] == "Fæld <b>ikke</b> ét."
    assert again["submission_key"] != values["submission_key"]
    assert page_client.post(FORM, data=again).status_code == 303
    assert [one.text for one in stored()] == ["Bevar træerne.", "Fæld <b>ikke</b> ét."]


def test_two_forms_that_were_opened_have_two_keys(page_client: PageClient, theme: str) -> None:
    keys = [form_values(choose_form(page_client.visit(FORM), {"text": ""}, FORM))["submission_key"] for _ in range(2)]
    assert keys[0] != keys[1]


def test_a_mistake_keeps_everything_that_was_typed(page_client: PageClient, theme: str) -> None:
    page = page_client.submit(FORM, typed(theme, text="", name="Åse <i>Ørsted</i>", quoting="no"), status=422)
    kept = form_values(choose_form(page, {"text": ""}, FORM))
    assert (kept["theme"], kept["name"], kept["quoting"]) == (theme, "Åse <i>Ørsted</i>", "no")
    assert stored() == []


def test_a_cpr_number_that_has_to_be_there_is_taken_at_the_second_press(page_client: PageClient, theme: str) -> None:
    assert not page_client.visit(FORM).root.all("input", name="keep_number")
    number = typed(theme, text="Journal 251248-9996")
    page = page_client.submit(FORM, number, status=422)
    values = form_values(choose_form(page, {"keep_number": ""}, FORM))
    assert page_client.post(FORM, data={**values, "keep_number": "y"}).status_code == 303
    assert [one.text for one in stored()] == ["Journal 251248-9996"]


def test_the_receipt_is_for_who_has_its_address_and_shows_no_text(page_client: PageClient, theme: str) -> None:
    page_client.submit(FORM, typed(theme, name="Åse Ørsted", quoting="named"))
    path = page_client.response.request.path
    page = page_client.visit(path)
    assert "Nummer i protokollen 0" in page.text
    assert "Åse" not in page.text
    (one,) = stored()
    assert one.receipt_hash not in path
    for wrong in (one.id, one.receipt_hash, "x"):
        assert page_client.get(f"/contributions/{wrong}").status_code == 404


def test_the_form_is_in_the_language_of_the_reader(page_client: PageClient, theme: str) -> None:
    page = page_client.visit(f"{FORM}?lang=en")
    assert "Green areas" in page.text
    page = page_client.submit(f"{FORM}?lang=en", typed(theme, text=""), status=422)
    assert "This field is required." in page.text


# --- by the link ---------------------------------------------------------------------------------------------------


@pytest.fixture
def link(app: Flask, event: Event, theme: str) -> str:
    """The link that somebody who came was sent."""
    came(db.session.get_one(Event, event.id), "Anna")
    event_id = db.session.scalars(select(Event.id)).one()
    actions.ask_some(db.session.connection(), event_id, now=AFTER, most=10)
    booking_id = db.session.scalars(select(Booking.id)).one()
    db.session.commit()
    return f"{FORM}/{derived_token('follow-up', booking_id)}"


def test_who_comes_by_the_link_was_there_and_nothing_says_who_it_was(
    page_client: PageClient, theme: str, link: str
) -> None:
    page_client.submit(link, typed(theme))
    (one,) = stored()
    assert (one.was_present, one.name) == (True, "")
    booking = db.session.scalars(select(Booking)).one()
    known = {booking.id, booking.email, booking.link_hash, link.rpartition("/")[2]}
    assert not known & {str(value) for value in vars(one).values()}


def test_a_mistake_on_the_way_does_not_lose_that_one_was_there(page_client: PageClient, theme: str, link: str) -> None:
    page = page_client.submit(link, typed(theme, text=""), status=422)
    form = choose_form(page, {"text": ""}, "")
    assert form.attributes["action"] == link
    page_client.post(link, data={**form_values(form), **typed(theme)})
    assert [one.was_present for one in stored()] == [True]


def test_opening_the_link_changes_nothing_and_it_can_be_used_again(
    page_client: PageClient, theme: str, link: str
) -> None:
    for _ in range(2):
        page_client.visit(link)
    assert stored() == []
    for text in ("Et.", "To."):
        page_client.submit(link, typed(theme, text=text))
    assert [one.was_present for one in stored()] == [True, True]


def test_the_link_to_another_debate_claims_nothing_at_this_one(page_client: PageClient, theme: str, link: str) -> None:
    other = make_event(slug="parken")
    theirs = other.themes[0].id
    db.session.commit()
    page_client.submit(link.replace("havnen", "parken"), typed(theirs))
    assert [one.was_present for one in stored()] == [False]


# --- the organiser -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.DOOR}))
def test_who_may_not_read_input_reads_none(page_client: PageClient, event: Event, role: Role) -> None:
    path = f"/staff/events/{event.id}/contributions"
    db.session.rollback()
    sign_in(page_client, role)
    assert page_client.get(path).status_code == (200 if role in GRANTS[Permission.READ_CONTRIBUTIONS] else 403)


def test_a_role_for_another_event_reads_none(page_client: PageClient, event: Event) -> None:
    other, path = make_event().id, f"/staff/events/{event.id}/contributions"
    db.session.commit()
    sign_in(page_client, grants=[Grant(Role.ORGANISER, event_id=other)])
    assert page_client.get(path).status_code in {403, 404}


def test_the_list_says_who_may_be_quoted_and_who_was_there_and_keeps_text_text(
    page_client: PageClient, event: Event
) -> None:
    path, theme = f"/staff/events/{event.id}/contributions", event.themes[0].id
    db.session.rollback()
    page_client.submit(FORM, typed(theme, name="Åse <i>Ørsted</i>", quoting="named", text="Et <script>afsnit</script>"))
    page_client.submit(FORM, typed(theme, quoting="no", text="Nej 🌳\nog tak"))
    sign_in(page_client, Role.OFFICER)
    first, second = page_client.visit(path).root.all("article", class_="letter")
    assert "Åse <i>Ørsted</i>" in first.text
    assert "Et <script>afsnit</script>" in first.text
    assert "må citeres med navn" in first.text
    assert "Uden navn" in second.text
    assert "må ikke citeres" in second.text
    *written, number = [one.text for one in second.all("p")][1:]
    assert written == ["Nej 🌳", "og tak"]
    assert number.startswith("Nummer 1 i protokollen")
    assert not page_client.page.root.all("i")


def test_an_event_without_input_says_what_to_do(page_client: PageClient, event: Event) -> None:
    path = f"/staff/events/{event.id}/contributions"
    db.session.rollback()
    sign_in(page_client, Role.ORGANISER)
    page = page_client.visit(path)
    assert "Ingen input endnu" in page.text
    assert not [one for one in page.forms() if one.attributes["action"].endswith("/follow-ups")]


def test_the_button_sends_the_link_and_is_gone_when_all_have_it(page_client: PageClient, event: Event) -> None:
    path = f"/staff/events/{event.id}/contributions"
    came(event, "Anna", "Bo")
    db.session.rollback()
    sign_in(page_client, Role.ORGANISER)
    page = page_client.submit(path, action="/follow-ups")
    assert "Linket er på vej til 2 personer." in page.text
    do_jobs()
    assert len(told()) == 2
    page = page_client.visit(path)
    assert not [one for one in page.forms() if one.attributes["action"].endswith("/follow-ups")]
    token = page.root.all("input", name="csrf_token")[0].attributes["value"]
    again = page_client.post(path.replace("contributions", "follow-ups"), data={"csrf_token": token})
    assert again.status_code == 409
    assert len(told()) == 2


def test_the_officer_reads_input_and_writes_to_nobody(page_client: PageClient, event: Event) -> None:
    path = f"/staff/events/{event.id}/contributions"
    came(event, "Anna")
    db.session.rollback()
    sign_in(page_client, Role.OFFICER)
    page = page_client.visit(path)
    assert not [one for one in page.forms() if one.attributes["action"].endswith("/follow-ups")]
    token = page.root.all("input", name="csrf_token")[0].attributes["value"]
    refused = page_client.post(path.replace("contributions", "follow-ups"), data={"csrf_token": token})
    assert refused.status_code == 403
    do_jobs()
    assert told() == []


# --- on the pages of others ------------------------------------------------------------------------------------------


def thread(app: Flask, event: Event) -> Any:
    case_id = event.case_id
    db.session.commit()
    with app.test_request_context(headers={"Accept-Language": "da"}):
        g.person = Person("0" * 32, "Anna")
        (step,) = hooks.steps(case_id)
    return step


def test_the_thread_plans_then_asks_then_counts(app: Flask, event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    ends_at = event.ends_at
    monkeypatch.setattr(clock, "now", lambda: ends_at - timedelta(microseconds=1))
    step = thread(app, event)
    assert (step.state, step.figure, step.url, step.at) == (StepState.PLANNED, "", "", ends_at)
    monkeypatch.setattr(clock, "now", lambda: ends_at)
    step = thread(app, event)
    assert (step.state, step.figure, step.url) == (StepState.NEXT, "0 input", FORM)
    first = actions.contribute(event, sent_to(event), now=AFTER).id
    step = thread(app, event)
    assert (step.state, step.figure, step.refs) == (StepState.DONE, "1 input", (first,))
    assert step.key == f"contributions:{event.id}"


def test_the_event_page_asks_for_input_from_the_end_of_the_debate(
    page_client: PageClient, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends_at, links = event.ends_at, []
    db.session.rollback()
    for moment in (ends_at - timedelta(microseconds=1), ends_at):
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        page = page_client.visit("/events/havnen")
        links.append([one.attributes["href"] for one in page.root.all("a") if one.attributes.get("href") == FORM])
    assert links == [[], [FORM]]


def test_counts_are_of_one_debate(event: Event) -> None:
    other = make_event()
    for number in range(4):
        actions.contribute(event, sent_to(event, f"Nr. {number}"), now=AFTER)
    db.session.commit()
    assert (queries.count(event.id), queries.count(other.id)) == (4, 0)
    assert len(queries.newest_ids(event.id)) == 3
    assert len(queries.newest_ids(event.id, most=1)) == 1
