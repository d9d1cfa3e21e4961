"""Documents of a case, page by page: who may read which version, what is refused, and what that leaves behind."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from eventapp.audit import AuditEntry
from eventapp.cases import actions, queries
from eventapp.cases.actions import DocumentFacts
from eventapp.cases.models import DocumentKind, DocumentVersion
from eventapp.db import db
from eventapp.languages import Wording
from eventapp.web.permissions import Grant, Role
from tests.cases.conftest import AT, LATER, upload
from tests.support.factories import make_case
from tests.support.pages import PageClient, choose_form, form_values
from tests.support.staff import sign_in

pytestmark = pytest.mark.engines("sqlite")

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\nstartxref\n0\n%%EOF\n"


class Kept:
    """Ids of a published case with one document of two versions, which nobody outside may read yet."""

    def __init__(self) -> None:
        case = make_case(slug="havnepark")
        facts = DocumentFacts(Wording("Notat"), DocumentKind.MEMO)
        document = actions.add_document(case, facts, upload(b"%PDF-1.7 first"), by=None, now=AT)
        actions.add_version(document, upload(b"%PDF-1.7 second", "nyt.pdf"), by=None, now=LATER)
        db.session.commit()
        self.case_id, self.id = case.id, document.id
        self.second, self.first = [one.id for one in document.versions]

    @property
    def pages(self) -> str:
        return f"/staff/cases/{self.case_id}/documents"


@pytest.fixture
def kept(app: Flask) -> Kept:
    with app.app_context():
        return Kept()


@pytest.fixture
def organiser(page_client: PageClient) -> PageClient:
    sign_in(page_client, Role.ORGANISER)
    return page_client


def got(client: PageClient, url: str) -> tuple[int, bytes]:
    with client.get(url) as answer:
        return answer.status_code, answer.data


def public_url(version_id: str, slug: str = "havnepark") -> str:
    return f"/cases/{slug}/documents/{version_id}"


def test_each_version_is_read_by_everybody_once_the_document_is_and_by_nobody_before(
    organiser: PageClient, kept: Kept
) -> None:
    for version_id in (kept.first, kept.second):
        assert got(organiser, public_url(version_id))[0] == 404
    organiser.submit(f"{kept.pages}/{kept.id}", {"title": "Notat", "is_public": "y"})
    assert got(organiser, public_url(kept.first)) == (200, b"%PDF-1.7 first")
    assert got(organiser, public_url(kept.second)) == (200, b"%PDF-1.7 second")
    page = organiser.visit("/cases/havnepark")
    offered = [one.attributes.get("href", "") for one in page.root.all("a")]
    assert public_url(kept.second) in offered


def test_document_that_is_closed_again_is_read_by_nobody_any_more(
    organiser: PageClient, app: Flask, kept: Kept
) -> None:
    page = f"{kept.pages}/{kept.id}"
    organiser.submit(page, {"title": "Notat", "is_public": "y"})
    organiser.visit(page)
    facts = form_values(choose_form(organiser.page, {"title": ""}, kept.id))
    del facts["is_public"]  # an unticked box is not sent
    assert organiser.post(page, data=facts).status_code == 303
    assert got(organiser, public_url(kept.second))[0] == 404
    with app.app_context():
        lines = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "cases.document_changed")).all()
        changes = sorted((one.facts["was_public"], one.facts["public"]) for one in lines)
    assert changes == [(False, True), (True, False)]


def test_document_of_a_draft_case_is_not_found_although_it_may_be_read(app: Flask, page_client: PageClient) -> None:
    with app.app_context():
        draft = make_case(slug="udkast", published=False)
        facts = DocumentFacts(Wording("Notat"), DocumentKind.MEMO, is_public=True)
        version_id = actions.add_document(draft, facts, upload(), by=None, now=AT).versions[0].id
        db.session.commit()
        draft_id = draft.id
    assert got(page_client, public_url(version_id, "udkast"))[0] == 404
    with app.app_context():
        actions.publish(queries.case_by_id(draft_id), by=None, now=LATER)
        db.session.commit()
    assert got(page_client, public_url(version_id, "udkast"))[0] == 200


def test_staff_read_every_version_of_their_own_case_and_of_no_other(
    app: Flask, organiser: PageClient, kept: Kept
) -> None:
    assert got(organiser, f"{kept.pages}/{kept.id}/versions/{kept.first}") == (200, b"%PDF-1.7 first")
    with app.app_context():
        other = make_case(slug="kaj")
        db.session.commit()
        other_id = other.id
    pages = f"/staff/cases/{other_id}/documents"
    for url in (f"{pages}/{kept.id}", f"{pages}/{kept.id}/versions/{kept.first}"):
        assert got(organiser, url)[0] == 404
    sign_in(organiser, grants=[Grant(Role.ORGANISER, case_id=other_id)])
    for url in (kept.pages, f"{kept.pages}/{kept.id}", f"{kept.pages}/{kept.id}/versions/{kept.first}"):
        assert got(organiser, url)[0] == 404
    organiser.visit(pages)


def test_who_may_only_read_sees_the_versions_and_no_form(page_client: PageClient, kept: Kept) -> None:
    sign_in(page_client, Role.AUDITOR)
    for page in (page_client.visit(kept.pages), page_client.visit(f"{kept.pages}/{kept.id}")):
        assert [one for one in page.forms() if "/documents" in one.attributes.get("action", "")] == []
    assert got(page_client, f"{kept.pages}/{kept.id}/versions/{kept.second}")[0] == 200


@pytest.mark.parametrize("what", ["", "/{id}", "/{id}/versions"])
def test_who_may_only_read_changes_nothing_by_sending_it_anyway(
    page_client: PageClient, app: Flask, kept: Kept, what: str
) -> None:
    sign_in(page_client, Role.ORGANISER)
    page_client.visit(kept.pages)
    token = page_client.page.root.all("input", name="csrf_token")[0].attributes["value"]
    sign_in(page_client, Role.AUDITOR)
    values: dict[str, Any] = {"csrf_token": token, "title": "Andet", "kind": "other", "file": (BytesIO(PDF), "n.pdf")}
    assert page_client.post(kept.pages + what.format(id=kept.id), data=values).status_code in {400, 403}
    with app.app_context():
        document = queries.document(kept.case_id, kept.id)
        assert (str(document.title), len(document.versions)) == ("Notat", 2)
        assert len(queries.case_by_id(kept.case_id).documents) == 1


def test_refused_file_keeps_what_the_document_is_called_and_adds_no_version(
    organiser: PageClient, app: Flask, kept: Kept
) -> None:
    page = f"{kept.pages}/{kept.id}"
    organiser.submit(page, {"file": (BytesIO(b"<svg/>"), "notat.pdf")}, status=422)
    assert 'value="Notat"' in organiser.response.text
    organiser.submit(page, {"title": " ", "kind": "note"}, status=422)
    with app.app_context():
        document = queries.document(kept.case_id, kept.id)
        assert (str(document.title), document.kind, len(document.versions)) == ("Notat", DocumentKind.MEMO, 2)


def test_same_file_once_more_is_a_version_of_its_own_kept_once(organiser: PageClient, app: Flask, kept: Kept) -> None:
    for name in ("a.pdf", "b.pdf"):
        organiser.submit(f"{kept.pages}/{kept.id}", {"file": (BytesIO(PDF), name)})
    with app.app_context():
        versions = queries.document(kept.case_id, kept.id).versions
        assert [(one.number, one.file_name) for one in versions][:2] == [(4, "b.pdf"), (3, "a.pdf")]
        assert len({one.sha256 for one in versions}) == 3
        assert {one.uploaded_by_id is None for one in versions} == {True, False}
        assert db.session.query(DocumentVersion).count() == 4
