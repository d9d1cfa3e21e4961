"""Files that were chosen in a form stay with it until it is taken in (ADR 0053)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from eventapp import blobs, clock
from eventapp.blobs import NamedFile
from eventapp.cases.models import DocumentVersion
from eventapp.config import settings
from eventapp.db import db
from eventapp.filling import actions, queries
from eventapp.filling.models import HELD, KeptFile
from eventapp.hearing.dossier.erasure_actions import erase
from eventapp.hearing.models import Answer, Attachment
from eventapp.mail import rendering
from eventapp.web.permissions import Role
from tests.hearing.conftest import make_hearing
from tests.hearing.test_pages import FORM, TYPED
from tests.support.factories import make_case
from tests.support.html import Page
from tests.support.pages import PageClient, choose_form, form_values
from tests.support.staff import sign_in
from tests.support.work import take_mails

PDF = b"%PDF-1.4 bilag %%EOF"
CPR = {**TYPED, "text": "Sagen 010170-1234 siger alt."}


@pytest.fixture
def hearing_case(app: Flask) -> str:
    with app.app_context():
        return make_hearing().case_id


@pytest.fixture
def inside(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app


def file(name: str, content: bytes = PDF) -> tuple[BytesIO, str]:
    return BytesIO(content), name


def listed(page: Page) -> list[str]:
    """What the page says it has of files."""
    lists = [one for one in page.root.all("ul") if one.attributes.get("class") == "file-list"]
    return [item.text.split(" (")[0] for one in lists for item in one.all("li")]


def send_on(client: PageClient, fields: dict[str, Any], *, status: int) -> Page:
    """Fill in the form of the page that is on the screen, and send it."""
    form = choose_form(client.page, fields, "")
    answer = client.post(form.attributes["action"], data={**form_values(form), **fields})
    assert answer.status_code == status, answer.text
    return client.visit(answer.location) if status == 303 else client.page


def received(app: Flask) -> list[list[str]]:
    """The names of the files of each answer."""
    with app.app_context():
        return [
            [one.file_name for one in answer.attachments]
            for answer in db.session.scalars(select(Answer).order_by(Answer.number))
        ]


def kept(app: Flask) -> list[KeptFile]:
    with app.app_context():
        return list(db.session.scalars(select(KeptFile).order_by(KeptFile.kept_at, KeptFile.file_name)))


@pytest.mark.usefixtures("hearing_case")
class TestAnswer:
    def test_a_refusal_costs_no_file(self, page_client: PageClient, app: Flask) -> None:
        page = page_client.submit(FORM, {**CPR, "files": [file("bilag.pdf")]}, status=422)
        assert listed(page) == ["bilag.pdf"]
        receipt = send_on(page_client, {"text": "Uden nummer."}, status=303)
        assert received(app) == [["bilag.pdf"]]
        assert "1 fil fulgte med" in receipt.text
        assert blobs_of(app) <= set(receipt.text.split())

    def test_a_second_choice_adds_to_the_first(self, page_client: PageClient, app: Flask) -> None:
        page_client.submit(FORM, {**CPR, "files": [file("a.pdf")]}, status=422)
        page = send_on(page_client, {**CPR, "files": [file("b.pdf", PDF + b"b")]}, status=422)
        assert listed(page) == ["a.pdf", "b.pdf"]
        send_on(page_client, {"text": "Uden.", "files": [file("c.txt", b"c")]}, status=303)
        assert received(app) == [["a.pdf", "b.pdf", "c.txt"]]

    def test_the_same_file_chosen_again_is_one(self, page_client: PageClient, app: Flask) -> None:
        page_client.submit(FORM, {**CPR, "files": [file("a.pdf")]}, status=422)
        send_on(page_client, {"text": "Uden.", "files": [file("a.pdf")]}, status=303)
        assert received(app) == [["a.pdf"]]

    def test_a_file_can_be_taken_away_and_the_text_stays(self, page_client: PageClient, app: Flask) -> None:
        page_client.submit(FORM, {**CPR, "files": [file("a.pdf"), file("b.pdf", PDF + b"b")]}, status=422)
        buttons = choose_form(page_client.page, {"text": ""}, "").all("button", name="remove_file")
        page = send_on(page_client, {"text": "Min tekst.", "remove_file": buttons[0].attributes["value"]}, status=200)
        assert listed(page) == ["b.pdf"]
        assert "Min tekst." in page_client.response.text
        assert page.root.all("div", class_="error-summary") == []
        assert received(app) == []
        send_on(page_client, {}, status=303)
        assert received(app) == [["b.pdf"]]

    def test_files_can_be_sent_ahead_of_the_rest(self, page_client: PageClient, app: Flask) -> None:
        page = page_client.submit(FORM, {"add_files": "1", "files": [file("a.pdf"), file("ond.exe")]}, status=200)
        assert listed(page) == ["a.pdf"]
        assert "ond.exe" in page.text
        assert "Udfyld feltet" not in page.text

    def test_the_button_that_enter_presses_is_the_one_that_sends(self, page_client: PageClient) -> None:
        page_client.visit(FORM)
        first = choose_form(page_client.page, {"text": ""}, "").all("button")[0]
        assert "name" not in first.attributes

    def test_a_key_is_worth_nothing_elsewhere(self, page_client: PageClient, app: Flask) -> None:
        with app.app_context():
            make_hearing(make_case(), slug="andet")
        page_client.submit(FORM, {**CPR, "files": [file("a.pdf")]}, status=422)
        data = form_values(choose_form(page_client.page, {"text": ""}, ""))
        answer = page_client.post("/hearings/andet/answer", data={**data, "text": "Nyt"})
        assert answer.status_code == 422
        assert "1 fil, som du valgte før, er ikke gemt længere" in answer.text
        answer = page_client.post(FORM, data={**data, "text": "Nyt", "files_key": "0" * 32})
        assert answer.status_code == 422
        assert received(app) == []

    def test_the_database_has_no_key(self, page_client: PageClient, app: Flask) -> None:
        page_client.submit(FORM, {**CPR, "files": [file("a.pdf")]}, status=422)
        key = form_values(choose_form(page_client.page, {"text": ""}, ""))["files_key"]
        (row,) = kept(app)
        assert key not in {str(value) for value in vars(row).values()}

    def test_no_more_than_may_come_are_kept(self, page_client: PageClient) -> None:
        page_client.submit(FORM, {**CPR, "files": [file(f"{one}.txt", b"x") for one in range(9)]}, status=422)
        page = send_on(page_client, {**CPR, "files": [file("9.txt", b"x"), file("10.txt", b"x")]}, status=422)
        assert listed(page) == [f"{one}.txt" for one in range(10)]
        assert "10.txt" in page.root.all("div", class_="error-summary")[0].text

    @pytest.mark.parametrize(
        ("name", "bound"), [("MOST_EACH", 1), ("MOST_BYTES_EACH", 25), ("MOST_IN_ALL", 1), ("MOST_BYTES_IN_ALL", 25)]
    )
    def test_over_the_bound_the_page_says_which_to_choose_again(
        self, page_client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch, name: str, bound: int
    ) -> None:
        monkeypatch.setattr(actions, name, bound)
        page = page_client.submit(FORM, {**CPR, "files": [file("a.pdf"), file("b.pdf", PDF + b"b")]}, status=422)
        assert listed(page) == ["a.pdf"]
        assert "Vælg disse filer igen, når du sender: b.pdf" in page.text
        send_on(page_client, {"text": "Uden.", "files": [file("b.pdf", PDF + b"b")]}, status=303)
        assert received(app) == [["a.pdf", "b.pdf"]]

    def test_what_was_sent_waits_no_more_and_sent_again_is_the_same_answer(
        self, page_client: PageClient, app: Flask
    ) -> None:
        page_client.submit(FORM, {**CPR, "files": [file("a.pdf")]}, status=422)
        data = {**form_values(choose_form(page_client.page, {"text": ""}, "")), "text": "Uden."}
        places = {page_client.post(FORM, data=data).location for _ in range(2)}
        assert len(places) == 1
        assert received(app) == [["a.pdf"]]
        assert [one.taken_at is not None for one in kept(app)] == [True]

    def test_the_receipt_says_that_no_file_came(self, page_client: PageClient) -> None:
        assert "Der fulgte ingen filer med" in page_client.submit(FORM, TYPED).text

    @pytest.mark.parametrize(("files", "says"), [([], "Der fulgte ingen filer med"), (["a.pdf"], "1 fil fulgte med")])
    def test_the_mail_says_how_many_and_which(
        self, page_client: PageClient, app: Flask, files: list[str], says: str
    ) -> None:
        page_client.submit(FORM, {**TYPED, "files": [file(one) for one in files]})
        with app.app_context():
            (text,) = [rendering.render(one).text for one in take_mails() if one.message == "hearing/receipt"]
        assert says in text
        assert [one for one in [*files, *blobs_of(app)] if one not in text] == []

    def test_what_is_erased_is_not_kept_for_a_form(
        self, page_client: PageClient, app: Flask, hearing_case: str
    ) -> None:
        page_client.submit(FORM, {**CPR, "files": [file("a.pdf")]}, status=422)
        send_on(page_client, {"text": "Uden."}, status=303)
        (sha256,) = blobs_of(app)
        with app.app_context():
            entry = db.session.scalars(select(Answer.entry_seq)).one()
        with app.app_context():
            erase(hearing_case, entry, ["files"], "Fejl", by=None, now=clock.now())
            assert not blobs.path(sha256).exists()


def blobs_of(app: Flask) -> set[str]:
    with app.app_context():
        return set(db.session.scalars(select(Attachment.sha256)))


def test_a_document_keeps_its_file_through_a_refusal(page_client: PageClient, app: Flask) -> None:
    with app.app_context():
        case_id = make_case().id
        db.session.commit()
    sign_in(page_client, Role.ORGANISER)
    address = f"/staff/cases/{case_id}/documents"
    before = versions(app)
    page = page_client.submit(address, {"title": "", "kind": "memo", "file": file("notat.pdf")}, status=422)
    assert listed(page) == ["notat.pdf"]
    page = send_on(page_client, {"title": "", "kind": "memo", "file": file("andet.pdf", PDF + b"2")}, status=422)
    assert listed(page) == ["andet.pdf"]
    send_on(page_client, {"title": "Notat", "kind": "memo"}, status=303)
    assert sorted(versions(app)) == sorted([*before, "andet.pdf"])


def versions(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(DocumentVersion.file_name)))


@pytest.mark.usefixtures("inside")
class TestForgetting:
    def test_after_a_day_and_not_before(self) -> None:
        held = keep("a.pdf", PDF)
        now = clock.system_now()
        actions.forget_old(now + HELD - timedelta(minutes=1))
        assert queries.held("k", "/", [held]) != []
        actions.forget_old(now + HELD + timedelta(minutes=1))
        assert queries.held("k", "/", [held]) == []
        assert stored_files() == []

    def test_a_file_that_another_row_speaks_of_stays(self) -> None:
        make_hearing()
        before = stored_files()
        keep("notat.pdf", before[0].read_bytes())
        actions.forget_old(clock.system_now() + 2 * HELD)
        assert stored_files() == before

    def test_files_of_no_row_go_once_nothing_can_be_under_way_with_them(self) -> None:
        orphan = blobs.path(blobs.put(b"left behind").sha256)
        half = orphan.parent.parent / "incoming-half"
        half.write_bytes(b"half of")
        spoken_of = keep("a.pdf", PDF)
        actions.forget_old(clock.system_now())
        assert len(stored_files()) == 3
        for one in stored_files():
            age(one, timedelta(minutes=31))
        actions.forget_old(clock.system_now())
        assert [one.read_bytes() for one in stored_files()] == [PDF]
        assert queries.held("k", "/", [spoken_of]) != []

    def test_a_file_that_comes_again_while_it_is_swept_stays(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Between the look at its age and the claim of its row it is stored anew."""
        orphan = blobs.path(blobs.put(b"left behind").sha256)
        age(orphan, timedelta(hours=2))
        looked, real = [], blobs._is_older

        def slow(found: Path, before: float) -> bool:
            answer = real(found, before)
            if not looked:
                looked.append(found)
                blobs.put(b"left behind")
            return answer

        monkeypatch.setattr(blobs, "_is_older", slow)
        assert blobs.sweep_orphans(clock.system_now()) == 0
        assert orphan.exists()


def keep(name: str, content: bytes) -> str:
    named = NamedFile(blobs.put(content), name, "application/pdf")
    (held,) = actions.keep("k", "/", [named], client="192.0.2.1")
    return held.id


def stored_files() -> list[Path]:
    return sorted(one for one in settings().blob_path.rglob("*") if one.is_file())


def age(path: Path, by: timedelta) -> None:
    at = path.stat().st_mtime - by.total_seconds()
    os.utime(path, (at, at))
