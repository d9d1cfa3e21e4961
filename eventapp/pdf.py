"""PDFs: tagged, in the town's typeface, made by typst in a child process.

typst keeps some 200 MB a document inside the process that calls it, so each document has a child of its own with
bounds on time and memory. It refuses a document without title, with a picture without text or with a heading left
out (PDF/UA-1), so what comes out can be read aloud. Data goes in as JSON and is never part of the program.

It refuses a document with a sign that no font has, too (PDF/A): those are spelled before (:mod:`~.formats.glyphs`).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import manimgx_fonts
import manimgx_fonts_cjk
import structlog
from flask import current_app
from flask_babel import lazy_gettext as _l

from eventapp.errors import DomainError
from eventapp.formats.glyphs import FAMILIES, drawable

log = structlog.get_logger("eventapp")

SECONDS = 60
MEMORY_BYTES = 4 << 30  # address space, of which a document of some hundred pages touches a tenth
CHILD = """
import json, resource, sys
told = json.load(sys.stdin)
resource.setrlimit(resource.RLIMIT_AS, (told["memory"],) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (told["seconds"],) * 2)
import typst
sys.stdout.buffer.write(typst.compile(
    told["program"], root=told["root"], font_paths=told["fonts"], ignore_system_fonts=True, format="pdf",
    pdf_standards=["a-3a", "ua-1"], sys_inputs={"data": "/data.json"}, timestamp=told["at"],
))
"""


class PdfError(DomainError):
    """The document could not be made; ``why`` is typst's own word and may quote a sign of the data."""

    code, status = "no_document", HTTPStatus.SERVICE_UNAVAILABLE
    message = _l("The PDF could not be made just now. Nothing else has changed. Try again, or choose another format.")

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


class RefusedError(PdfError):
    """typst said no to what the document holds."""


def make(template: str, data: Mapping[str, Any], at: datetime) -> bytes:
    """A PDF/A-3a, PDF/UA-1 document.

    :param template: file under ``templates/pdf/``; it reads its data with ``json(sys.inputs.data)``.
    :param data: what JSON can hold; moments and numbers come in as finished texts.
    :param at: goes into the document as its time, so that the same data give the same bytes.
    :raises PdfError: when it does not compile, or takes more than a minute.
    """
    folder = Path(current_app.template_folder or "", "pdf").absolute()
    fonts = [str(one) for one in font_folders(Path(current_app.static_folder or ""))]
    with tempfile.TemporaryDirectory(prefix="pdf-") as root:
        for part in folder.glob("*.typ"):
            Path(root, part.name).write_bytes(part.read_bytes())
        told = {"program": str(Path(root, template)), "root": root, "fonts": fonts, "at": int(at.timestamp())}
        try:
            return _compiled(told, drawable(data))
        except RefusedError:  # no sign is known to do this; whoever finds one still gets the document
            log.warning("pdf_refused", template=template)
            return _compiled(told, drawable(data, plainly=True))


def font_folders(static: Path) -> list[Path]:
    """Where the fonts of documents are: the town's typeface, and one for every other script."""
    packages = [Path(one.__file__ or "").parent for one in (manimgx_fonts, manimgx_fonts_cjk)]
    return [static.absolute() / "vendor" / "fonts" / "otf", *packages]


def _compiled(told: dict[str, Any], data: Mapping[str, Any]) -> bytes:
    content = json.dumps({**data, "fonts": FAMILIES}, ensure_ascii=False)
    Path(told["root"], "data.json").write_text(content, "utf-8")
    return _run(told)


def _run(told: dict[str, Any]) -> bytes:
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", CHILD],
            input=json.dumps({**told, "memory": MEMORY_BYTES, "seconds": SECONDS}).encode(),
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise PdfError("The document took too long.") from error
    except subprocess.CalledProcessError as error:
        raise RefusedError(error.stderr.decode(errors="replace").strip().rpartition("\n")[2]) from error
    return done.stdout
