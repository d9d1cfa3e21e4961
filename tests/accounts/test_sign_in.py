"""Signing in, step by step, as a browser and as an attacker see it (reliability S1 to S8)."""

from __future__ import annotations

import re
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from eventapp import clock
from eventapp.accounts import password_rules, queries
from eventapp.accounts.models import RecoveryCode, Staff, StaffSession
from eventapp.audit import AuditEntry
from eventapp.brakes import Attempt
from eventapp.db import db
from eventapp.tokens import keyed_hash
from tests.accounts.conftest import Colleague, csrf_token, give_password, send, sign_in_fully
from tests.support.html import Page
from tests.support.pages import PageClient

pytestmark = pytest.mark.usefixtures("quick_hashes")


def acts(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(AuditEntry.act).order_by(AuditEntry.at, AuditEntry.id)))


def age_attempts(app: Flask, by: timedelta) -> None:
    with app.app_context():
        for attempt in db.session.scalars(select(Attempt)):
            attempt.at -= by
        db.session.commit()


# --- the way in ----------------------------------------------------------------------------------------------


def test_password_and_code_lead_to_the_page_that_was_asked_for(
    page_client: PageClient, mette: Colleague, app: Flask
) -> None:
    asked = page_client.get("/staff/account")
    assert asked.location == "/staff/sign-in?next=/staff/account"
    page_client.submit(asked.location, {"email": " METTE@Havneby.example.org ", "password": mette.password})
    page = page_client.submit("/staff/second-factor?next=/staff/account", {"code": mette.code()})
    assert page.heading == "Din konto"
    assert acts(app) == ["accounts.signed_in"]


def test_the_next_page_is_kept_through_both_steps(client: FlaskClient, mette: Colleague) -> None:
    half = send(client, "/staff/sign-in?next=/staff/account", email=mette.email, password=mette.password)
    assert half.location == "/staff/second-factor?next=/staff/account"
    assert send(client, half.location, code=mette.code()).location == "/staff/account"


def test_without_the_second_factor_nothing_opens(client: FlaskClient, mette: Colleague) -> None:
    give_password(client, mette)
    assert client.get("/staff/").location == "/staff/sign-in?next=/staff/"
    assert client.get("/staff/account/password").status_code == 302


def test_a_code_works_once(client: FlaskClient, app: Flask, mette: Colleague) -> None:
    code = mette.code()
    give_password(client, mette)
    assert send(client, "/staff/second-factor", code=code).status_code == 303
    other = app.test_client()
    give_password(other, mette)
    assert send(other, "/staff/second-factor", code=code).status_code == 422


@pytest.mark.parametrize(("steps_away", "status"), [(-2, 422), (-1, 303), (0, 303), (1, 303), (2, 422)])
def test_a_code_is_right_in_its_half_minute_and_those_beside_it(
    client: FlaskClient, mette: Colleague, monkeypatch: pytest.MonkeyPatch, steps_away: int, status: int
) -> None:
    now = clock.system_now()  # stands still: the half minute must not end between making the code and sending it
    monkeypatch.setattr(clock, "system_now", lambda: now)
    give_password(client, mette)
    mette.steps = steps_away
    assert send(client, "/staff/second-factor", code=mette.code()).status_code == status


def test_spaces_in_a_code_do_no_harm(client: FlaskClient, mette: Colleague) -> None:
    give_password(client, mette)
    code = mette.code()
    assert send(client, "/staff/second-factor", code=f" {code[:3]} {code[3:]} ").status_code == 303


def test_who_is_signed_in_is_not_asked_again(signed_in: PageClient) -> None:
    assert signed_in.get("/staff/sign-in").location == "/staff/"


def test_a_disabled_account_gets_the_same_answer_as_a_wrong_password(
    client: FlaskClient, app: Flask, mette: Colleague
) -> None:
    with app.app_context():
        db.session.execute(update(Staff).values(disabled_at=clock.system_now()))
        db.session.commit()
    answer = give_password(client, mette)
    assert answer.status_code == 422
    assert "E-mailen eller adgangskoden er forkert." in Page(answer.text).text


