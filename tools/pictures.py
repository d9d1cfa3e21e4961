"""Take the pictures of staff pages that ``docs/guide.md`` shows: ``make pictures``.

The demo, in a folder that is thrown away, with what such a page would hold on a working day; in Debian's Chromium.
"""

from __future__ import annotations

import io
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import flask_migrate
from flask import Flask
from PIL import Image
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import select
from werkzeug.serving import make_server

from eventapp import clock, config, create_app
from eventapp.accounts import admin_actions
from eventapp.accounts.models import Staff, StaffSession
from eventapp.accounts.session_hooks import cookie_name
from eventapp.cases.models import Case
from eventapp.cli import make_secrets
from eventapp.db import db
from eventapp.demo import load
from eventapp.demo.models import Stage
from eventapp.events.models import Event
from eventapp.hearing.dossier.erasure_actions import erasable
from eventapp.languages import OFFICIAL, Wording
from eventapp.record.models import RecordEntry
from eventapp.registration import asking_actions
from eventapp.registration.asking_actions import Question
from eventapp.tokens import new_token, token_hash
from eventapp.web.fields import FieldKind
from eventapp.web.permissions import Grant, Person, Role
from eventapp.work import actions as work
from eventapp.work.models import Job, JobState

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
WIDTH, HEIGHT, COLOURS = 1280, 800, 64
LARGEST_BYTES = 150_000
QUESTION = Question(
    label=Wording({OFFICIAL: "Kommer du med bus?"}),
    purpose=Wording({OFFICIAL: "Vi bestiller busser fra stationen"}),
    kind=FieldKind.FLAG,
)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, _demo(Path(folder)) as app:
        with app.app_context():
            token, pages = _sign_in(), _prepare()
        with _served(app) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, locale=OFFICIAL)
            context.add_cookies(
                [{"name": name, "value": value, "url": address} for name, value in {"lang": OFFICIAL, **token}.items()]
            )
            page = context.new_page()
            for name, path in pages.items():
                _take(page, f"{address}{path}", FOLDER / f"{name}.png")
            browser.close()
    return 0


@contextmanager
def _demo(folder: Path) -> Iterator[Flask]:
    make_secrets(folder)
    app = create_app(config.load({}, folder))
    with app.app_context():
        flask_migrate.upgrade()
        load.load(Stage.CLOSED)
    try:
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def _sign_in() -> dict[str, str]:
    """Somebody who may do everything; returns the cookie."""
    now, token = clock.system_now(), new_token()
    grants = [Grant(role) for role in Role if role is not Role.DOOR]
    staff = admin_actions.create(
        db.session(), email="mette@havneby.example.org", name="Mette Havn", grants=grants, by=None, now=now
    )
    db.session.add(
        StaffSession(token_hash=token_hash(token), staff_id=staff.id, created_at=now, seen_at=now, second_factor_at=now)
    )
    db.session.commit()
    return {cookie_name(): token}


def _prepare() -> dict[str, str]:
    """What a working day leaves; returns name of the picture -> address."""
    case, event = db.session.scalars(select(Case)).one(), db.session.scalars(select(Event)).one()
    mette = db.session.scalars(select(Staff).where(Staff.name == "Mette Havn")).one()
    by, now = Person(mette.id, mette.name, frozenset(Role)), clock.system_now()
    bo = admin_actions.create(
        db.session(),
        email="bo@havneby.example.org",
        name="Bo Berg",
        grants=[Grant(Role.PROTOCOL, event_id=event.id), Grant(Role.OFFICER, case_id=case.id)],
        by=by,
        now=now,
    )
    asking_actions.ask(event, QUESTION, by=by)
    job_id = work.start(db.session.connection(), "telling.event", arguments={}, owner=by, subject_id=event.id)
    under_way = {"state": JobState.RUNNING, "leased_by": "picture", "done": 140, "total": 200}
    db.session.execute(db.update(Job).where(Job.id == job_id).values(under_way))
    entries = db.session.scalars(select(RecordEntry.seq).where(RecordEntry.log_id == case.id)).all()
    db.session.commit()
    largest = max(entries, key=lambda seq: len(erasable(case.id, seq).parts))
    return {
        "work": "/staff/work",
        "questions": f"/staff/events/{event.id}/registrations/questions",
        "erasure": f"/staff/cases/{case.id}/record/entries/{largest}/erasure",
        "roles": f"/staff/accounts/{bo.id}",
    }


@contextmanager
def _served(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _take(page: Page, address: str, target: Path) -> None:
    """The whole page in few colours, so that the file stays small."""
    response = page.goto(address)
    assert response is not None
    assert response.status == 200, f"{address}: {response.status}"
    with Image.open(io.BytesIO(page.screenshot(full_page=True))) as picture:
        picture.convert("RGB").quantize(COLOURS).save(target, optimize=True)
    print(f"{target.relative_to(FOLDER.parent.parent)}: {target.stat().st_size // 1000} kB")
    assert target.stat().st_size <= LARGEST_BYTES, f"{target.name} is too large."


if __name__ == "__main__":
    sys.exit(main())
