"""The statistics of an event, on screen and as files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from flask import Blueprint, Response, render_template, stream_with_context
from flask.typing import ResponseReturnValue

from eventapp import audit, clock
from eventapp.contributions import queries as contributions
from eventapp.db import reading
from eventapp.events.models import Event
from eventapp.events.queries import event_by_id
from eventapp.formats.display import clock_time
from eventapp.formats.spreadsheets import CSV_TYPE, XLSX_TYPE, Sheet, csv_chunks, xlsx
from eventapp.registration import fields
from eventapp.statistics import export_files, queries, sentence_words
from eventapp.statistics.definition_words import DEFINITIONS, Key
from eventapp.statistics.disclosure_rules import WITHHELD
from eventapp.statistics.export_files import ARRIVALS, ATTENDEES, FIGURES, INTERNAL, Column
from eventapp.statistics.forms import ExportForm
from eventapp.statistics.summary_rules import arrivals_shown, groups_shown
from eventapp.web.permissions import Permission, allowed, current_person, requires
from eventapp.web.registry import registry

bp = Blueprint("statistics", __name__, url_prefix="/staff/events/<event_id>/statistics")


@bp.get("")
@requires(Permission.READ_STATISTICS)
def show(event_id: str) -> ResponseReturnValue:
    """First the sentence, then funnel, arrivals and groups."""
    event = event_by_id(event_id)
    return _page(event, _form(event))


@bp.post("/exports")
@requires(Permission.EXPORT_STATISTICS)
def export(event_id: str) -> ResponseReturnValue:
    """A file, and a line in the log that says who took it out and what for."""
    event = event_by_id(event_id)
    form = _form(event)
    if not form.validate():
        return _page(event, form), 422
    content, kind = str(form.content.data), str(form.format.data)
    hides_small = form.reach.data != INTERNAL or not _is_in_team()
    left_out = form.leave_out.data or [] if content == ATTENDEES else []
    response, rows = _file(event, content, kind, hides_small=hides_small, left_out=left_out)
    audit.record(
        current_person(),
        "statistics.exported",
        event.id,
        content=content,
        format=kind,
        rows=rows,
        small_groups_hidden=hides_small,
        **({"left_out": sorted(left_out)} if left_out else {}),
        purpose=" ".join(form.purpose.data.split()),
    )
    return response


# --- the page ------------------------------------------------------------------------------------------------


def _page(event: Event, form: ExportForm) -> str:
    now, hides_small = clock.now(), not _is_in_team()
    figures = queries.figures(event, now)
    groups = groups_shown(figures, hides_small=hides_small)
    steps = arrivals_shown(queries.arrivals(event), hides_small=hides_small)
    return render_template(
        "statistics/show.html",
        event=event,
        form=form,
        figures=figures,
        says=sentence_words.of(event, groups, contributions.count(event.id), now),
        funnel=sorted((one for ask in registry().desk_figures for one in ask(event.id)), key=lambda one: one.order),
        keys=list(Key),
        definitions=DEFINITIONS,
        table=export_files.figures_table(groups),
        came=[_bar(one.name, one.numbers[Key.CAME]) for one in groups[:-1]],
        arrivals=[_bar(clock_time(at), number) for at, number in steps],
        hides_small=hides_small,
        withheld=WITHHELD,
    )


def _bar(label: object, number: object) -> dict[str, object]:
    """A bar of a chart; a figure that is hidden has no length either."""
    return {"label": label, "value": number if isinstance(number, int) else 0, "text": str(number)}


def _form(event: Event) -> ExportForm:
    if not _is_in_team():
        return ExportForm().offer(attendees=None)
    return ExportForm().offer(attendees=queries.attendee_count(event.id), columns=_columns(event))


def _columns(event: Event) -> list[Column]:
    with reading() as conn:
        return export_files.attendee_columns(fields.of_event(conn, event.id))


def _is_in_team() -> bool:
    """Who may read names may read small figures; everybody else gets them as what leaves the team."""
    return allowed(Permission.READ_REGISTRATIONS)


# --- the files -----------------------------------------------------------------------------------------------


def _file(
    event: Event, content: str, kind: str, *, hides_small: bool, left_out: Collection[str]
) -> tuple[Response, int]:
    """The file, and how many rows the table that was asked for has under its header."""
    name = f"{event.slug}-{content}-{clock.now().astimezone(clock.COPENHAGEN):%Y-%m-%d}.{kind}"
    if content == ATTENDEES:
        return _attendees(event, name, kind, [one for one in _columns(event) if one.key not in left_out])
    tables = {
        FIGURES: export_files.figures_table(groups_shown(queries.figures(event, clock.now()), hides_small=hides_small)),
        ARRIVALS: export_files.arrivals_table(arrivals_shown(queries.arrivals(event), hides_small=hides_small)),
    }
    table = tables[content]
    if kind == "csv":
        return _sent("".join(csv_chunks(table.header, table.rows)).encode(), name, CSV_TYPE), len(table.rows)
    return _sent(xlsx(export_files.sheets(list(tables.values()))), name, XLSX_TYPE), len(table.rows)


def _attendees(event: Event, name: str, kind: str, columns: Sequence[Column]) -> tuple[Response, int]:
    guests = queries.attendees(event.id, with_answers=export_files.has_answers(columns))
    header, rows = [str(one.title) for one in columns], export_files.attendee_rows(guests, columns)
    number = queries.attendee_count(event.id)
    if kind == "csv":
        return _sent(stream_with_context(csv_chunks(header, rows)), name, CSV_TYPE), number
    return _sent(xlsx([Sheet(str(event.title), header, rows)]), name, XLSX_TYPE), number


def _sent(content: bytes | Iterable[str], name: str, media_type: str) -> Response:
    response = Response(content, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