# --- enrolment -----------------------------------------------------------------------------------------------


def test_who_has_no_second_factor_must_set_one_up(page_client: PageClient, app: Flask, mette: Colleague) -> None:
    with app.app_context():
        db.session.execute(update(Staff).values(totp_secret=None))
        db.session.commit()
    page = page_client.submit("/staff/sign-in", {"email": mette.email, "password": mette.password})
    assert page.heading == "Sæt din engangskode op"
    assert page.root.all("svg")[-1].attributes["role"] == "img"
    mette.secret = next(one.text for one in page.root.all("code"))
    answer = page_client.submit("/staff/second-factor/enrolment", {"code": mette.code()}, status=201)
    codes = [one.text for one in answer.root.all("code")]
    assert len(codes) == 10
    assert page_client.get("/staff/").status_code == 200
    with app.app_context():
        stored = {one.code_hash for one in db.session.scalars(select(RecoveryCode))}
        assert len(stored) == 10
        assert not stored & set(codes)


def test_a_wrong_code_binds_nothing(page_client: PageClient, app: Flask, mette: Colleague) -> None:
    with app.app_context():
        db.session.execute(update(Staff).values(totp_secret=None))
        db.session.commit()
    page_client.submit("/staff/sign-in", {"email": mette.email, "password": mette.password})
    page_client.submit("/staff/second-factor/enrolment", {"code": "000000"}, status=422)
    with app.app_context():
        assert db.session.scalars(select(Staff.totp_secret)).one() is None


def test_a_stolen_password_cannot_bind_another_phone(client: FlaskClient, mette: Colleague) -> None:
    give_password(client, mette)
    assert client.get("/staff/second-factor/enrolment").location == "/staff/sign-in"
    answer = client.post("/staff/second-factor/enrolment", data={"code": "123456"})
    assert answer.status_code == 400  # no form was drawn, so no token
    assert client.get("/staff/password").location == "/staff/sign-in"


def test_a_recovery_code_lets_in_once(client: FlaskClient, app: Flask, mette: Colleague) -> None:
    sign_in_fully(client, mette)
    made = send(client, "/staff/account/recovery-codes", password=mette.password)
    code = Page(made.text).root.all("code")[0].text
    for status in (303, 422):
        other = app.test_client()
        give_password(other, mette)
        assert send(other, "/staff/second-factor", code=code.lower().replace("-", " ")).status_code == status


def test_recovery_codes_are_renewed_only_with_the_password(signed_in: PageClient, mette: Colleague) -> None:
    signed_in.submit("/staff/account/recovery-codes", {"password": "et andet kodeord"}, status=422)
    signed_in.submit("/staff/account/recovery-codes", {"password": mette.password}, status=201)
    assert "Du har 10 nødkoder tilbage." in signed_in.visit("/staff/account").text


def test_another_phone_is_bound_with_password_and_its_own_code(signed_in: PageClient, mette: Colleague) -> None:
    page = signed_in.visit("/staff/second-factor/enrolment")
    mette.secret, mette.steps = next(one.text for one in page.root.all("code")), 0
    code = mette.code()
    signed_in.submit("/staff/second-factor/enrolment", {"code": code, "password": "forkert kodeord"}, status=422)
    signed_in.submit("/staff/second-factor/enrolment", {"code": code, "password": mette.password}, status=201)
    assert signed_in.get("/staff/").status_code == 200


# --- guessing ------------------------------------------------------------------------------------------------


