"""What an administrator does with the accounts of others, and the commands that do the same."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from eventapp import clock
from eventapp.accounts.models import RecoveryCode, RoleGrant, Staff
from eventapp.audit import AuditEntry
from eventapp.db import db
from eventapp.mail.models import OutboxMail
from eventapp.web.permissions import Role
from eventapp.work.worker import Worker
from tests.accounts.conftest import Colleague, give_password, send, sign_in_fully
from tests.support.factories import make_case
from tests.support.pages import PageClient, choose_form, form_values
from tests.support.staff import make_staff

pytestmark = pytest.mark.usefixtures("quick_hashes")
NEW = {"name": "Åse Ærø", "email": "Aase@Havneby.example.org", "roles": ["officer", "approver"]}


@pytest.fixture
def desk(page_client: PageClient, admin: Colleague) -> PageClient:
    """A browser in which the administrator is signed in."""
    sign_in_fully(page_client, admin)
    return page_client


def roles_of(app: Flask, email: str) -> set[Role]:
    with app.app_context():
        granted = select(RoleGrant.role).join(Staff, Staff.id == RoleGrant.staff_id).where(Staff.email == email)
        return set(db.session.scalars(granted))


def last_act(app: Flask) -> AuditEntry:
    with app.app_context():
        newest = select(AuditEntry).order_by(AuditEntry.at.desc(), AuditEntry.id).limit(1)
        return db.session.scalars(newest).one()


def test_a_new_account_is_made_and_its_link_shown_once(desk: PageClient, app: Flask) -> None:
    page = desk.submit("/staff/accounts/new", NEW, status=201)
    link = next(one.text for one in page.root.all("code"))
    assert re.fullmatch(r"http://localhost/staff/links/[\w-]{22}", link)
    assert roles_of(app, "aase@havneby.example.org") == {Role.OFFICER, Role.APPROVER}
    assert "Åse Ærø" in desk.visit("/staff/accounts").text
    newcomer = app.test_client()
    assert send(newcomer, link.removeprefix("http://localhost")).status_code == 303


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"email": "ADMIN@havneby.example.org"}, "Der er allerede en konto med den e-mail."),
        ({"email": "ikke en adresse"}, "Skriv en e-mail som navn@example.org."),
        ({"name": ""}, "Udfyld feltet."),
        ({"name": "\u3164"}, "Udfyld feltet."),
        ({"roles": []}, "Vælg mindst én rolle."),
        ({"roles": ["door"]}, "“door” er ikke en af mulighederne."),
    ],
)
def test_mistakes_are_said_and_nothing_is_lost(desk: PageClient, change: dict[str, object], says: str) -> None:
    page = desk.submit("/staff/accounts/new", {**NEW, **change}, status=422)
    assert says in page.text
    if "name" not in change:
        assert "Åse Ærø" in {one.attributes.get("value") for one in page.root.all("input")}


def test_a_withdrawn_role_is_gone_with_the_next_click(desk: PageClient, app: Flask, mette: Colleague) -> None:
    browser = app.test_client()
    sign_in_fully(browser, mette)
    assert browser.get("/staff/accounts").status_code == 403
    desk.submit(f"/staff/accounts/{mette.id}", {"roles": ["admin"]})
    assert browser.get("/staff/accounts").status_code == 200
    desk.submit(f"/staff/accounts/{mette.id}", {"roles": ["auditor"]})
    assert browser.get("/staff/accounts").status_code == 403
    assert last_act(app).act == "web.refused"


def test_closing_an_account_shuts_out_at_once_and_opening_lets_in(
    desk: PageClient, app: Flask, mette: Colleague
) -> None:
    browser = app.test_client()
    sign_in_fully(browser, mette)
    desk.submit(f"/staff/accounts/{mette.id}", {}, action="/closure")
    assert browser.get("/staff/").status_code == 302
    assert give_password(browser, mette).status_code == 422
    desk.submit(f"/staff/accounts/{mette.id}", {}, action="/closure/end")
    assert give_password(browser, mette).status_code == 303


def test_the_last_administrator_cannot_go(desk: PageClient, app: Flask, admin: Colleague) -> None:
    page = desk.submit(f"/staff/accounts/{admin.id}", {"roles": ["auditor"]}, status=409)
    assert "mindst én, der kan administrere" in page.text
    csrf = desk.visit(f"/staff/accounts/{admin.id}").forms()[-1].all("input")[0].attributes["value"]
    assert desk.post(f"/staff/accounts/{admin.id}/closure", data={"csrf_token": csrf}).status_code == 409
    assert roles_of(app, admin.email) == {Role.ADMIN}


@pytest.mark.parametrize("disabled", [True, False])
def test_only_an_administrator_in_use_counts_as_one_who_is_left(
    desk: PageClient, app: Flask, admin: Colleague, disabled: bool
) -> None:
    with app.app_context():
        other = make_staff(Role.ADMIN)
        other.disabled_at = clock.system_now() if disabled else None
        db.session.commit()
    status = 409 if disabled else 303
    form = choose_form(desk.visit(f"/staff/accounts/{admin.id}"), {"roles": ""}, admin.id)
    answer = desk.post(f"/staff/accounts/{admin.id}", data={**form_values(form), "roles": ["auditor"]})
    assert answer.status_code == status
    assert "En anden har ændret" not in answer.text
    assert roles_of(app, admin.email) == ({Role.ADMIN} if disabled else {Role.AUDITOR})


def test_a_removed_second_factor_is_asked_for_anew(desk: PageClient, app: Flask, mette: Colleague) -> None:
    browser = app.test_client()
    sign_in_fully(browser, mette)
    assert send(browser, "/staff/account/recovery-codes", password=mette.password).status_code == 201
    desk.submit(f"/staff/accounts/{mette.id}", {}, action="/second-factor/removal")
    assert browser.get("/staff/").status_code == 302
    give_password(browser, mette)
    assert browser.get("/staff/second-factor").location == "/staff/second-factor/enrolment"
    with app.app_context():
        assert db.session.scalars(select(RecoveryCode)).all() == []


def test_a_new_link_can_be_made_for_a_lost_password(desk: PageClient, app: Flask, mette: Colleague) -> None:
    page = desk.submit(f"/staff/accounts/{mette.id}", {}, action="/links", status=201)
    link = next(one.text for one in page.root.all("code"))
    assert send(app.test_client(), link.removeprefix("http://localhost")).location == "/staff/password"


def told(app: Flask) -> dict[str, str]:
    """To whom mails about changed access went -> what was done."""
    with app.app_context():
        found = db.session.scalars(select(OutboxMail).where(OutboxMail.message == "accounts/access_changed"))
        return {one.to_address: one.context["what"] for one in found}


def test_who_loses_the_second_factor_hears_of_it_and_so_do_the_other_administrators(
    desk: PageClient, app: Flask, admin: Colleague, mette: Colleague
) -> None:
    with app.app_context():
        second = make_staff(Role.ADMIN).email
        db.session.commit()
    page = desk.submit(f"/staff/accounts/{mette.id}", {}, action="/second-factor/removal")
    assert "Ejeren får besked" in page.text
    assert told(app) == {mette.email: "second_factor", second: "second_factor"}
    Worker(app).run_once()
    with app.app_context():
        mail = db.session.scalars(select(OutboxMail).where(OutboxMail.to_address == mette.email)).one()
    assert mail.subject == "Adgangen til din konto er ændret"
    assert mail.body is not None
    assert "Den anden faktor på din konto blev fjernet" in mail.body


def test_a_link_tells_the_owner_of_an_account_that_is_in_use(desk: PageClient, app: Flask, mette: Colleague) -> None:
    desk.submit("/staff/accounts/new", NEW, status=201)
    assert told(app) == {}
    desk.submit(f"/staff/accounts/{mette.id}", {}, action="/links", status=201)
    assert told(app) == {mette.email: "link"}


def test_a_role_is_given_for_a_case_and_taken_away(desk: PageClient, app: Flask, mette: Colleague) -> None:
    with app.app_context():
        case, other = make_case(), make_case()
        db.session.commit()
        own_page, other_page = f"/staff/hearings/new/{case.id}", f"/staff/hearings/new/{other.id}"
        key = f"case:{case.id}"
    browser = app.test_client()
    sign_in_fully(browser, mette)
    assert browser.get(own_page).status_code == 403
    desk.submit(f"/staff/accounts/{mette.id}", {"role": "officer", "scope": key}, action="/grants")
    assert "Sag: Ny havnepark" in desk.page.text
    assert "Sagsbehandler (Sag: Ny havnepark)" in desk.visit("/staff/accounts").text
    assert [browser.get(one).status_code for one in (own_page, other_page)] == [200, 404]
    desk.submit(f"/staff/accounts/{mette.id}", {}, action="/removal")
    assert browser.get(own_page).status_code == 403
    assert last_act(app).act == "web.refused"


@pytest.mark.parametrize("scope", ["", "case:0", "everything"])
def test_a_role_for_nothing_that_exists_is_refused(desk: PageClient, mette: Colleague, scope: str) -> None:
    desk.submit(f"/staff/accounts/{mette.id}", {"role": "officer", "scope": scope}, action="/grants", status=422)


def test_an_administrator_works_for_the_whole_authority(desk: PageClient, app: Flask) -> None:
    with app.app_context():
        key = f"case:{make_case().id}"
        db.session.commit()
    page = desk.submit("/staff/accounts/new", {**NEW, "roles": ["admin"], "scope": key}, status=422)
    assert "arbejder for hele myndigheden" in page.text
    desk.submit("/staff/accounts/new", {**NEW, "scope": key}, status=201)
    assert "Godkender (Sag: Ny havnepark)" in desk.visit("/staff/accounts").text


@pytest.mark.parametrize("path", ["", "/links", "/closure", "/closure/end", "/second-factor/removal"])
def test_an_unknown_account_is_not_found(desk: PageClient, path: str) -> None:
    csrf = desk.visit("/staff/accounts/new").forms()[-1].all("input")[0].attributes["value"]
    assert desk.post(f"/staff/accounts/{'0' * 32}{path}", data={"csrf_token": csrf}).status_code == 404


# --- the log -------------------------------------------------------------------------------------------------


def test_the_log_shows_who_did_what_and_can_be_narrowed_down(desk: PageClient, app: Flask, mette: Colleague) -> None:
    desk.submit(f"/staff/accounts/{mette.id}", {"roles": ["chair"]})
    page = desk.visit("/staff/audit")
    assert "Roller ændret" in page.text
    assert "roller: Ordstyrer og referent" in page.text
    page = desk.submit("/staff/audit", {"act": "accounts.signed_in"}, status=200)
    rows = [row.text for row in page.root.all("tbody")[0].all("tr")]
    assert len(rows) == 1
    assert "Loggede ind" in rows[0]
    assert "Roller ændret" in desk.visit(f"/staff/audit?subject={mette.id}").text
    assert "Der er intet i loggen, der passer" in desk.visit("/staff/audit?by=" + "0" * 32).text


def test_the_log_has_pages(desk: PageClient, app: Flask, admin: Colleague) -> None:
    with app.app_context():
        from eventapp import audit
        from eventapp.web.permissions import Person

        for number in range(120):
            audit.record(Person(admin.id, ""), "cases.opened", f"{number:032}")
        db.session.commit()
    assert "Side 1 af 3" in desk.visit("/staff/audit").text
    assert "Side 3 af 3" in desk.visit("/staff/audit?page=3").text
    assert "Side 3 af 3" in desk.visit("/staff/audit?page=99").text
    assert "Side 1 af 3" in desk.visit("/staff/audit?page=x").text


def test_a_refusal_is_written_down_with_the_route_and_not_the_address(
    page_client: PageClient, app: Flask, mette: Colleague
) -> None:
    sign_in_fully(page_client, mette)
    page_client.visit("/staff/accounts/0123456789abcdef0123456789abcdef", status=403)
    entry = last_act(app)
    assert (entry.act, entry.by_id) == ("web.refused", mette.id)
    assert entry.facts == {"method": "GET", "route": "/staff/accounts/<staff_id>"}


def test_strangers_cannot_fill_the_log(page_client: PageClient, app: Flask) -> None:
    page_client.post("/staff/accounts/new")
    page_client.get("/staff/accounts")
    with app.app_context():
        assert db.session.scalars(select(AuditEntry)).all() == []


# --- commands ------------------------------------------------------------------------------------------------


def test_the_first_administrator_comes_in_by_command(page_client: PageClient, app: Flask) -> None:
    done = app.test_cli_runner().invoke(
        args=["accounts", "create", "First@Havneby.example.org", "Første Mand", "--role", "admin", "--role", "auditor"]
    )
    assert done.exit_code == 0, done.output
    link = done.output.strip()
    page = page_client.submit(link.removeprefix("http://localhost"))
    assert page.heading == "Vælg en adgangskode"
    assert roles_of(app, "first@havneby.example.org") == {Role.ADMIN, Role.AUDITOR}
    again = app.test_cli_runner().invoke(
        args=["accounts", "create", "first@havneby.example.org", "X", "--role", "admin"]
    )
    assert again.exit_code == 1
    assert "Der er allerede en konto" in again.output


def test_the_last_administrator_comes_back_in_by_command(app: Flask, admin: Colleague) -> None:
    runner = app.test_cli_runner()
    done = runner.invoke(args=["accounts", "link", admin.email, "--without-second-factor"])
    assert done.exit_code == 0, done.output
    client = app.test_client()
    send(client, done.output.strip().removeprefix("http://localhost"))
    send(client, "/staff/password", new_password="grævling i kjole og hvidt")
    assert client.get("/staff/second-factor").location == "/staff/second-factor/enrolment"
    assert runner.invoke(args=["accounts", "link", "ingen@havneby.example.org"]).exit_code == 1
