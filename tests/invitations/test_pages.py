"""The reply page of an office and the organiser's pages, as people walk them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from eventapp import clock
from eventapp.audit import AuditEntry
from eventapp.db import db
from eventapp.invitations import actions
from eventapp.invitations.models import Invitation, Letter, Reply, ReplyChannel, ReplyState, Sighting
from eventapp.mail.models import OutboxMail
from eventapp.record.models import RecordEntry
from eventapp.web.permissions import GRANTS, Grant, Permission, Role
from tests.invitations.conftest import REPLIED_AT, make_invitation, make_item
from tests.support.factories import STARTS_AT, make_event
from tests.support.pages import PageClient, choose_form, form_values
from tests.support.staff import sign_in

pytestmark = pytest.mark.engines("sqlite")


@dataclass(frozen=True)
class Invited:
    """An invitation that was sent, by its addresses."""

    event_id: str
    id: str
    token: str

    @property
    def link(self) -> str:
        return f"/i/{self.token}"

    @property
    def list(self) -> str:
        return f"/staff/events/{self.event_id}/invitations"

    @property
    def page(self) -> str:
        return f"{self.list}/{self.id}"


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let it be a moment; three weeks before the debate to begin with."""

    def be(moment: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: moment)

    be(REPLIED_AT)
    return be


@pytest.fixture
def invited(invitation: Invitation, at: Any) -> Invited:
    """Nothing is open any more."""
    found = Invited(invitation.event_id, invitation.id, actions.link_token(invitation.id))
    db.session.rollback()
    return found


@pytest.fixture
def organiser(page_client: PageClient) -> PageClient:
    sign_in(page_client, Role.ORGANISER)
    return page_client


def counted(*models: Any) -> list[int]:
    """How many rows there are of each."""
    db.session.rollback()
    return [db.session.scalar(select(func.count()).select_from(one)) or 0 for one in models]


def replies() -> list[Reply]:
    db.session.rollback()
    return list(db.session.scalars(select(Reply).order_by(Reply.number)))


# --- the office ----------------------------------------------------------------------------------------------------


def test_opening_the_link_changes_nothing_however_often_a_scanner_does(
    page_client: PageClient, invited: Invited
) -> None:
    everything = (Reply, Sighting, OutboxMail, RecordEntry, AuditEntry)
    before = counted(*everything)
    for _ in range(3):
        page = page_client.visit(invited.link)
    assert counted(*everything) == before
    assert "havneministeren" in page.heading
    assert "Vi beder om et oplæg." in page.text
    assert page.root.all("meta", name="robots")[0].attributes["content"] == "noindex"


@pytest.mark.parametrize("token", ["x", "0" * 43, "..%2f..%2fetc"])
def test_another_link_leads_nowhere(page_client: PageClient, invited: Invited, token: str) -> None:
    assert page_client.get(f"/i/{token}").status_code == 404


def test_the_link_of_a_letter_not_sent_leads_nowhere(page_client: PageClient, invited: Invited) -> None:
    unsent = make_invitation(db.session.get_one(Invitation, invited.id).event, "kulturministeren", sent=False)
    token = actions.link_token(unsent.id)
    db.session.commit()
    assert page_client.get(f"/i/{token}").status_code == 404


def test_an_office_says_yes_and_reads_that_it_was_noted(page_client: PageClient, invited: Invited) -> None:
    page = page_client.submit(invited.link, {"state": "accepted"})
    assert "Vi har noteret jeres svar I deltager." in page.text
    assert "Ret svaret" in page.text
    (reply,) = replies()
    assert (reply.state, reply.channel, reply.recorded_by_id) == (ReplyState.ACCEPTED, ReplyChannel.LINK, None)
    assert reply.replied_at == REPLIED_AT


def test_a_reply_is_corrected_by_the_same_link_and_both_are_kept(page_client: PageClient, invited: Invited) -> None:
    page_client.submit(invited.link, {"state": "accepted"})
    page = page_client.submit(invited.link, {"state": "declined", "reason": "Folketinget har møde"})
    assert "I deltager ikke." in page.text
    assert [one.state for one in replies()] == [ReplyState.ACCEPTED, ReplyState.DECLINED]


def test_a_stand_in_without_name_is_asked_for_and_what_was_typed_stays(
    page_client: PageClient, invited: Invited
) -> None:
    typed = {"state": "delegated", "stand_in_title": "kontorchef", "contact_name": "Åse <b>Ørsted</b>"}
    page = page_client.submit(invited.link, typed, status=422)
    assert "Skriv, hvem der kommer i stedet." in page.text
    kept = {one.attributes.get("name"): one.attributes.get("value") for one in page.root.all("input")}
    assert (kept["stand_in_title"], kept["contact_name"]) == ("kontorchef", "Åse <b>Ørsted</b>")
    assert replies() == []
    page = page_client.submit(invited.link, {**typed, "stand_in_name": "Bo Bæk 🚢", "stand_in_role": "listener"})
    assert "I sender en stedfortræder: Bo Bæk 🚢." in page.text


