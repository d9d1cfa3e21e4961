"""Citizens over real HTTP, a browser each: they fill in the form as it stands and press the button until it is told
what came of it.

What breaks off is sent again, byte for byte, so with the same submission key, as a person does who presses once more.
"""

from __future__ import annotations

import enum
import hashlib
import http.client
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from io import BytesIO
from urllib.parse import urlencode, urlsplit

from werkzeug.datastructures import FileStorage
from werkzeug.test import stream_encode_multipart

from tests.support.html import Page
from tests.support.pages import choose_form, form_values

TIMEOUT_SECONDS = 90  # of one request; other work may have the machine, too
TRIES, LONGEST_GAP_SECONDS = 300, 1.0
FILE_BYTES = 200_000
BUSY = 503


class Kind(enum.StrEnum):
    """What is sent."""

    ANSWER = "answer"
    REGISTRATION = "registration"


KEY_FIELDS = {Kind.ANSWER: "submission_key", Kind.REGISTRATION: "key"}
OWN_PAGES = {Kind.ANSWER: ("receipts",), Kind.REGISTRATION: ("t", "w")}


class NotReceivedError(Exception):
    """A citizen was told no, or nothing at all; the text says what."""


@dataclass(frozen=True)
class Letter:
    """What one citizen means to send. ``twice``: with a double click."""

    kind: Kind
    path: str
    fields: dict[str, str]
    file: bytes = b""
    twice: bool = False


@dataclass(frozen=True)
class Told:
    """What a citizen was told: received, and here is the own page. ``files``: SHA-256 of each one sent."""

    kind: Kind
    key: str
    page: str
    files: tuple[str, ...] = ()
    tries: int = 1

    @property
    def secret(self) -> str:
        """The ticket's code, or the token of the receipt or of the place in line."""
        return self.page.rpartition("/")[2]


@dataclass(frozen=True)
class Reply:
    """What the server answered, whole."""

    status: int
    location: str
    cookies: str
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()


@dataclass
class Street:
    """Where citizens live: the server's address, and how often a request of theirs broke off.

    ``over`` sends everybody home.
    """

    address: str
    over: threading.Event = field(default_factory=threading.Event)
    broken: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Request:
    """A request, ready to be sent as often as it takes."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


class Visitor:
    """One citizen's browser."""

    def __init__(self, street: Street) -> None:
        self._street = street
        self._cookies: dict[str, str] = {}

    def open(self, path: str) -> Reply:
        """A page.

        :raises NotReceivedError: when there is none.
        """
        reply, _ = self._ask(Request("GET", path, self._headers()))
        if reply.status != http.client.OK:
            raise NotReceivedError(f"{path}: {reply.status}")
        self._cookies |= {one.key: one.value for one in SimpleCookie(reply.cookies).values()}
        return reply

    def send(self, letter: Letter) -> list[Told]:
        """Open the form, fill it in, send it: one answer, or two to a double click.

        :raises NotReceivedError: when it was not taken in.
        """
        key, request = self.fill_in(letter)
        clicks = 2 if letter.twice else 1
        with ThreadPoolExecutor(clicks) as fingers:
            return list(fingers.map(lambda _: self.post(letter, key, request), range(clicks)))

    def fill_in(self, letter: Letter) -> tuple[str, Request]:
        """The submission key that the form was drawn with, and the post with everything in it."""
        form = choose_form(Page(self.open(letter.path).text), letter.fields, "")
        values = form_values(form) | letter.fields
        is_answer = letter.kind is Kind.ANSWER
        content_type, body = _multipart(values, letter.file) if is_answer else _urlencoded(values)
        headers = self._headers() | {"Content-Type": content_type, "Origin": self._street.address}
        return values[KEY_FIELDS[letter.kind]], Request("POST", letter.path, headers, body)

    def post(self, letter: Letter, key: str, request: Request) -> Told:
        """Send until there is an answer.

        :raises NotReceivedError: when it does not lead to a receipt or a ticket.
        """
        reply, tries = self._ask(request)
        page = urlsplit(reply.location).path
        if reply.status != http.client.SEE_OTHER or page.split("/")[1] not in OWN_PAGES[letter.kind]:
            raise NotReceivedError(f"{letter.path}: {reply.status} {reply.location}\n{Page(reply.text).text[:500]}")
        files = (hashlib.sha256(letter.file).hexdigest(),) if letter.file else ()
        return Told(letter.kind, key, page, files, tries)

    def _headers(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}

    def _ask(self, request: Request) -> tuple[Reply, int]:
        """The whole answer, and how many tries it took."""
        for tries in range(1, TRIES + 1):
            try:
                reply = _exchange(self._street.address, request)
            except (OSError, http.client.HTTPException) as error:
                self._street.broken.append(f"{request.method} {type(error).__name__}")
            else:
                if reply.status != BUSY:
                    return reply, tries
            if self._street.over.wait(min(LONGEST_GAP_SECONDS, 0.05 * tries)):
                break
        raise NotReceivedError(f"{request.method} {request.path}: no answer")


def _exchange(address: str, request: Request) -> Reply:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(request.method, request.path, request.body, request.headers | {"Connection": "close"})
        answer = connection.getresponse()
        location, cookies = answer.getheader("Location", ""), answer.headers.get_all("Set-Cookie", [])
        return Reply(answer.status, location, "; ".join(cookies), answer.read())
    finally:
        connection.close()


def _urlencoded(values: dict[str, str]) -> tuple[str, bytes]:
    return "application/x-www-form-urlencoded", urlencode(values).encode()


def _multipart(values: dict[str, str], file: bytes) -> tuple[str, bytes]:
    """Browsers send an empty part where no file was chosen."""
    name, kind = ("bilag.pdf", "application/pdf") if file else ("", "application/octet-stream")
    upload = FileStorage(BytesIO(file), name, "files", kind)
    stream, _, boundary = stream_encode_multipart({**values, "files": upload}, use_tempfile=False)
    return f"multipart/form-data; boundary={boundary}", stream.read()


# --- letters -------------------------------------------------------------------------------------------------


def sign_up(path: str, number: int, *, twice: bool = False) -> Letter:
    """A sign-up; ``number`` makes persons differ."""
    fields = {
        "name": f"Kirsten Ærø {number}",
        "email": f"storm{number}@example.org",
        "category": "none",
        "question": "Hvornår begynder forsøget?",
    }
    return Letter(Kind.REGISTRATION, path, fields, twice=twice)


def answer(path: str, number: int, *, with_file: bool = False, twice: bool = False) -> Letter:
    """A hearing answer, with a file that no other answer has."""
    fields = {
        "sender_kind": "organisation",
        "on_behalf_of": f"Beboerforening {number}",
        "name": "Kirsten Ærø",
        "email": f"svar{number}@example.org",
        "text": "Vi støtter forslaget, men savner en beskrivelse af, hvem der følger op på det.\n" * 30,
    }
    return Letter(Kind.ANSWER, path, fields, _pdf() if with_file else b"", twice)


def _pdf() -> bytes:
    start, end = b"%PDF-1.7\n" + uuid.uuid4().hex.encode() + b"\n", b"\n%%EOF\n"
    return start + uuid.uuid4().bytes * ((FILE_BYTES - len(start) - len(end)) // 16) + end
