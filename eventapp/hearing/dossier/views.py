"""The export page of the case officer. Each export names its purpose and is audited."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from typing import IO

from flask import Blueprint, flash, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from eventapp import audit, clock
from eventapp.cases.models import Case
from eventapp.cases.queries import case_by_id
from eventapp.db import only_reads, reading, write
from eventapp.hearing.dossier import bundle_files, report_files
from eventapp.hearing.dossier.erasure_actions import Erasable, ErasureForm, erasable
from eventapp.hearing.dossier.erasure_actions import erase as erase_parts
from eventapp.hearing.dossier.queries import Dossier, dossier
from eventapp.record import store
from eventapp.web.forms import Form
from eventapp.web.permissions import Permission, current_person, requires
from eventapp.web.urls import number_in

bp = Blueprint("dossier", __name__, url_prefix="/staff/cases/<case_id>/record")
MEDIA_TYPES = {"pdf": "application/pdf", "json": "application/json", "zip": "application/zip"}


class ExportForm(Form):
    """Which form, and what for."""

    form = RadioField(
        _l("Format"),
        [DataRequired()],
        choices=[
            SelectChoice("zip", _l("ZIP: everything, with attachments and receipts")),
            SelectChoice("pdf", _l("PDF: to read and to print")),
            SelectChoice("json", _l("JSON: for programs")),
        ],
        default="zip",
    )
    purpose = StringField(_l("What is the export for?"), [DataRequired(), Length(max=200)])


@bp.get("")
@requires(Permission.EXPORT_RECORD)
def show(case_id: str) -> ResponseReturnValue:
    return _page(case_by_id(case_id), ExportForm(formdata=None))


@bp.post("")
@requires(Permission.EXPORT_RECORD)
def export(case_id: str) -> ResponseReturnValue:
    only_reads()
    case, form, person, now = case_by_id(case_id), ExportForm(), current_person(), clock.now()
    if not form.validate_on_submit():
        return _page(case, form), 422
    kind, purpose = form.form.data, form.purpose.data
    found = dossier(case)
    content, finish = _scratch()
    _write(kind, found, now, content)
    facts = {"form": kind, "entries": found.checkpoint.size, "purpose": purpose}
    write(lambda conn: audit.insert(conn, person, "hearing.record_exported", case_id, **facts))
    name = f"protokol-{case.slug}-{now.astimezone(clock.COPENHAGEN):%Y-%m-%d}.{kind}"
    response = send_file(content, MEDIA_TYPES[kind], as_attachment=True, download_name=name)
    response.call_on_close(finish)
    return response


@bp.get("/erasure")
@requires(Permission.ERASE_TEXTS)
def find_entry(case_id: str) -> ResponseReturnValue:
    """From the number of an entry to its page."""
    return redirect(url_for(".erasing", case_id=case_id, seq=number_in("seq", 0)), 303)


@bp.get("/entries/<int:seq>/erasure")
@requires(Permission.ERASE_TEXTS)
def erasing(case_id: str, seq: int) -> ResponseReturnValue:
    return _erasing_page(case_by_id(case_id), erasable(case_id, seq), ErasureForm(formdata=None))


@bp.post("/entries/<int:seq>/erasure")
@requires(Permission.ERASE_TEXTS)
def erase(case_id: str, seq: int) -> ResponseReturnValue:
    only_reads()
    case, found, form = case_by_id(case_id), erasable(case_id, seq), ErasureForm()
    form.offer(found)
    if not form.validate_on_submit():
        return _erasing_page(case, found, form), 422
    chosen, reason = form.parts.data or [], form.reason.data or ""
    erase_parts(case_id, seq, chosen, reason, by=current_person(), now=clock.now())
    flash(_("Erased. The record says so."), "success")
    return redirect(url_for(".show", case_id=case_id), 303)


def _erasing_page(case: Case, found: Erasable, form: ErasureForm) -> str:
    form.offer(found)
    return render_template("dossier/erasing.html", case=case, found=found, form=form)


def _scratch() -> tuple[IO[bytes], Callable[[], None]]:
    """A file without a name that is gone when it is closed, and what closes it."""
    with ExitStack() as stack:
        file = stack.enter_context(tempfile.TemporaryFile(prefix="record-"))
        return file, stack.pop_all().close


def _write(kind: str, found: Dossier, now: datetime, target: IO[bytes]) -> None:
    if kind == "zip":
        bundle_files.write_zip(found, now, target)
    else:
        target.write(report_files.as_pdf(found, now) if kind == "pdf" else report_files.as_json(found, now))
    target.seek(0)


def _page(case: Case, form: ExportForm) -> str:
    with reading() as conn:
        size = store.log(conn, case.id).size
    return render_template("dossier/show.html", case=case, form=form, size=size)
