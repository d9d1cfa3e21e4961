"""Only pages that say so are compressed: the others may hold a secret whose length would show."""

import gzip

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from eventapp.web.compress import compressible, register

TEXT = "Debat om afkriminalisering. " * 100


def plain() -> Response:
    return Response(TEXT, mimetype="text/html")


def with_tag() -> Response:
    answer = plain()
    answer.set_etag("t")
    return answer


VIEWS = {
    "public": plain,
    "tagged": with_tag,
    "short": lambda: Response("kort", mimetype="text/html"),
    "picture": lambda: Response(TEXT, mimetype="image/png"),
    "stream": lambda: Response(iter([TEXT]), mimetype="text/csv"),
    "refusal": lambda: Response(TEXT, mimetype="text/html", status=409),
}


@pytest.fixture
def web() -> FlaskClient:
    app = Flask(__name__)
    register(app)
    app.add_url_rule("/secret", "secret", plain)
    for name, view in VIEWS.items():
        app.add_url_rule(f"/{name}", name, compressible(lambda view=view: view()))
    return app.test_client()


def test_public_page_is_compressed(web: FlaskClient) -> None:
    answer = web.get("/public", headers={"Accept-Encoding": "br, gzip"})
    assert gzip.decompress(answer.data).decode() == TEXT
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Content-Length"] == str(len(answer.data))


def test_cache_between_is_told_that_there_are_two(web: FlaskClient) -> None:
    for accepted in ("gzip", "identity"):
        assert web.get("/public", headers={"Accept-Encoding": accepted}).headers["Vary"] == "Accept-Encoding"


def test_tag_of_a_compressed_page_is_weak(web: FlaskClient) -> None:
    assert web.get("/tagged", headers={"Accept-Encoding": "gzip"}).headers["ETag"] == 'W/"t"'


@pytest.mark.parametrize("name", ["secret", "short", "picture", "stream", "refusal"])
def test_other_answers_are_sent_as_they_are(web: FlaskClient, name: str) -> None:
    answer = web.get(f"/{name}", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers


def test_client_that_takes_no_gzip_gets_none(web: FlaskClient) -> None:
    assert web.get("/public").text == TEXT
