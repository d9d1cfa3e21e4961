"""A form arrives however slow the line is, while bytes still move: nothing on the way counts the time of the whole."""

from __future__ import annotations

import http.client
import re
import secrets
import time
import urllib.request
from contextlib import closing
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

import pytest

from tests.conftest import Start
from tests.support.html import Page
from tests.support.live import LiveServer
from tests.support.pages import choose_form, form_values

PATIENCE_SECONDS = 2  # of the web server with a process that does not answer, instead of 60
PIECES, PAUSE_SECONDS = 28, 0.25  # so that the whole takes more than three times as long
TYPED = {"sender_kind": "citizen", "name": "Mona", "email": "mona@example.org", "text": "Se bilaget."}
FILE = b"%PDF-1.4\n" + b"x" * 90_000 + b"\n%%EOF\n"


def answer_form(server: LiveServer) -> tuple[str, str, dict[str, str]]:
    """Address of the form of the demo's hearing, the cookie, and the form filled in."""
    with urllib.request.urlopen(server.address, timeout=60) as page:
        found = re.search(r'href="(/hearings/[^"/]+)"', page.read().decode())
    assert found
    path = f"{found[1]}/answer"
    with urllib.request.urlopen(server.url(path), timeout=60) as page:
        cookie = SimpleCookie(page.headers["Set-Cookie"])
        form = choose_form(Page(page.read().decode()), TYPED, "")
    return path, "; ".join(f"{one.key}={one.value}" for one in cookie.values()), {**form_values(form), **TYPED}


def multipart(values: dict[str, str]) -> tuple[str, bytes]:
    mark = secrets.token_hex(16)
    parts = [f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{one}' for name, one in values.items()]
    file = f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="bilag.pdf"\r\n\r\n'
    body = "\r\n".join([*parts, file]).encode() + FILE + f"\r\n--{mark}--\r\n".encode()
    return f"multipart/form-data; boundary={mark}", body


@pytest.mark.engines("sqlite")
@pytest.mark.seconds(600)
def test_a_body_that_takes_longer_than_the_server_waits_arrives(start_server: Start) -> None:
    server = start_server(DEMO_STAGE="hearing", GUNICORN_CMD_ARGS=f"--timeout {PATIENCE_SECONDS} --workers 1")
    path, cookie, values = answer_form(server)
    content_type, body = multipart(values)
    with closing(http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=60)) as line:
        line.putrequest("POST", path)
        for name, value in {"Content-Type": content_type, "Content-Length": str(len(body)), "Cookie": cookie}.items():
            line.putheader(name, value)
        line.endheaders()
        begun, step = time.monotonic(), len(body) // PIECES + 1
        for place in range(0, len(body), step):
            line.send(body[place : place + step])
            time.sleep(PAUSE_SECONDS)  # the slow line itself
        answer = line.getresponse()
        location = answer.getheader("Location", "")
        assert (answer.status, location.split("/")[1:2]) == (303, ["receipts"])
    assert time.monotonic() - begun > 3 * PATIENCE_SECONDS
    with urllib.request.urlopen(server.url(location), timeout=60) as receipt:
        assert "bilag.pdf" in receipt.read().decode()
