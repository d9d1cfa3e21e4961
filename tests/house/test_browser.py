"""A watched tab sees what a person would trip over, and the fake camera shows what it is given."""

import base64
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import qrcode
from flask import Flask

from tests.support.browser import Watched
from tests.support.pictures import camera_video, qr_from_png
from tests.support.served import Served

PAGE = """<!doctype html><html lang="da"><head><meta charset="utf-8"><title>Sager</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>Sager</h1>BODY</main></body></html>"""
BAD = {  # what is wrong, and the word that tells of it
    "console": ("<script>console.error('oh')</script>", "console: oh"),
    "script": ("<script>nowhere()</script>", "nowhere is not defined"),
    "host": ("<img alt='x' src='http://other.example.org/x.png'>", "request to another host"),
    "contrast": ("<p style='color:#999;background:#fff'>Svær at læse</p>", "color-contrast"),
    "label": ("<input name='x'>", "label"),
    "headings": ("<h1>Sag</h1>", "2 h1"),
    "sideways": ("<p style='width:3000px'>bred</p>", "wider than the window"),
    "missing": ("<img alt='x' src='/nothing.png'>", "404 for"),
}
CAMERA = """<video autoplay muted></video><script>
navigator.mediaDevices.getUserMedia({video: true}).then(film => { document.querySelector("video").srcObject = film; });
</script>"""
FRAME = """() => {
    const film = document.querySelector("video"), canvas = document.createElement("canvas");
    canvas.width = film.videoWidth; canvas.height = film.videoHeight;
    canvas.getContext("2d").drawImage(film, 0, 0);
    return canvas.toDataURL("image/png").split(",")[1];
}"""


@pytest.fixture
def address(served_session: Served) -> Iterator[str]:
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: PAGE.replace("BODY", "<p>Hej</p>"))
    app.add_url_rule("/camera", "camera", lambda: PAGE.replace("BODY", CAMERA))
    for fault, (body, _) in BAD.items():
        app.add_url_rule(f"/{fault}", fault, lambda body=body: PAGE.replace("BODY", body))
    with served_session.serving(app) as where:
        yield where


OpenTab = Callable[..., Watched]


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_good_page_passes(open_tab: OpenTab, address: str, size: str) -> None:
    tab = open_tab(address, size=size)
    tab.visit("/")
    assert tab.visited == ["/"]


@pytest.mark.parametrize("fault", sorted(BAD))
def test_bad_page_fails(open_tab: OpenTab, address: str, fault: str) -> None:
    tab = open_tab(address, size="phone")
    with pytest.raises(AssertionError, match=BAD[fault][1]):
        tab.visit(f"/{fault}")
    tab.faults.clear()


def qr_png(text: str) -> bytes:
    target = io.BytesIO()
    qrcode.make(text).save(target)
    return target.getvalue()


def test_camera_shows_the_code_that_it_was_given(open_tab: OpenTab, address: str, tmp_path: Path) -> None:
    film = camera_video([qr_png("HTTPS://EXAMPLE.ORG/T/ABC")], tmp_path / "film.mjpeg")
    tab = open_tab(address, camera=film)
    tab.page.goto(f"{address}/camera")
    tab.page.wait_for_function("document.querySelector('video').currentTime > 0.5")
    assert qr_from_png(base64.b64decode(tab.page.evaluate(FRAME))) == "HTTPS://EXAMPLE.ORG/T/ABC"