def test_an_empty_form_is_no_reply(page_client: PageClient, invited: Invited) -> None:
    page_client.submit(invited.link, {}, action=invited.link, status=422)
    assert replies() == []


def test_the_page_is_in_the_language_of_the_reader_with_the_own_words_of_the_office(
    page_client: PageClient, invited: Invited
) -> None:
    page = page_client.visit(f"{invited.link}?lang=en")
    assert "the minister of harbours" in page.heading
    assert "Reply by Tuesday 30 April 2024 at 17:00" in page.text


def test_once_the_debate_has_begun_the_page_says_to_call_and_takes_no_reply(
    page_client: PageClient, invited: Invited, at: Any
) -> None:
    form = choose_form(page_client.visit(invited.link), {"state": "accepted"}, invited.link)
    at(STARTS_AT)
    assert page_client.post(invited.link, data={**form_values(form), "state": "accepted"}).status_code == 409
    assert replies() == []
    page = page_client.visit(invited.link)
    assert "Arrangementet er begyndt" in page.text
    assert not page.root.all("input", name="state")


def test_a_reply_after_the_date_we_asked_for_is_taken(page_client: PageClient, invited: Invited, at: Any) -> None:
    at(STARTS_AT - timedelta(minutes=1))
    page_client.submit(invited.link, {"state": "accepted"})
    assert len(replies()) == 1


# --- the organiser -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.DOOR}))
def test_who_may_not_read_invitations_sees_none(page_client: PageClient, invited: Invited, role: Role) -> None:
    sign_in(page_client, role)
    status = 200 if role in GRANTS[Permission.READ_INVITATIONS] else 403
    for path in (invited.list, invited.page, f"{invited.page}/letters/1"):
        with page_client.get(path) as response:
            assert response.status_code == status


def test_a_role_for_another_event_opens_nothing(page_client: PageClient, invited: Invited) -> None:
    other = make_event().id
    db.session.commit()
    sign_in(page_client, grants=[Grant(Role.ORGANISER, event_id=other)])
    assert page_client.get(invited.page).status_code in {403, 404}
    assert page_client.get(f"/staff/events/{other}/invitations/{invited.id}").status_code in {403, 404}


def test_an_invitation_under_another_event_is_not_found(organiser: PageClient, invited: Invited) -> None:
    other = make_event().id
    db.session.commit()
    for path in ("", "/letters/1"):
        assert organiser.get(f"/staff/events/{other}/invitations/{invited.id}{path}").status_code == 404


def test_an_event_without_invitations_says_what_to_do(organiser: PageClient, invited: Invited) -> None:
    other = make_event().id
    db.session.commit()
    page = organiser.visit(f"/staff/events/{other}/invitations")
    assert "Ingen invitationer endnu" in page.text
    assert page.root.all("table") == []


def test_the_list_has_a_line_each_in_the_organisers_order(organiser: PageClient, invited: Invited) -> None:
    event = db.session.get_one(Invitation, invited.id).event
    for office in ("ærkebispen & <b>domprovsten</b>", "🚢"):
        make_invitation(event, office, sent=False)
    db.session.commit()
    page = organiser.visit(invited.list)
    rows = [row.text for row in page.root.all("tbody")[0].all("tr")]
    assert [row.split()[0] for row in rows] == ["havneministeren", "ærkebispen", "🚢"]
    assert "<b>domprovsten</b>" in rows[1]
    assert ["Ikke sendt" in row for row in rows] == [False, True, True]


def test_an_invitation_is_written_then_sent_then_replied_to(organiser: PageClient, invited: Invited) -> None:
    item_id = make_item(db.session.get_one(Invitation, invited.id).event).id
    db.session.commit()
    written = {
        "office": "kulturministeren",
        "email": "kultur@example.org",
        "wished_role": "greeting",
        "minutes": "5",
        "purpose": "Kære minister.\n\nKom og sig et par ord.",
        "reply_by": "2024-05-13T12:00",
        "programme_item": item_id,
        "is_public": "y",
    }
    page = organiser.submit(f"{invited.list}/new", written)
    assert "Brevet er ikke sendt." in page.text
    assert counted(Invitation, Letter, OutboxMail) == [2, 1, 1]
    path = organiser.response.request.path
    page = organiser.submit(path, action="/letters")
    assert "Brevet er på vej." in page.text
    assert counted(Invitation, Letter, OutboxMail) == [2, 2, 2]
    entered = {"channel": "phone", "state": "delegated", "stand_in_name": "Bo Bæk", "stand_in_role": "political"}
    page = organiser.submit(path, entered, action="/replies")
    assert "sender en stedfortræder: Bo Bæk (taler politisk)" in page.text
    (reply,) = replies()
    assert (reply.channel, reply.recorded_by_id is None) == (ReplyChannel.PHONE, False)


