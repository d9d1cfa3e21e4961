"""The public pages of a hearing: what is asked, and the material."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from eventapp import blobs
from eventapp.formats.files import download
from eventapp.hearing import queries
from eventapp.hearing.blueprint import public_pages
from eventapp.hearing.page_queries import around
from eventapp.web.permissions import public


@public_pages.get("/hearings/<slug>")
@public
def show(slug: str) -> ResponseReturnValue:
    hearing = queries.published_hearing(slug)
    return render_template("hearing/show.html", hearing=hearing, **around(hearing))


@public_pages.get("/hearings/<slug>/material/<int:annex>")
@public
def material(slug: str, annex: int) -> ResponseReturnValue:
    version = queries.material(slug, annex).version
    return download(blobs.path(version.sha256), version.file_name, version.media_type)
