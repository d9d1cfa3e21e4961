"""The public side of the record: what is in it, its signed heads, its key, and the page that checks receipts."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from eventapp.config import settings
from eventapp.db import only_reads, reading
from eventapp.formats.files import takes_files
from eventapp.record import queries, store
from eventapp.record.checkpoint import BadProofError
from eventapp.record.kinds import kind_words, part_words
from eventapp.record.receipts import Opened, Receipt, held_against_tree, receipt, verify_opening, verify_receipt
from eventapp.record.signing import key_ring
from eventapp.record.texts import read_text
from eventapp.record.words import REASONS, part_word
from eventapp.web.compress import compressible
from eventapp.web.csrf import from_strangers
from eventapp.web.permissions import public
from eventapp.web.urls import number_in, page_number

bp = Blueprint("record", __name__)
bp.add_app_template_filter(part_word)

MOST_LINES = 10_000  # entries in one answer, about 7 MB
SCRIPTS = ("written.js", "verify.js", "verify-page.js")


@dataclass(frozen=True)
class Verdict:
    """What the page says of a receipt: a verified one, or the code of the refusal."""

    receipt: Receipt | None = None
    opened: Opened | None = None
    reason: str | None = None
    files: tuple[str, ...] = ()  # those that are not what was received


@bp.get("/record/<slug>")
@compressible
@public
def show(slug: str) -> ResponseReturnValue:
    """Every entry of a case: number, kind, moment and hash, and nothing about a person."""
    page = page_number()
    with reading() as conn:
        log = queries.public_log(conn, slug)
        head, lines = queries.head(conn, log), queries.lines(conn, log, page)
    parts = range(0, max(1, log.size), MOST_LINES)
    shown = {"head": head, "lines": lines, "page": page, "pages": queries.page_count(log), "parts": parts}
    return render_template("record/show.html", log=log, kinds=kind_words(), **shown)


@bp.get("/record/<slug>/entries/<int:seq>")
@compressible
@public
def entry(slug: str, seq: int) -> ResponseReturnValue:
    """One entry, word for word."""
    with reading() as conn:
        log = queries.public_log(conn, slug)
        shown = queries.shown(store.entry(conn, log.id, seq))
    return render_template("record/entry.html", log=log, shown=shown, kinds=kind_words(), part_word=part_word)


@bp.get("/record/<slug>/entries/<int:seq>/receipt")
@public
def entry_receipt(slug: str, seq: int) -> ResponseReturnValue:
    """The receipt of any entry: it says nothing that the entry's page does not."""
    with reading() as conn:
        log = queries.public_log(conn, slug)
        store.entry(conn, log.id, seq)
    return _text(receipt(log.id, seq), f"{slug}-{seq}.tlog-proof")


@bp.get("/record/<slug>/entries.jsonl")
@compressible
@public
def entries(slug: str) -> ResponseReturnValue:
    """Entries one a line, for whoever keeps a copy and computes the root again; ``?from=`` is the first wanted.

    Where there are more than one answer holds, its ``Link`` says where the next begins (RFC 8288).
    """
    start = number_in("from", 0)
    end = start + MOST_LINES
    with reading() as conn:
        log = queries.public_log(conn, slug)
        lines = [f"{one.text}\n" for one in store.entries(conn, log.id, start, min(log.size, end))]
    response = _text("".join(lines), f"{slug}.jsonl", "application/jsonl")
    if end < log.size:
        response.headers["Link"] = f'<{url_for("record.entries", slug=slug)}?from={end}>; rel="next"'
    return response


@bp.get("/record/<slug>/checkpoint")
@public
def checkpoint(slug: str) -> ResponseReturnValue:
    """The last signed head, for witnesses (c2sp.org/tlog-checkpoint)."""
    with reading() as conn:
        head = queries.head(conn, queries.public_log(conn, slug))
    return _text(head.text if head else "")


@bp.get("/record/key")
@public
def key() -> ResponseReturnValue:
    """The public keys that receipts are checked with, the one in use first."""
    return _text(render_template("record/key.txt", keys=_keys(), authority=settings().authority_id))


@bp.get("/verify")
@public
def verify() -> ResponseReturnValue:
    """Check a receipt: with script in the browser, without in :func:`verified`."""
    return _verify_page("record/verify.html", Verdict())


@bp.post("/verify")
@takes_files()
@from_strangers
@public
def verified() -> ResponseReturnValue:
    """The same answer for a browser without script. Nothing is kept."""
    only_reads()
    verdict = _judge(request.files.get("receipt"), request.files.get("opening"), request.files.getlist("originals"))
    return _verify_page("record/verify.html", verdict), 422 if verdict.reason else 200


@bp.get("/verify.html")
@public
def standalone() -> ResponseReturnValue:
    """The page as one file that works without any server, from a USB stick or years from now."""
    static = Path(current_app.static_folder or "")
    script = "".join((static / "js" / name).read_text("utf-8") for name in SCRIPTS)
    style = (static / "verify" / "standalone.css").read_text("utf-8")
    script = "\n".join(line for line in script.splitlines() if not line.startswith("import "))
    page = _verify_page("record/standalone.html", Verdict(), script=script, style=style)
    return _text(page, "kontroller-kvittering.html", "text/html")


@bp.get("/verify_receipt.py")
@public
def script() -> ResponseReturnValue:
    """The stand-alone program that checks receipts, as it lies in ``tools/``."""
    source = Path(current_app.root_path).parent / "tools" / "verify_receipt.py"
    return _text(source.read_text("utf-8"), source.name, "text/x-python")


def _judge(sent: FileStorage | None, opening: FileStorage | None, originals: list[FileStorage]) -> Verdict:
    if sent is None or not sent.filename:
        return Verdict(reason="missing")
    try:
        found = verify_receipt(read_text(sent.read()))
        if held_against_tree(found) is False:
            return Verdict(reason="tree")
        files = [(one.filename, one.read()) for one in originals if one.filename]
        keys = read_text(opening.read(), "opening") if opening and opening.filename else None
        return Verdict(found, verify_opening(found, keys, files))
    except BadProofError as refusal:
        return Verdict(reason=refusal.code, files=refusal.files)


def _verify_page(template: str, verdict: Verdict, **more: str) -> str:
    words = {"kinds": kind_words(), "parts": part_words(), "reasons": REASONS}
    return render_template(template, verdict=verdict, keys=_keys(), **words, **more)


def _keys() -> list[str]:
    """Base64 of the keys that receipts are checked with, the one in use first."""
    return [base64.b64encode(one).decode() for one in key_ring().trusted]


def _text(text: str, name: str = "", media_type: str = "text/plain") -> Response:
    response = Response(text, mimetype=media_type)
    if name:
        response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
