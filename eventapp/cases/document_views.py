"""Staff pages of the documents of a case."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from eventapp import blobs, clock
from eventapp.blobs import NamedFile
from eventapp.cases import actions, queries
from eventapp.cases.actions import DocumentFacts
from eventapp.cases.forms import DocumentFactsForm, DocumentForm, VersionForm
from eventapp.cases.models import Document, DocumentKind
from eventapp.db import hold, only_reads, write_from_here
from eventapp.formats.files import ACCEPT, download, takes_files
from eventapp.web.permissions import Permission, current_person, requires

bp = Blueprint("cases_documents", __name__, url_prefix="/staff/cases/<case_id>/documents")


@bp.get("")
@requires(Permission.READ_CASES)
def index(case_id: str) -> ResponseReturnValue:
    return _list(case_id, DocumentForm())


@bp.post("")
@takes_files()
@requires(Permission.EDIT_CASES)
def add(case_id: str) -> ResponseReturnValue:
    only_reads()
    form = DocumentForm()
    if form.attached.is_about_files or not form.validate_on_submit():
        return _again(form, lambda: _list(case_id, form))
    upload = _stored(form)  # before the transaction begins: a slow disk must not hold the gate
    write_from_here()
    case = queries.case_by_id(case_id)
    actions.add_document(case, _facts(form), upload, by=current_person(), now=clock.now())
    flash(_("The document is added, and entered into the record."), "success")
    return redirect(url_for("cases_documents.index", case_id=case_id), 303)


@bp.get("/<document_id>")
@requires(Permission.READ_CASES)
def show(case_id: str, document_id: str) -> ResponseReturnValue:
    document = queries.document(case_id, document_id)
    return _page(document, DocumentFactsForm(obj=document), VersionForm())


@bp.post("/<document_id>")
@requires(Permission.EDIT_CASES)
def describe(case_id: str, document_id: str) -> ResponseReturnValue:
    document = hold(queries.document(case_id, document_id))
    form = DocumentFactsForm(obj=document)
    if not form.validate_on_submit():
        return _page(document, form, VersionForm()), 422
    actions.describe_document(document, _facts(form), by=current_person())
    flash(_("Saved."), "success")
    return _to(document)


@bp.post("/<document_id>/versions")
@takes_files()
@requires(Permission.EDIT_CASES)
def add_version(case_id: str, document_id: str) -> ResponseReturnValue:
    only_reads()
    form = VersionForm()
    if form.attached.is_about_files or not form.validate_on_submit():
        document = queries.document(case_id, document_id)
        return _again(form, lambda: _page(document, DocumentFactsForm(formdata=None, obj=document), form))
    upload = _stored(form)
    write_from_here()
    document = queries.document(case_id, document_id)
    version = actions.add_version(document, upload, by=current_person(), now=clock.now())
    flash(_("Version %(number)s is added, and entered into the record.", number=version.number), "success")
    return _to(document)


@bp.get("/<document_id>/versions/<version_id>")
@requires(Permission.READ_CASES)
def version(case_id: str, document_id: str, version_id: str) -> ResponseReturnValue:
    """The file itself, drafts and earlier versions too."""
    document = queries.document(case_id, document_id)
    found = queries.version_of(queries.case_by_id(document.case_id), version_id)
    return download(blobs.path(found.sha256), found.file_name, found.media_type)


def _stored(form: VersionForm) -> NamedFile:
    (found,) = form.attached.all()
    return found


def _again(form: VersionForm, draw: Callable[[], str]) -> ResponseReturnValue:
    """The form once more, with its file kept: it is not taken in, or only the file was sent."""
    form.attached.keep()
    return draw(), 200 if form.attached.is_about_files else 422


def _facts(form: DocumentFactsForm) -> DocumentFacts:
    return DocumentFacts(
        title=form.title.data,
        kind=DocumentKind(form.kind.data),
        is_public=form.is_public.data,
    )


def _list(case_id: str, form: DocumentForm) -> str:
    return render_template("cases/documents.html", case=queries.case_by_id(case_id), form=form, accept=ACCEPT)


def _page(document: Document, form: DocumentFactsForm, version_form: VersionForm) -> str:
    case = queries.case_by_id(document.case_id)
    return render_template(
        "cases/document.html", case=case, document=document, form=form, version_form=version_form, accept=ACCEPT
    )


def _to(document: Document) -> ResponseReturnValue:
    return redirect(url_for("cases_documents.show", case_id=document.case_id, document_id=document.id), 303)
