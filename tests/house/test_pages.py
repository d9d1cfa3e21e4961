"""The page client and what it looks for: each fault is found, and a good page has none."""

import pytest
from flask import Flask, redirect, request
from werkzeug import Response as BaseResponse

from tests.support.html import Page, page_faults
from tests.support.pages import PageClient

GOOD = """<!doctype html>
<html lang="da"><head><title>Sager</title></head><body><main>
<h1>Sager</h1>
<form method="post" action="/send">
  <input type="hidden" name="token" value="t1">
  <label for="name">Navn</label><input id="name" name="name" value="Anna">
  <label><input type="checkbox" name="agree" value="yes" checked>Ja</label>
  <label for="group">Gruppe</label><select id="group" name="group">
    <option value="a">A</option><option selected>B</option></select>
  <label for="text">Tekst</label><textarea id="text" name="text">
hej</textarea>
  <button>Send</button>
</form></main></body></html>"""


def test_good_page_has_no_fault() -> None:
    assert page_faults(Page(GOOD)) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (' lang="da"', "", "<html> has no lang"),
        ("<title>Sager</title>", "<title> – </title>", "titles"),
        ("<h1>Sager</h1>", "<h2>Sager</h2>", "h1: []"),
        ("<h1>Sager</h1>", "<h1>Sager</h1><h1>Sag</h1>", "h1: ['Sager', 'Sag']"),
        ('<label for="name">Navn</label>', "", "has no label"),
        ('id="text"', 'id="name"', "stands 2 times"),
        ('for="text"', 'for="texts"', "which is not on the page"),
        ("<h1>Sager</h1>", '<h1 style="color:red">Sager</h1>', "inline style"),
        ("<h1>Sager</h1>", "<h1>Sager</h1><script>1</script>", "inline script"),
        ("<h1>Sager</h1>", '<h1 onclick="f()">Sager</h1>', "inline script"),
        ("<h1>Sager</h1>", "<h1>Sager</h1><p>", "closes <p>"),
        ("<h1>Sager</h1>", '<h1>Sager</h1><img src="x">', "without alt"),
        ("<h1>Sager</h1>", '<h1 class="a" class="b">Sager</h1>', "two class"),
    ],
)
def test_fault_is_found(old: str, new: str, fault: str) -> None:
    assert fault in "\n".join(page_faults(Page(GOOD.replace(old, new))))


@pytest.fixture
def small_client() -> PageClient:
    app = Flask(__name__)

    @app.get("/")
    def form() -> str:
        return GOOD

    @app.post("/send")
    def send() -> BaseResponse:
        return redirect("/" if request.form.to_dict() == sent else "/wrong", 303)

    sent = {"token": "t1", "name": "Bo", "agree": "yes", "group": "B", "text": "hej"}
    app.after_request(lambda response: response.headers.setdefault("Content-Security-Policy", "x") and response)
    app.test_client_class = PageClient
    client = app.test_client()
    assert isinstance(client, PageClient)
    return client


def test_form_is_sent_as_the_page_filled_it_in(small_client: PageClient) -> None:
    page = small_client.submit("/", {"name": "Bo"})
    assert page.heading == "Sager"


def test_field_that_the_form_lacks_is_told(small_client: PageClient) -> None:
    with pytest.raises(AssertionError, match="No form for"):
        small_client.submit("/", {"surname": "Bo"})
