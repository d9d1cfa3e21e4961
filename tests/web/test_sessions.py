"""The cookie of a form and its token, worked out once: whatever is known, a wrong one is refused and an old one too."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask, session
from flask.ctx import RequestContext
from flask_wtf.csrf import generate_csrf

from eventapp import clock
from eventapp.web import sessions
from eventapp.web.csrf import is_ours

pytestmark = pytest.mark.engines("sqlite")


def opened(app: Flask, cookie: str = "") -> tuple[str, str]:
    """The cookie and the token of somebody who opens a form."""
    with app.test_client() as client:
        if cookie:
            client.set_cookie(app.config["SESSION_COOKIE_NAME"], cookie)
        client.get("/door/shift")
        found = client.get_cookie(app.config["SESSION_COOKIE_NAME"])
        assert found is not None
        with client.session_transaction() as kept:
            raw = str(kept["csrf_token"])
    return found.value, raw


def token_of(app: Flask, cookie: str) -> str:
    with asked(app, cookie):
        return str(generate_csrf())


def asked(app: Flask, cookie: str) -> RequestContext:
    return app.test_request_context("/", headers={"Cookie": f"{app.config['SESSION_COOKIE_NAME']}={cookie}"})


def holds(app: Flask, cookie: str) -> str:
    """What the session of a request with this cookie holds."""
    with asked(app, cookie):
        return str(session.get("csrf_token", ""))


def test_a_cookie_that_is_known_holds_what_it_held(app: Flask) -> None:
    cookie, raw = opened(app)
    assert [holds(app, cookie) for _ in range(3)] == [raw] * 3


def test_what_one_request_puts_into_its_session_no_other_finds(app: Flask) -> None:
    cookie, raw = opened(app)
    holds(app, cookie)
    with asked(app, cookie):
        session["csrf_token"] = "another"
    assert holds(app, cookie) == raw


def test_a_cookie_that_was_changed_is_none(app: Flask) -> None:
    cookie, _raw = opened(app)
    holds(app, cookie)
    assert [holds(app, f"{cookie}x"), holds(app, cookie[:-1]), holds(app, "")] == ["", "", ""]


def test_a_known_cookie_grows_old(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    cookie, raw = opened(app)
    assert holds(app, cookie) == raw
    now = clock.system_now()
    for age, found in ((timedelta(days=7) - timedelta(minutes=1), raw), (timedelta(days=7, minutes=1), "")):
        monkeypatch.setattr(clock, "system_now", lambda age=age: now + age)
        assert holds(app, cookie) == found


def test_a_token_belongs_to_its_own_session_however_often_it_was_right(app: Flask) -> None:
    mine, other = opened(app)[0], opened(app)[0]
    token, foreign = token_of(app, mine), token_of(app, other)
    for _ in range(2):
        with asked(app, mine):
            assert [is_ours(one) for one in (token, foreign, f"{token}x", "", None)] == [
                True,
                False,
                False,
                False,
                False,
            ]
        with asked(app, other):
            assert [is_ours(token), is_ours(foreign)] == [False, True]
        with asked(app, ""):
            assert not is_ours(token)


def test_neither_remembers_more_than_so_many(app: Flask) -> None:
    known = sessions.Known[str]()
    for number in range(3 * sessions.MOST_KNOWN):
        known.keep("key", str(number), "found")
    assert len(known._found) <= sessions.MOST_KNOWN
    assert known.get("other key", str(3 * sessions.MOST_KNOWN - 1)) is None
