"""Which files are taken, and what they are called afterwards (reliability S31, S33, S35)."""

from __future__ import annotations

import itertools
import struct
import zipfile
from io import BytesIO
from typing import Any

import pypdf
import pytest
from pypdf.constants import UserAccessPermissions

from eventapp.formats.files import DOCX, LARGEST_BYTES, LONGEST_NAME, ODT, FileRefusedError, clean_name, sniff

MAIN = f"{DOCX}.main+xml"


def packed(parts: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w", compression) as file:
        for name, content in parts.items():
            file.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else None)
    return target.getvalue()


def png(width: int = 3, height: int = 2) -> bytes:
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", width, height) + b"\x08\x02" + PNG_END


def jpeg(width: int = 3, height: int = 2) -> bytes:
    frame = b"\xff\xc0" + struct.pack(">HBHH", 11, 8, height, width) + b"\x01\x11\x00\x00"
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 9 + frame + b"\xff\xd9"


PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\nstartxref\n0\n%%EOF\n"
DOCX_PARTS = {
    "[Content_Types].xml": f'<Types><Override PartName="/word/document.xml" ContentType="{MAIN}"/></Types>'.encode(),
    "word/document.xml": b"<w/>",
}
ODT_PARTS = {"mimetype": ODT.encode(), "content.xml": b"<office/>"}
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
GOOD = {
    "pdf": PDF,
    "png": png(),
    "jpg": jpeg(),
    "txt": "Kære udvalg, æøå".encode(),
    "docx": packed(DOCX_PARTS),
    "odt": packed(ODT_PARTS),
}
FOREIGN = {
    "html": HTML,
    "svg": SVG,
    "gif": b"GIF89a" + b"\x00" * 30,
    "zip": packed({"a.txt": b"a"}),
    "exe": b"MZ" + b"\x00" * 60,
    "elf": b"\x7fELF" + b"\x00" * 60,
    "rtf": b"{\\rtf1 hej}",
    "xlsx": packed({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<w/>"}),
}
TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "txt": "text/plain",
    "docx": DOCX,
    "odt": ODT,
}


@pytest.mark.parametrize("ending", GOOD)
def test_file_that_is_what_its_name_says_is_taken(ending: str) -> None:
    stream = BytesIO(GOOD[ending])
    assert sniff(stream, f"Bilag 1.{ending.upper()}") == TYPES[ending]
    assert stream.tell() == 0


@pytest.mark.parametrize(
    ("content", "ending"),
    [pair for pair in itertools.product({**GOOD, **FOREIGN}, GOOD) if pair[0] != pair[1]],
)
def test_file_that_is_something_else_is_refused(content: str, ending: str) -> None:
    with pytest.raises(FileRefusedError):
        sniff(BytesIO({**GOOD, **FOREIGN}[content]), f"bilag.{ending}")


@pytest.mark.parametrize("ending", ["svg", "html", "exe", "zip", "docm", "gif", "pdf.html", "", "php", "jpg.exe"])
def test_other_kinds_are_refused_whatever_is_in_them(ending: str) -> None:
    with pytest.raises(FileRefusedError):
        sniff(BytesIO(PDF), f"bilag.{ending}")


@pytest.mark.parametrize(
    ("content", "ending"),
    [
        (PDF + FOREIGN["zip"], "pdf"),
        (jpeg() + FOREIGN["zip"], "jpg"),
        (png() + FOREIGN["zip"], "png"),
        (png() + HTML, "png"),
        (HTML + PDF, "pdf"),
        (PDF + GOOD["docx"], "docx"),
        (GOOD["docx"] + PDF * 60, "docx"),
        (packed({**DOCX_PARTS, "../../etc/passwd": b"x"}), "docx"),
        (packed({**ODT_PARTS, "/etc/passwd": b"x"}), "odt"),
        (b"hej\x00du", "txt"),
        (b"", "txt"),
        (png(50_000, 50_000), "png"),
        (jpeg(60_000, 60_000), "jpg"),
        (b"a" * (LARGEST_BYTES + 1), "txt"),
    ],
)
def test_two_files_in_one_and_other_tricks_are_refused(content: bytes, ending: str) -> None:
    with pytest.raises(FileRefusedError):
        sniff(BytesIO(content), f"bilag.{ending}")


def test_document_that_swells_is_refused() -> None:
    with pytest.raises(FileRefusedError):
        sniff(BytesIO(packed({**DOCX_PARTS, "word/media/bomb": b"\0" * 60_000_000})), "bilag.docx")


def test_document_of_very_many_parts_is_refused() -> None:
    many = {f"word/{number}": b"" for number in range(1001)}
    with pytest.raises(FileRefusedError):
        sniff(BytesIO(packed({**DOCX_PARTS, **many})), "bilag.docx")


def test_document_whose_parts_lie_over_one_another_is_refused() -> None:
    content = bytearray(packed({**DOCX_PARTS, "word/a": b"x" * 900, "word/b": b"y" * 900}, zipfile.ZIP_STORED))
    first, second = content.find(b"word/a", 1000), content.rfind(b"word/b")
    first = content.rfind(b"word/a")
    content[second - 4 : second] = content[first - 4 : first]  # both entries of the directory name one place
    with pytest.raises(FileRefusedError):
        sniff(BytesIO(bytes(content)), "bilag.docx")


def test_text_of_an_older_editor_is_taken() -> None:
    assert sniff(BytesIO("Blåbærgrød\r\n".encode("cp1252")), "brev.txt") == "text/plain"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Høringssvar æøå.pdf", "Høringssvar æøå.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\x\\brev.docx", "brev.docx"),
        ("/abs/olut.pdf", "olut.pdf"),
        ("con.pdf", "_con.pdf"),
        ("LPT1.txt", "_LPT1.txt"),
        ("a\x00b\r\nc.pdf", "ab c.pdf"),
        ("evil\u202efdp.exe.pdf", "evilfdp.exe.pdf"),
        ("navn.pdf. ", "navn.pdf"),
        ("", "document"),
        ("...", "document"),
        (".pdf", "document.pdf"),
        ('a"b<c>:d|e?f*.txt', "a_b_c__d_e_f_.txt"),
        ("  to   blanke .odt", "to blanke.odt"),
        ("e\u0301.pdf", "é.pdf"),
    ],
)
def test_name_is_cleaned(given: str, kept: str) -> None:
    assert clean_name(given) == kept