def test_after_ten_failures_even_the_right_password_must_wait(
    client: FlaskClient, app: Flask, mette: Colleague
) -> None:
    for _ in range(10):
        answer = send(client, "/staff/sign-in", email=mette.email, password="et forkert kodeord")
        assert answer.status_code == 422
    answer = give_password(client, mette)
    assert answer.status_code == 429
    assert 10 <= int(answer.headers["Retry-After"]) <= 15
    assert "Vent 1 minut" in Page(answer.text).text
    assert mette.email in answer.text  # what was typed is kept
    age_attempts(app, timedelta(seconds=16))
    assert give_password(client, mette).status_code == 303


def test_tries_during_the_wait_do_not_make_it_longer(client: FlaskClient, app: Flask, mette: Colleague) -> None:
    for _ in range(10):
        send(client, "/staff/sign-in", email=mette.email, password="et forkert kodeord")
    for _ in range(5):
        assert give_password(client, mette).status_code == 429
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Attempt)) == 10


@pytest.mark.engines("sqlite")
def test_a_list_of_a_thousand_passwords_finds_nothing(
    client: FlaskClient, app: Flask, mette: Colleague, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[str] = []

    def look_at(password: str, _stored: str | None) -> tuple[bool, None]:
        looked_at.append(password)
        return False, None

    monkeypatch.setattr(password_rules, "verify", look_at)
    form = {"email": mette.email, "csrf_token": csrf_token(client, "/staff/sign-in")}
    statuses = {
        client.post("/staff/sign-in", data={**form, "password": f"gæt {number}"}).status_code for number in range(1000)
    }
    assert statuses == {422, 429}
    assert len(looked_at) < 20


def test_an_unknown_address_is_made_to_wait_like_a_known_one(client: FlaskClient) -> None:
    statuses = [
        send(client, "/staff/sign-in", email="ingen@havneby.example.org", password="et forkert kodeord").status_code
        for _ in range(11)
    ]
    assert statuses == [422] * 10 + [429]


def test_strangers_cannot_lock_out_one_who_signed_in_from_here_before(
    client: FlaskClient, app: Flask, mette: Colleague
) -> None:
    sign_in_fully(client, mette)
    stranger = app.test_client()
    stranger.environ_base["REMOTE_ADDR"] = "192.0.2.66"
    for _ in range(10):
        send(stranger, "/staff/sign-in", email=mette.email, password="et forkert kodeord")
    assert give_password(stranger, mette).status_code == 429
    assert give_password(app.test_client(), mette).status_code == 303


def test_guessing_codes_is_counted_too(client: FlaskClient, mette: Colleague) -> None:
    give_password(client, mette)
    for _ in range(10):
        assert send(client, "/staff/second-factor", code="000000").status_code == 422
    assert send(client, "/staff/second-factor", code=mette.code()).status_code == 429


def test_an_address_that_tries_many_accounts_must_wait(client: FlaskClient, app: Flask) -> None:
    send(client, "/staff/sign-in", email="nogen@havneby.example.org", password="et forkert kodeord")
    with app.app_context():
        address = db.session.scalars(select(Attempt.address_hash)).one()
        now = clock.system_now()
        db.session.add_all(
            Attempt(brake="sign_in", account_hash=f"{number:064}", address_hash=address, at=now) for number in range(99)
        )
        db.session.commit()
    answer = send(client, "/staff/sign-in", email="en.anden@havneby.example.org", password="et forkert kodeord")
    assert answer.status_code == 429


def test_attempts_hold_nothing_that_can_be_read(client: FlaskClient, app: Flask, mette: Colleague) -> None:
    send(client, "/staff/sign-in", email=mette.email, password="et forkert kodeord")
    with app.app_context():
        attempt = db.session.scalars(select(Attempt)).one()
        assert (attempt.account_hash, attempt.address_hash) == (keyed_hash(mette.email), keyed_hash("127.0.0.1"))
        assert all(re.fullmatch("[0-9a-f]{64}", one) for one in (attempt.account_hash, attempt.address_hash))
        entry = db.session.scalars(select(AuditEntry)).one()
        assert (entry.act, entry.facts) == ("accounts.sign_in_refused", {"reason": "password"})
        assert entry.subject_id == mette.id


def test_the_answer_is_the_same_for_known_and_unknown(client: FlaskClient, mette: Colleague) -> None:
    answers = [
        send(client, "/staff/sign-in", email=email, password="et forkert kodeord")
        for email in (mette.email, "ingen@havneby.example.org")
    ]
    texts = {Page(answer.text.replace(mette.email, "")).text for answer in answers}
    assert {answer.status_code for answer in answers} == {422}
    assert len(texts) == 1


# --- sessions ------------------------------------------------------------------------------------------------


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie("staff")
    assert found is not None
    return found.value


def test_the_session_is_new_at_each_step_and_only_its_hash_is_stored(
    client: FlaskClient, app: Flask, mette: Colleague
) -> None:
    client.set_cookie("staff", "chosen-by-an-attacker")
    give_password(client, mette)
    half = cookie(client)
    send(client, "/staff/second-factor", code=mette.code())
    full = cookie(client)
    assert len({half, full, "chosen-by-an-attacker"}) == 3
    assert len(full) >= 22  # 128 bits
    with app.app_context():
        rows = db.session.scalars(select(StaffSession).order_by(StaffSession.created_at)).all()
        assert not {half, full} & {row.token_hash for row in rows}
    client.set_cookie("staff", half)
    assert client.get("/staff/").status_code == 302


def test_the_cookie_is_out_of_reach_of_script_and_other_sites(client: FlaskClient, mette: Colleague) -> None:
    set_cookie = give_password(client, mette).headers.getlist("Set-Cookie")
    staff = next(SimpleCookie(one)["staff"] for one in set_cookie if one.startswith("staff="))
    assert staff["httponly"]
    assert staff["samesite"] == "Lax"
    assert staff["path"] == "/"
    assert not staff["domain"]
    assert not staff["max-age"]


def test_signing_out_kills_the_session_on_the_server(client: FlaskClient, app: Flask, mette: Colleague) -> None:
    sign_in_fully(client, mette)
    copied = cookie(client)
    out = send(client, "/staff/")
    assert out.status_code == 303
    assert out.headers["Clear-Site-Data"] == '"cache"'
    assert client.get_cookie("staff") is None
    client.set_cookie("staff", copied)
    assert client.get("/staff/").status_code == 302
    assert acts(app)[-1] == "accounts.signed_out"


def test_a_new_password_ends_every_other_session(client: FlaskClient, app: Flask, mette: Colleague) -> None:
    other = app.test_client()
    sign_in_fully(other, mette)
    sign_in_fully(client, mette)
    before = cookie(client)
    answer = send(client, "/staff/account/password", password=mette.password, new_password="grævling i kjole og hvidt")
    assert answer.status_code == 303
    assert client.get("/staff/").status_code == 200
    assert cookie(client) != before
    assert other.get("/staff/").status_code == 302
    mette.password = "grævling i kjole og hvidt"
    assert give_password(app.test_client(), mette).status_code == 303


def test_another_browser_can_be_signed_out_but_only_of_ones_own(
    page_client: PageClient, app: Flask, mette: Colleague, admin: Colleague
) -> None:
    other, of_admin = app.test_client(), app.test_client()
    sign_in_fully(other, mette)
    sign_in_fully(of_admin, admin)
    sign_in_fully(page_client, mette)
    with app.app_context():
        own = select(StaffSession.id).where(
            StaffSession.staff_id == admin.id, StaffSession.second_factor_at.is_not(None)
        )
        of_admin_id = db.session.scalars(own).one()
    page_client.submit("/staff/account", {}, action="/end")
    assert other.get("/staff/").status_code == 302
    csrf = csrf_token(page_client, "/staff/account/password")
    page_client.post(f"/staff/account/sessions/{of_admin_id}/end", data={"csrf_token": csrf})
    assert of_admin.get("/staff/").status_code == 200


@pytest.mark.parametrize(
    ("column", "ago"), [("seen_at", timedelta(minutes=31)), ("created_at", timedelta(hours=12, minutes=1))]
)
def test_an_idle_or_old_session_is_dead(
    client: FlaskClient, app: Flask, mette: Colleague, column: str, ago: timedelta
) -> None:
    sign_in_fully(client, mette)
    with app.app_context():
        db.session.execute(update(StaffSession).values({column: clock.system_now() - ago}))
        db.session.commit()
    assert client.get("/staff/").status_code == 302


def test_use_keeps_a_session_alive_and_is_written_once_a_minute(
    client: FlaskClient, app: Flask, mette: Colleague
) -> None:
    sign_in_fully(client, mette)
    before = clock.system_now() - timedelta(minutes=20)
    with app.app_context():
        db.session.execute(update(StaffSession).values(seen_at=before))
        db.session.commit()
    client.get("/staff/")
    first = last_seen(app)
    assert first > before
    client.get("/staff/")
    assert last_seen(app) == first


def last_seen(app: Flask):
    with app.app_context():
        return db.session.scalar(select(func.max(StaffSession.seen_at)))


def test_what_was_typed_in_a_dead_session_can_be_sent_again(
    page_client: PageClient, app: Flask, admin: Colleague
) -> None:
    sign_in_fully(page_client, admin)
    typed = {
        "csrf_token": csrf_token(page_client, "/staff/accounts/new"),
        "name": "Søren <Ny>",
        "email": "soren@havneby.example.org",
        "roles": ["chair", "auditor"],
        "lang": "da",
    }
    dead = cookie(page_client)
    with app.app_context():
        db.session.execute(update(StaffSession).values(seen_at=clock.system_now() - timedelta(hours=1)))
        db.session.commit()
    kept = page_client.post("/staff/accounts/new", data=typed)
    assert kept.status_code == 403
    form = Page(kept.text).forms()[-1]
    assert form.attributes["action"] == "/staff/accounts/new"
    again = [(one.attributes["name"], one.attributes["value"]) for one in form.all("input")]
    assert [value for name, value in again if name == "roles"] == ["chair", "auditor"]
    assert ("name", "Søren <Ny>") in again
    sign_in_fully(page_client, admin)
    assert cookie(page_client) != dead
    fields = {
        "csrf_token": dict(again)["csrf_token"],
        **{key: value for key, value in typed.items() if key != "csrf_token"},
    }
    assert page_client.post("/staff/accounts/new", data=fields).status_code == 201


def test_passwords_are_never_sent_back(page_client: PageClient, app: Flask, mette: Colleague) -> None:
    sign_in_fully(page_client, mette)
    csrf = csrf_token(page_client, "/staff/account/password")
    with app.app_context():
        db.session.execute(update(StaffSession).values(ended_at=clock.system_now()))
        db.session.commit()
    kept = page_client.post(
        "/staff/account/password",
        data={"csrf_token": csrf, "password": mette.password, "new_password": "noget helt nyt og hemmeligt"},
    )
    assert kept.status_code == 403
    assert mette.password not in kept.text
    assert "helt nyt" not in kept.text


def test_public_pages_ask_the_database_nothing_without_a_cookie(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(queries, "open_session", lambda *_: asked.append(1))
    client.get("/privacy")
    assert not asked
    client.set_cookie("staff", "something")
    client.get("/privacy")
    assert asked


def test_the_language_of_the_account_is_used_until_another_is_chosen(
    page_client: PageClient, app: Flask, mette: Colleague
) -> None:
    with app.app_context():
        db.session.execute(update(Staff).values(lang="en"))
        db.session.commit()
    sign_in_fully(page_client, mette)
    assert page_client.visit("/staff/account").heading == "Your account"
    assert page_client.visit("/staff/account?lang=da").heading == "Din konto"
    assert page_client.visit("/staff/account").heading == "Din konto"
