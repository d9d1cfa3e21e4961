"""Files that people send, and files that we send: what is taken, what it is called, how it leaves.

A file's type is what its content *and* its extension say together. Nothing here unpacks or draws a file: an office
document is only looked at from outside, so that what swells when it is unpacked stays packed (reliability S30-S36).
"""

from __future__ import annotations

import codecs
import itertools
import re
import struct
import unicodedata
import zipfile
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import IO, TypeVar

from flask import Flask, Response, current_app, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from eventapp.errors import DomainError

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

LARGEST_BYTES = 10_000_000
LONGEST_NAME = 150  # characters; the column that keeps it is as long
TAIL_BYTES = 2048
MOST_ENTRIES = 1000  # files within an office document
LARGEST_UNPACKED_BYTES = 100_000_000
LARGEST_RATIO = 100  # unpacked to packed
MOST_PIXELS = 100_000_000
LARGEST_DIRECTORY_BYTES = 1_000_000  # table of contents of an office document
LARGEST_PART_BYTES = 1_000_000  # of the parts that say what an office document is

ODT = "application/vnd.oasis.opendocument.text"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
DOCX_MAIN = re.escape(f"{DOCX}.main+xml".encode())
NAME = rb"PartName\s*=\s*[\"'](?P<%s>[^\"']+)[\"']"
TYPE = rb"ContentType\s*=\s*[\"']%s[\"']" % DOCX_MAIN
DOCX_MAIN_PART = re.compile(rb"<Override\s+(?:%s\s+%s|%s\s+%s)\s*/?>" % (NAME % b"first", TYPE, TYPE, NAME % b"last"))
DOS_END = "\x1a"  # Ctrl-Z, with which programs of DOS end a text
MOST_BEHIND_PNG = 16  # bytes that some programs leave behind the end
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # how an office document with a password begins, and an old .doc
PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
JPEG_FRAMES = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive: the kinds that every browser shows
NOT_PROSE = re.compile(rb"\s*(<[!?a-z]|%pdf-|%!ps|\{\\rtf|#!|mz|pk\x03\x04|gif8|\x7felf)", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{digit}" for port in ("COM", "LPT") for digit in range(1, 10))}


class FileRefusedError(DomainError):
    """A file that we do not take; the text says why and what would do."""

    code, status = "file_refused", HTTPStatus.UNPROCESSABLE_ENTITY
    message = _l("The file cannot be read. Save it again, for example as a PDF, and choose it once more.")


WRONG_TYPE = _l("This kind of file is not taken. Choose a PDF, DOCX, ODT, PNG, JPG or TXT file.")
MISMATCH = _l("The content of the file is not what its name says. Save it again and choose it once more.")
TOO_LARGE = _l("The file is larger than 10 MB. Choose a smaller one.")
EMPTY = _l("The file is empty. Choose another.")
LOCKED = _l(
    "The file is locked with a password, or it is of an old kind. Open it, save it as a PDF without a password, and"
    " choose that."
)
SWELLS = _l("The document would become too large when it is opened. Save it as a PDF and choose that.")


def sniff(stream: IO[bytes], name: str) -> str:
    """The media type of a file, when its content is what its name says. The stream is left at its start.

    :raises FileRefusedError: when the type is not taken, content and name differ, or the size is out of bounds.
    """
    known = TYPES.get(extension(name))
    if known is None:
        raise FileRefusedError(WRONG_TYPE)
    media_type, looks_right = known
    size = stream.seek(0, 2)
    if not 0 < size <= LARGEST_BYTES:
        raise FileRefusedError(TOO_LARGE if size else EMPTY)
    try:
        stream.seek(0)
        if not looks_right(stream):
            raise FileRefusedError(MISMATCH)
    except (struct.error, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise FileRefusedError from error
    finally:
        stream.seek(0)
    return media_type


def extension(name: str) -> str:
    """What stands after the last dot, in lower case; "" without one."""
    return name.rpartition(".")[2].strip().lower() if "." in name else ""


def clean_name(name: str) -> str:
    """A file name that is safe to show, to store and to send: no folder, no invisible sign, at most 150 characters."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    visible = "".join(sign for sign in last if sign.isspace() or unicodedata.category(sign)[0] != "C")
    kept = re.sub(r'[<>:"|?*]', "_", " ".join(visible.split())).rstrip(". ")
    stem, dot, ending = kept.rpartition(".") if "." in kept else (kept, "", "")
    stem = stem.strip(". ")
    if stem.split(".")[0].upper() in RESERVED:
        stem = f"_{stem}"
    ending = f"{dot}{ending}"[:12]
    return (stem[: LONGEST_NAME - len(ending)] or "document") + ending


# --- what the content says -----------------------------------------------------------------------------------


def _pdf(stream: IO[bytes]) -> bool:
    if _is_locked(stream):
        raise FileRefusedError(LOCKED)
    stream.seek(0)
    return stream.read(5) == b"%PDF-" and b"%%EOF" in _tail(stream) and not zipfile.is_zipfile(stream)


def _is_locked(stream: IO[bytes]) -> bool:
    """Whether a PDF asks for a password before it shows anything. One that only forbids printing opens without."""
    stream.seek(0)
    if b"/Encrypt" not in stream.read():
        return False
    from pypdf import PasswordType, PdfReader  # 30 MB in each process, for the few that are locked

    try:
        return PdfReader(stream).decrypt("") is PasswordType.NOT_DECRYPTED
    except Exception:  # what a broken file makes of a parser can be anything; whether it is a PDF is asked elsewhere
        return False


def _png(stream: IO[bytes]) -> bool:
    head = stream.read(24)
    if not head.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"):
        return False
    width, height = struct.unpack(">II", head[16:24])
    end = _tail(stream).rpartition(PNG_END)
    return 0 < width * height <= MOST_PIXELS and bool(end[1]) and len(end[2]) <= MOST_BEHIND_PNG


def _jpeg(stream: IO[bytes]) -> bool:
    if stream.read(2) != b"\xff\xd8":
        return False
    width, height = _jpeg_size(stream)
    return 0 < width * height <= MOST_PIXELS and not zipfile.is_zipfile(stream)


def _jpeg_size(stream: IO[bytes]) -> tuple[int, int]:
    """Width and height in pixels, from the first frame; (0, 0) when there is none of a kind that browsers show."""
    while (mark := stream.read(2)) and mark[0] == 0xFF:
        while mark[1] == 0xFF and (following := stream.read(1)):  # fill bytes (ITU T.81, B.1.1.2)
            mark = b"\xff" + following
        (length,) = struct.unpack(">H", stream.read(2))
        if mark[1] in JPEG_FRAMES:
            height, width = struct.unpack(">xHH", stream.read(5))
            return width, height
        stream.seek(length - 2, 1)
    return 0, 0


def _text(stream: IO[bytes]) -> bool:
    content = stream.read()
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # what Notepad calls Unicode
        return not CONTROL.search(content.decode("utf-16").rstrip(DOS_END))
    if NOT_PROSE.match(content.removeprefix(codecs.BOM_UTF8)):
        return False
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("cp1252")  # what older Danish editors write
    return not CONTROL.search(text.rstrip(DOS_END))


def _docx(stream: IO[bytes]) -> bool:
    with _office(stream) as parts:
        found = DOCX_MAIN_PART.search(_part(parts, "[Content_Types].xml"))
        return found is not None and _part_name(found) in parts.namelist()


def _part_name(found: re.Match[bytes]) -> str:
    """The name of the main part, which Word for the web calls otherwise than Word does."""
    return (found["first"] or found["last"]).decode().lstrip("/")


def _odt(stream: IO[bytes]) -> bool:
    with _office(stream) as parts:
        return _part(parts, "mimetype").strip() == ODT.encode() and "content.xml" in parts.namelist()


def _office(stream: IO[bytes]) -> zipfile.ZipFile:
    """The outside of an office document.

    :raises FileRefusedError: when it would swell, or its parts lie over one another.
    """
    _check_directory(stream)
    parts = zipfile.ZipFile(stream)
    entries = parts.infolist()
    unpacked = sum(one.file_size for one in entries)
    packed = sum(one.compress_size for one in entries)
    too_many = len(entries) > MOST_ENTRIES or unpacked > LARGEST_UNPACKED_BYTES
    if too_many or unpacked > LARGEST_RATIO * max(packed, LARGEST_BYTES // LARGEST_RATIO) or _overlap(entries):
        raise FileRefusedError(SWELLS)
    if any(one.flag_bits & 1 for one in entries):
        raise FileRefusedError(LOCKED)
    if any(".." in one.filename.split("/") or one.filename.startswith("/") for one in entries):
        raise FileRefusedError(MISMATCH)
    return parts


def _check_directory(stream: IO[bytes]) -> None:
    """Refuse a table of contents that is too long before anything reads it."""
    head = stream.read(len(OLE))
    if head == OLE:
        raise FileRefusedError(LOCKED)
    if not head.startswith(b"PK\x03\x04"):
        raise FileRefusedError(MISMATCH)
    tail = _tail(stream)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0:
        raise FileRefusedError
    entries, directory_size = struct.unpack("<HI", tail[at + 10 : at + 16])
    if entries > MOST_ENTRIES or directory_size > LARGEST_DIRECTORY_BYTES:
        raise FileRefusedError(SWELLS)


def _overlap(entries: list[zipfile.ZipInfo]) -> bool:
    """Whether two parts share bytes: how a small file pretends to hold much."""
    ordered = sorted(entries, key=lambda one: one.header_offset)
    return any(
        one.header_offset + 30 + len(one.orig_filename.encode()) + one.compress_size > following.header_offset
        for one, following in itertools.pairwise(ordered)
    )


def _part(parts: zipfile.ZipFile, name: str) -> bytes:
    try:
        with parts.open(name) as part:
            return part.read(LARGEST_PART_BYTES)
    except KeyError:
        return b""


def _tail(stream: IO[bytes]) -> bytes:
    size = stream.seek(0, 2)
    stream.seek(max(0, size - TAIL_BYTES))
    return stream.read()


TYPES: dict[str, tuple[str, Callable[[IO[bytes]], bool]]] = {
    "pdf": ("application/pdf", _pdf),
    "docx": (DOCX, _docx),
    "odt": (ODT, _odt),
    "png": ("image/png", _png),
    "jpg": ("image/jpeg", _jpeg),
    "jpeg": ("image/jpeg", _jpeg),
    "txt": ("text/plain", _text),
}
ACCEPT = ",".join(f".{ending}" for ending in TYPES)  # for the file field of a form


# --- coming in and going out ---------------------------------------------------------------------------------


def takes_files(largest: int = LARGEST_BYTES) -> Callable[[View], View]:
    """This view takes files: its posts may be as large as ``largest`` bytes of files and a form around them."""

    def mark(view: View) -> View:
        view.__dict__["takes_files"] = largest
        return view

    return mark


def _allow_files(_endpoint: str | None, _values: object) -> None:
    """Before anything reads the form, the check of its token too."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is not None and (largest := view.__dict__.get("takes_files")):
        request.max_content_length = largest + (current_app.config["MAX_CONTENT_LENGTH"] or 0)


def download(path: Path, name: str, media_type: str) -> Response:
    """A stored file as something to save and never to run here, under a name with all its letters (RFC 6266)."""
    response = send_file(path, mimetype=media_type, as_attachment=True, download_name=name, conditional=True)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def register(app: Flask) -> None:
    app.url_value_preprocessor(_allow_files)
