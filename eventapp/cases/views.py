"""The case as everybody sees it. No cookie is set here, and nothing personal is on these pages."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from eventapp import blobs, clock
from eventapp.cases import queries, rules, thread_hooks
from eventapp.cases.models import Case, CaseContact
from eventapp.errors import NotFoundError
from eventapp.formats.files import download
from eventapp.web.compress import compressible
from eventapp.web.languages import chosen
from eventapp.web.pages import kept_page
from eventapp.web.permissions import public

bp = Blueprint("cases", __name__, url_prefix="/cases")


@bp.get("/<slug>")
@compressible
@public
def show(slug: str) -> ResponseReturnValue:
    """The whole case as one thread."""
    return kept_page(("case", slug, chosen()), lambda: page(queries.published_case(slug)))


@bp.get("/<slug>/documents/<version_id>")
@public
def document(slug: str, version_id: str) -> ResponseReturnValue:
    """A version of a document that everybody may read."""
    version = queries.version_of(queries.published_case(slug), version_id)
    if not version.document.is_public:
        raise NotFoundError
    response = download(blobs.path(version.sha256), version.file_name, version.media_type)
    response.headers["Cache-Control"] = "public, max-age=0, must-revalidate"
    return response


def page(case: Case, *, is_preview: bool = False) -> str:
    """The public page as text; staff see it before it is published."""
    return render_template(
        "cases/show.html",
        case=case,
        lines=thread_hooks.lines(case),
        documents=[one for one in case.documents if one.is_public and one.versions],
        contacts=_contacts(case),
        is_preview=is_preview,
    )


def _contacts(case: Case) -> list[tuple[CaseContact, CaseContact | None]]:
    """Each function, and who answers there today."""
    today = clock.now().astimezone(clock.COPENHAGEN).date()
    return [(one, rules.who_answers(one, today)) for one in case.contacts]
