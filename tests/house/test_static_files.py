"""Static files: kept for ever under their hash, compressed where that lies ready, never from outside their folder."""

import gzip
import os
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from eventapp.web import static

STYLE = "body { color: black }\n" * 50


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "static").mkdir()
    (tmp_path / "secret.css").write_text("secret")
    return tmp_path / "static"


@pytest.fixture
def site(folder: Path) -> Flask:
    app = Flask(__name__, static_folder=str(folder), static_url_path="/static")
    static.init_static(app)
    return app


@pytest.fixture
def web(site: Flask) -> FlaskClient:
    return site.test_client()


def write(path: Path, *, packed: bool = True) -> None:
    path.write_text(STYLE)
    if packed:
        Path(f"{path}.gz").write_bytes(gzip.compress(STYLE.encode()))


def fetch(web: FlaskClient, url: str, **headers: str) -> TestResponse:
    """The answer, with its file closed again."""
    return web.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()}, buffered=True)


def address(site: Flask, name: str) -> str:
    with site.test_request_context():
        return render_template_string("{{ asset(name) }}", name=name)


def test_file_under_its_hash_is_kept_for_a_year(site: Flask, web: FlaskClient, folder: Path) -> None:
    write(folder / "site.css")
    answer = fetch(web, address(site, "site.css"))
    assert answer.text == STYLE
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("query", ["", "?v=0123456789ab"])
def test_file_without_its_hash_is_asked_for_again(web: FlaskClient, folder: Path, query: str) -> None:
    write(folder / "site.css")
    answer = fetch(web, f"/static/site.css{query}")
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert fetch(web, "/static/site.css", If_None_Match=answer.headers["ETag"]).status_code == 304


def test_address_changes_with_what_the_file_holds(site: Flask, folder: Path) -> None:
    write(folder / "site.css")
    before = address(site, "site.css")
    (folder / "site.css").write_text("body { color: white }")
    assert address(site, "site.css") != before


def test_compressed_sibling_is_sent_to_those_who_take_it(web: FlaskClient, folder: Path) -> None:
    write(folder / "site.css")
    packed = fetch(web, "/static/site.css", Accept_Encoding="gzip")
    plain = fetch(web, "/static/site.css", Accept_Encoding="gzip;q=0")
    assert gzip.decompress(packed.data) == plain.data == STYLE.encode()
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Content-Type"].startswith("text/css")
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert packed.headers["ETag"] != plain.headers["ETag"]


def test_sibling_older_than_its_file_is_not_sent(web: FlaskClient, folder: Path) -> None:
    write(folder / "site.css")
    os.utime(folder / "site.css.gz", (1, 1))
    answer = fetch(web, "/static/site.css", Accept_Encoding="gzip")
    assert "Content-Encoding" not in answer.headers


def test_wasm_has_the_type_that_browsers_compile_from(web: FlaskClient, folder: Path) -> None:
    write(folder / "reader.wasm")
    assert fetch(web, "/static/reader.wasm").headers["Content-Type"] == "application/wasm"


@pytest.mark.parametrize("name", ["missing.css", "../secret.css", "%2e%2e/secret.css", "..%2fsecret.css", ""])
def test_nothing_else_is_given_away(web: FlaskClient, name: str) -> None:
    assert fetch(web, f"/static/{name}").status_code == 404
