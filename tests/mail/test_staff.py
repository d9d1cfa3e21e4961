"""The outbox page, as staff see it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from eventapp.audit import AuditEntry
from eventapp.db import reading, write
from eventapp.mail import queries
from eventapp.mail.models import State
from eventapp.web.permissions import GRANTS, Permission, Role
from eventapp.work.worker import Worker
from tests.mail.givens import change, queue, row
from tests.support.html import Page
from tests.support.pages import PageClient
from tests.support.staff import sign_in

OUTBOX = "/staff/outbox"
ALLOWED = sorted(GRANTS[Permission.READ_OUTBOX])


@pytest.fixture
def staff(app: Flask, page_client: PageClient) -> PageClient:
    """An organiser who is signed in."""
    sign_in(page_client, Role.ORGANISER)
    return page_client


def acts(app: Flask) -> list[str]:
    with app.app_context(), reading() as conn:
        return list(conn.scalars(select(AuditEntry.act).where(AuditEntry.act.like("mail.%")).order_by(AuditEntry.at)))


def send_one(app: Flask, **options: Any) -> str:
    with app.app_context():
        mail_id = queue(**options)
    Worker(app).run_once()
    return mail_id


def links(page: Page) -> set[str]:
    return {one.attributes["href"] for one in page.root.all("a") if "href" in one.attributes}


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.DOOR}))
def test_only_some_roles_see_the_outbox(app: Flask, page_client: PageClient, role: Role):
    sign_in(page_client, role)
    assert page_client.get(OUTBOX).status_code == (200 if role in ALLOWED else 403)


def test_an_empty_outbox_says_what_will_come(staff: PageClient):
    assert "Ingen mails her" in staff.visit(OUTBOX).text
    assert "No mails here" in staff.visit(f"{OUTBOX}?lang=en").text


def test_the_list_shows_the_newest_first_and_filters_by_state(app: Flask, staff: PageClient):
    sent = send_one(app, to="sent@example.org")
    with app.app_context():
        queue("waits@example.org")
    page = staff.visit(OUTBOX)
    assert page.text.index("waits@example.org") < page.text.index("sent@example.org")
    assert f"{OUTBOX}/{sent}" in links(page)
    assert "waits@example.org" not in staff.visit(f"{OUTBOX}?state=sent").text
    assert "sent@example.org" not in staff.visit(f"{OUTBOX}?state=waiting").text


def test_many_mails_come_in_pages(app: Flask, staff: PageClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(queries, "PER_PAGE", 2)
    with app.app_context():
        for number in range(5):
            queue(f"a{number}@example.org")
    assert "a4@example.org" in staff.visit(OUTBOX).text
    assert f"{OUTBOX}?page=2" in links(staff.page)
    last = staff.visit(f"{OUTBOX}?page=3&state=waiting")
    assert re.findall(r"a\d@", last.text) == ["a0@"]
    assert staff.get(f"{OUTBOX}?page=9").status_code == 404


def test_a_mail_that_was_written_to_a_file_can_be_read_and_its_links_followed(app: Flask, staff: PageClient):
    mail_id = send_one(app, secrets={"link": "http://localhost/t/ABC", "code": "XK-77"})
    page = staff.visit(f"{OUTBOX}/{mail_id}")
    assert page.heading == "Hello Anna"
    assert "http://localhost/t/ABC" in links(page)
    assert "XK-77" in page.text
    assert "Skrevet til fil." in page.text
    response = staff.get(f"{OUTBOX}/{mail_id}/file")
    assert response.mimetype == "message/rfc822"
    assert response.headers["Content-Disposition"] == f"attachment; filename={mail_id}.eml"
    assert b"http://localhost/t/ABC" in response.data
    response.close()


def test_a_mail_that_waits_is_shown_as_it_will_be_without_its_links(app: Flask, staff: PageClient):
    with app.app_context():
        mail_id = queue(secrets={"link": "http://localhost/t/ABC", "code": "XK-77"})
    page = staff.visit(f"{OUTBOX}/{mail_id}")
    assert "sendt automatisk af Anna" in page.text
    assert "ABC" not in page.text
    assert "XK-77" not in page.text
    assert staff.get(f"{OUTBOX}/{mail_id}/file").status_code == 404


def test_names_in_a_mail_stay_text(app: Flask, staff: PageClient):
    mail_id = send_one(app, context={"name": "<script>alert(1)</script>"})
    assert "<script>alert(1)" not in staff.get(f"{OUTBOX}/{mail_id}").text
    assert staff.page.heading == "Hello <script>alert(1)</script>"


def test_each_try_is_shown_with_the_answer(app: Flask, staff: PageClient):
    mail_id = send_one(app, message="test/broken")
    page = staff.visit(f"{OUTBOX}/{mail_id}")
    assert "Den kunne ikke laves: UndefinedError" in page.text
    assert "Mailen kan ikke vises" in page.text
    assert "Den kunne ikke laves" in staff.visit(OUTBOX).text


def test_staff_can_have_a_failed_mail_tried_again(app: Flask, staff: PageClient):
    with app.app_context():
        mail_id = queue(public=True)
        change(mail_id, state=State.HELD, finished_at=datetime.now(UTC), attempts=7)
    page = staff.submit(f"{OUTBOX}/{mail_id}", action="/attempts")
    assert "Mailen er på vej igen." in page.text
    with app.app_context():
        again = row(mail_id)
        assert (again.state, again.attempts, again.finished_at) == (State.WAITING, 0, None)
        assert again.admitted_at is not None
    assert acts(app) == ["mail.viewed", "mail.tried_again", "mail.viewed"]
    Worker(app).run_once()
    with app.app_context():
        assert row(mail_id).state is State.SENT


def test_a_sent_mail_is_not_sent_again(app: Flask, staff: PageClient):
    mail_id = send_one(app)
    page = staff.visit(f"{OUTBOX}/{mail_id}")
    assert not [one for one in page.forms() if one.attributes.get("action", "").endswith("/attempts")]
    token = next(one.attributes["value"] for one in page.root.all("input", name="csrf_token"))
    assert staff.post(f"{OUTBOX}/{mail_id}/attempts", data={"csrf_token": token}).status_code == 409


def test_after_a_month_a_failed_mail_cannot_be_sent_again(app: Flask, staff: PageClient):
    with app.app_context():
        mail_id = queue()
        change(mail_id, state=State.REFUSED, finished_at=datetime.now(UTC) - timedelta(days=31))
    assert not [one for one in staff.visit(f"{OUTBOX}/{mail_id}").forms() if "attempts" in one.attributes["action"]]


def test_every_look_is_noted(app: Flask, staff: PageClient):
    mail_id = send_one(app)
    staff.visit(OUTBOX)
    staff.visit(f"{OUTBOX}/{mail_id}")
    staff.get(f"{OUTBOX}/{mail_id}/file").close()
    assert acts(app) == ["mail.list_viewed", "mail.viewed", "mail.downloaded"]


def test_a_row_that_cannot_be_read_spoils_no_page(app: Flask, staff: PageClient):
    with app.app_context():
        mail_id = queue("anna@example.org")
        write(lambda conn: conn.exec_driver_sql("UPDATE outbox_mail SET context = '{broken'").rowcount)
    Worker(app).run_once()
    assert "anna@example.org" in staff.visit(OUTBOX).text
    page = staff.visit(f"{OUTBOX}/{mail_id}")
    assert "Den kan ikke læses: JSONDecodeError" in page.text
    assert "Mailen kan ikke vises" in page.text


def test_an_unknown_mail_is_not_found(staff: PageClient):
    assert staff.get(f"{OUTBOX}/{'0' * 32}").status_code == 404
    assert staff.get(f"{OUTBOX}/..%2f..%2fetc/file").status_code == 404


def test_the_gauges_count_what_waits_and_what_failed(app: Flask):
    with app.app_context():
        queue()
        failed = queue()
        change(failed, state=State.GIVEN_UP, finished_at=datetime.now(UTC))
        found = queries.gauges()
    assert (found["outbox_waiting"], found["outbox_given_up"], found["outbox_refused"]) == (1, 1, 0)
    assert 0 <= found["outbox_oldest_seconds"] < 60