def test_long_name_keeps_its_ending() -> None:
    name = clean_name("ø" * 300 + ".docx")
    assert len(name) == LONGEST_NAME
    assert name.endswith("ø.docx")


# --- as other programs write them --------------------------------------------------------------------------------


def locked(password: str, **rights: Any) -> bytes:
    writer, target = pypdf.PdfWriter(), BytesIO()
    writer.add_blank_page(200, 200)
    writer.encrypt(password, owner_password="ejer", algorithm="AES-256", **rights)
    writer.write(target)
    return target.getvalue()


AS_WRITTEN = {
    "notepad.txt": b"\xff\xfe" + "Kære udvalg\r\nJeg er imod æblegrød.".encode("utf-16-le"),
    "other end.txt": b"\xfe\xff" + "Kære udvalg".encode("utf-16-be"),
    "dos.txt": "Kære udvalg\r\n\x1a".encode("cp1252"),
    "mark.txt": b"\xef\xbb\xbf" + "Kære udvalg".encode(),
    "fill bytes.jpg": jpeg().replace(b"\xff\xc0", b"\xff\xff\xff\xc0"),
    "one byte more.png": png() + b"\n",
    "only printing forbidden.pdf": locked("", permissions_flag=UserAccessPermissions(0)),
    "word for the web.docx": packed(
        {
            "[Content_Types].xml": (
                f'<Types><Override ContentType="{MAIN}" PartName="/word/document2.xml"/></Types>'.encode()
            ),
            "word/document2.xml": b"<w/>",
        }
    ),
}


@pytest.mark.parametrize("name", AS_WRITTEN)
def test_what_a_reader_opens_is_taken(name: str) -> None:
    assert sniff(BytesIO(AS_WRITTEN[name]), name) == TYPES[name.rpartition(".")[2]]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("locked.pdf", locked("hemmelig")),
        ("locked.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600),
    ],
)
def test_a_locked_file_is_called_locked_and_what_to_do_is_said(name: str, content: bytes) -> None:
    with pytest.raises(FileRefusedError, match="password"):
        sniff(BytesIO(content), name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("more behind.png", png() + HTML),
        ("control.txt", b"\xff\xfe" + "a\x00b\x01".encode("utf-16-le")),
        ("no part.docx", packed({"[Content_Types].xml": DOCX_PARTS["[Content_Types].xml"], "word/other.xml": b"<w/>"})),
    ],
)
def test_what_is_something_else_is_still_refused(name: str, content: bytes) -> None:
    with pytest.raises(FileRefusedError):
        sniff(BytesIO(content), name)
