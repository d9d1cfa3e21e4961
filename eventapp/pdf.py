"""PDFs: tagged, in the town's typeface, made by typst in a child process.

typst keeps some 200 MB a document inside the process that calls it, so each document has a child of its own with
bounds on time and memory. It refuses a document without title, with a picture without text or with a heading left
out (PDF/UA-1), so what comes out can be read aloud. Data goes in as JSON and is never part of the program.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import current_app

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


class PdfError(Exception):
    """The document could not be made; the text is typst's own and holds none of the data."""


def make(template: str, data: Mapping[str, Any], at: datetime) -> bytes:
    """A PDF/A-3a, PDF/UA-1 document.

    :param template: file under ``templates/pdf/``; it reads its data with ``json(sys.inputs.data)``.
    :param data: what JSON can hold; moments and numbers come in as finished texts.
    :param at: goes into the document as its time, so that the same data give the same bytes.
    :raises PdfError: when it does not compile, or takes more than a minute.
    """
    folder = Path(current_app.template_folder or "", "pdf").absolute()
    fonts = Path(current_app.static_folder or "", "vendor", "fonts", "otf").absolute()
    with tempfile.TemporaryDirectory(prefix="pdf-") as root:
        for part in folder.glob("*.typ"):
            Path(root, part.name).write_bytes(part.read_bytes())
        Path(root, "data.json").write_text(json.dumps(data, ensure_ascii=False), "utf-8")
        program = str(Path(root, template))
        return _run({"program": program, "root": root, "fonts": [str(fonts)], "at": int(at.timestamp())})


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
        raise PdfError(error.stderr.decode(errors="replace").strip().rpartition("\n")[2]) from error
    return done.stdout
