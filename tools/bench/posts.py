"""What clients send: the three posts that come in rushes, byte for byte as a browser or a phone sends them.

The bare function gets the very same bytes, cookies and token too, although it looks at neither.
"""

from __future__ import annotations

import html
import json
import os
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import urlencode

PDF_BYTES = 200_000
TEXT_BYTES = 3_000
EACH_WITH_FILE = 10  # every tenth answer has a file (reliability R10)
BOUNDARY = "----boundary7MA4YWxkTrZu0gW"
SENTENCE = "Vi støtter forslaget om et forsøg, men savner en beskrivelse af, hvem der følger op på det. "
TEXT = (SENTENCE * (TEXT_BYTES // len(SENTENCE.encode()) + 1)).encode()[:TEXT_BYTES].decode("utf-8", "ignore")
TOKEN = "csrf_token"
HIDDEN = re.compile(rb'<input type="hidden" name="([^"]+)" value="([^"]*)">')
COOKIE = re.compile(rb"\r\nset-cookie: *([^;\r]+)", re.IGNORECASE)
LOCATION = re.compile(rb"\r\nlocation: *(/t/[^\r]+)", re.IGNORECASE)
SEEDED = "5eed"  # how the keys of what was there before begin


@dataclass(frozen=True)
class Reply:
    """An answer, unread."""

    status: int
    head: bytes
    body: bytes


Ask = Callable[[bytes], Reply]


@dataclass(frozen=True)
class Visitor:
    """What a browser has after it opened the form: its cookies and the form's hidden fields."""

    cookies: str
    token: str
    hidden: dict[str, str] = field(default_factory=dict)


@dataclass
class Post:
    """One of the three posts, as the clients of one round send it to one server. ``visitors``: one a client."""

    port: int
    path: str
    visitors: Sequence[Visitor]

    def make(self, client: int, number: int) -> tuple[str, bytes]:
        """A post that was never sent before, the ``number``-th of its round: its submission key and its bytes."""
        raise TypeError("Send a sign-up, an answer or a scan.")

    def send(self, ask: Ask, client: int, number: int) -> tuple[str, Reply]:
        """Send it, and whatever belongs to it: its submission key, and the last answer."""
        key, request = self.make(client, number)
        return key, ask(request)

    def accepts(self, reply: Reply) -> bool:
        """Whether the answer says that this very post was stored."""
        raise TypeError("Send a sign-up, an answer or a scan.")


@dataclass
class Registration(Post):
    """A sign-up: no file, six fields."""

    category_id: str = ""

    def make(self, client: int, number: int) -> tuple[str, bytes]:
        key, visitor = new_key(), self.visitors[client]
        fields = visitor.hidden | {
            "csrf_token": visitor.token,
            "key": key,
            "category": self.category_id,
            "name": "Kirsten Ærø Madsen",
            "email": f"gaest-{key}@example.org",
            "organisation": "Beboerforeningen Havnen",
            "needs": "",
            "question": "Hvornår begynder forsøget, og hvem følger op på det?",
            "follow_up": "1",
            "website": "",
        }
        body = urlencode(fields).encode()
        return key, head(self.port, self.path, visitor, "application/x-www-form-urlencoded", body) + body

    def accepts(self, reply: Reply) -> bool:
        return reply.status == 303 and b"\r\nLocation: /t/" in reply.head


@dataclass
class WholeSignUp(Registration):
    """All that a guest asks for: the form with an empty cookie jar, the post, and the ticket that it leads to."""

    def send(self, ask: Ask, client: int, number: int) -> tuple[str, Reply]:
        visitor = opened(ask(asked_for(self.port, self.path)))
        key, request = replace(self, visitors=[visitor]).make(0, number)
        stored = ask(request)
        found = LOCATION.search(stored.head)
        if stored.status != 303 or found is None:
            return key, stored
        return key, ask(asked_for(self.port, found[1].decode(), visitor.cookies))

    def accepts(self, reply: Reply) -> bool:
        return reply.status == 200 and b'<svg class="qr"' in reply.body


@dataclass
class Answer(Post):
    """A hearing answer: three kilobytes of text, and every tenth one with a file of 200 kB."""

    _filler: bytes = field(default_factory=lambda: os.urandom(PDF_BYTES // 2).hex().encode())

    def make(self, client: int, number: int) -> tuple[str, bytes]:
        key, visitor = new_key(), self.visitors[client]
        fields = visitor.hidden | {
            "csrf_token": visitor.token,
            "submission_key": key,
            "sender_kind": "organisation",
            "on_behalf_of": "Beboerforeningen Havnen",
            "name": "Kirsten Ærø Madsen",
            "email": f"svar-{key}@example.org",
            "text": TEXT,
        }
        file = self._pdf(key) if number % EACH_WITH_FILE == EACH_WITH_FILE - 1 else b""
        body = multipart(fields, "files", "bilag.pdf" if file else "", file)
        return key, head(self.port, self.path, visitor, f"multipart/form-data; boundary={BOUNDARY}", body) + body

    def accepts(self, reply: Reply) -> bool:
        return reply.status == 303 and b"\r\nLocation: /receipts/" in reply.head

    def _pdf(self, key: str) -> bytes:
        """No two alike, so that each one is written to the disk."""
        return b"%PDF-1.7\n" + key.encode() + self._filler[64:] + b"\n%%EOF\n"


@dataclass
class CheckIn(Post):
    """A ticket that is shown for the first time, scanned by a phone. ``codes``: one for each post of a round."""

    codes: Sequence[str] = ()

    def make(self, client: int, number: int) -> tuple[str, bytes]:
        key, visitor = new_key(), self.visitors[client]
        scan = {
            "scan_id": key,
            "code": f"HTTP://127.0.0.1:{self.port}/T/{self.codes[number]}",
            "direction": "in",
            "device_at": datetime.now(UTC).isoformat(),
            "offset_ms": 12,
        }
        body = json.dumps(scan).encode()
        token = f"X-CSRFToken: {visitor.token}\r\nAccept: application/json\r\n"
        return key, head(self.port, self.path, visitor, "application/json", body, token) + body

    def accepts(self, reply: Reply) -> bool:
        return reply.status == 201 and bool(re.search(rb'"verdict": ?"ok"', reply.body))


def asked_for(port: int, path: str, cookies: str = "") -> bytes:
    """A page, as a browser asks for it."""
    cookie = f"Cookie: {cookies}\r\n" if cookies else ""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
        "Accept: text/html\r\nAccept-Encoding: gzip, deflate\r\nAccept-Language: da,en;q=0.7\r\n"
        f"{cookie}Connection: keep-alive\r\n\r\n"
    ).encode()


def opened(form: Reply) -> Visitor:
    """Who was given this form: its cookies and hidden fields."""
    hidden = {name.decode(): html.unescape(value.decode()) for name, value in HIDDEN.findall(form.body)}
    cookies = "; ".join(one.decode() for one in COOKIE.findall(form.head))
    return Visitor(cookies, hidden.pop(TOKEN, ""), hidden)


def new_key() -> str:
    """A submission key that does not look like those of seeded rows."""
    while (key := uuid.uuid4().hex).startswith(SEEDED):
        pass
    return key


def head(port: int, path: str, visitor: Visitor, content_type: str, body: bytes, more: str = "") -> bytes:
    """The head of a POST as browsers send it to their own site."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
        "Accept-Encoding: gzip, deflate\r\nAccept-Language: da,en;q=0.7\r\n"
        f"Origin: http://127.0.0.1:{port}\r\nSec-Fetch-Site: same-origin\r\nConnection: keep-alive\r\n"
        f"Cookie: {visitor.cookies}\r\n{more}Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()


def multipart(fields: dict[str, str], file_field: str, file_name: str, file: bytes) -> bytes:
    """A form with a file; browsers send an empty part where none was chosen."""
    lines = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    kind = "application/pdf" if file else "application/octet-stream"
    last = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{file_field}"; filename="{file_name}"\r\n'
    start = f"{''.join(lines)}{last}Content-Type: {kind}\r\n\r\n".encode()
    return start + file + f"\r\n--{BOUNDARY}--\r\n".encode()