def test_what_is_wrong_in_an_invitation_is_said_and_what_was_typed_stays(
    organiser: PageClient, invited: Invited
) -> None:
    typed = {
        "office": "kulturministeren",
        "email": "kultur@example.org",
        "wished_role": "greeting",
        "purpose": "Kære minister.\n\n<i>Kom</i>.",
        "reply_by": "2024-05-14T17:00",
    }
    page = organiser.submit(f"{invited.list}/new", typed, status=422)
    assert "Svarfristen skal ligge, før arrangementet begynder." in page.text
    assert page.root.all("textarea", name="purpose")[0].text == "Kære minister. <i>Kom</i>."
    assert counted(Invitation) == [1]


def test_the_letter_that_was_sent_can_be_read_again(organiser: PageClient, invited: Invited) -> None:
    response = organiser.get(f"{invited.page}/letters/1")
    assert (response.mimetype, response.data[:5]) == ("application/pdf", b"%PDF-")
    assert "invitation-1.pdf" in response.headers["Content-Disposition"]
    response.close()
    assert organiser.get(f"{invited.page}/letters/2").status_code == 404


def test_a_reply_typed_in_wrongly_is_kept_on_the_page(organiser: PageClient, invited: Invited) -> None:
    page = organiser.submit(invited.page, {"state": "declined", "reason": "Rejse"}, action="/replies", status=422)
    assert page.root.all("textarea", name="reason")[0].text == "Rejse"
    assert page.root.all("details", open="")  # the part of the page with the mistake is not folded away
    assert replies() == []


def test_staff_enters_after_the_debate_what_was_said_before(organiser: PageClient, invited: Invited, at: Any) -> None:
    at(STARTS_AT + timedelta(days=1))
    organiser.submit(invited.page, {"channel": "letter", "state": "declined"}, action="/replies")
    (reply,) = replies()
    assert (reply.channel, reply.replied_at) == (ReplyChannel.LETTER, STARTS_AT + timedelta(days=1))


def test_who_came_and_who_spoke_is_noted_by_a_button_that_then_is_gone(
    organiser: PageClient, invited: Invited, at: Any
) -> None:
    at(STARTS_AT)
    for kind, words in (("came", "mødte op"), ("spoke", "talte")):
        page = organiser.submit(invited.page, action=f"/sightings/{kind}")
        assert f"tirsdag den 14. maj 2024 kl. 17.00: {words}" in page.text
        assert not [one for one in page.forms() if one.attributes["action"].endswith(f"/sightings/{kind}")]


def test_nobody_is_seen_on_the_page_of_a_letter_not_sent(organiser: PageClient, invited: Invited) -> None:
    unsent = make_invitation(db.session.get_one(Invitation, invited.id).event, "kulturministeren", sent=False).id
    db.session.commit()
    page = organiser.visit(f"{invited.list}/{unsent}")
    token = page.root.all("input", name="csrf_token")[0].attributes["value"]
    assert not [one for one in page.forms() if "/sightings/" in one.attributes["action"]]
    refused = organiser.post(f"{invited.list}/{unsent}/sightings/came", data={"csrf_token": token})
    assert refused.status_code == 409
    assert organiser.post(f"{invited.page}/sightings/danced", data={"csrf_token": token}).status_code == 404
    assert counted(Sighting) == [0]


@pytest.mark.parametrize(("minutes", "is_overdue"), [(0, False), (1, True)])
def test_after_the_date_we_asked_for_the_page_says_to_call(
    organiser: PageClient, invited: Invited, at: Any, minutes: int, is_overdue: bool
) -> None:
    at(STARTS_AT - timedelta(days=14) + timedelta(minutes=minutes))
    assert ("Intet svar, og svarfristen er udløbet" in organiser.visit(invited.page).text) is is_overdue


def test_who_has_replied_is_not_overdue(organiser: PageClient, invited: Invited, at: Any) -> None:
    organiser.submit(invited.page, {"channel": "email", "state": "declined"}, action="/replies")
    at(STARTS_AT - timedelta(days=1))
    assert "Intet svar" not in organiser.visit(invited.page).text


def test_protocol_reads_and_writes_as_the_organiser_does(page_client: PageClient, invited: Invited) -> None:
    sign_in(page_client, Role.PROTOCOL)
    page_client.submit(invited.page, {"channel": "phone", "state": "accepted"}, action="/replies")
    assert [one.state for one in replies()] == [ReplyState.ACCEPTED]
