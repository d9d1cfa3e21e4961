"""Fixtures for everybody.

``app``, ``client``, ``page_client``   a fresh database a test, on SQLite and on PostgreSQL; see ``--engine`` and
                                       ``@pytest.mark.engines("sqlite")``
``bare_app``, ``danish``               an application without a database, and a request to it
``smtp_server``                        a real SMTP server
``live_server``, ``start_server``      the product as ``make run`` starts it
``address``                            ``app`` in this process, where a browser can open it
``browser``, ``open_tab``              Chromium, and a tab that fails on a bad page
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from eventapp import create_app
from eventapp.config import Settings
from eventapp.db import db as database
from tests.support import browser as chromium
from tests.support import live, remembered, served, smtp
from tests.support.databases import ENGINES, Databases, PostgresDatabases, SqliteDatabases, close
from tests.support.pages import PageClient
from tools.pg import private_server

LONGEST_TEST_SECONDS = 120
SECRET_KEY, TICKET_KEY = "0123456789abcdef" * 3, "fedcba9876543210" * 3


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", choices=ENGINES, help="run tests that need a database on this one only")
    parser.addoption("--shuffle", metavar="SEED", help="run the tests in another order, the same for the same seed")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """After pytest has put those together that share a database: in any order the outcome must be the same."""
    if seed := config.getoption("--shuffle"):
        random.Random(seed).shuffle(items)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("engines")
    chosen = marker.args if marker else ENGINES
    only = metafunc.config.getoption("--engine")
    metafunc.parametrize("engine", [one for one in chosen if only in {None, one}], scope="session")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """A test that waits for ever fails alone instead of taking the others with it."""
    marker = item.get_closest_marker("seconds")
    longest = marker.args[0] if marker else LONGEST_TEST_SECONDS

    def give_up(_number: int, _frame: FrameType | None) -> None:
        pytest.fail(f"The test was not done within {longest} seconds.")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(longest)
    try:
        return (yield)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session", autouse=True)
def compiled_catalogues() -> None:
    """The texts as they are written now."""
    remembered.compile_catalogues()


@pytest.fixture(scope="session", autouse=True)
def remembered_code() -> Iterator[None]:
    """What all applications of the session have alike is compiled once."""
    with pytest.MonkeyPatch.context() as patch:
        remembered.remember(patch)
        yield


# --- databases -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server: the one of TEST_POSTGRESQL_URL, or a private one for this session."""
    if url := os.environ.get("TEST_POSTGRESQL_URL"):
        yield url
    else:
        with private_server() as url:
            yield url


def make_settings(instance: Path, database_url: str) -> Settings:
    return Settings(
        instance_path=instance,
        public_url="http://localhost",
        database_url=database_url,
        secret_key=SECRET_KEY,
        ticket_key=TICKET_KEY,
    )


@pytest.fixture(scope="session")
def base_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of an installation that is safe to start; ``dataclasses.replace`` makes others from them."""
    return make_settings(tmp_path_factory.mktemp("instance"), database_url="")


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory, base_settings: Settings) -> SqliteDatabases:
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"), base_settings)


@pytest.fixture(scope="session")
def postgres_databases(postgresql_url: str, base_settings: Settings) -> PostgresDatabases:
    return PostgresDatabases(postgresql_url, base_settings)


@pytest.fixture(scope="session")
def databases(engine: str, request: pytest.FixtureRequest) -> Databases:
    found: Databases = request.getfixturevalue("sqlite_databases" if engine == "sqlite" else "postgres_databases")
    return found


@pytest.fixture
def settings(databases: Databases, tmp_path: Path) -> Iterator[Settings]:
    """Settings with a fresh, migrated database and an instance folder of the test's own."""
    url = databases.fresh()
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    yield make_settings(instance, url)
    databases.drop(url)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application on a fresh database; no context is open, so a test opens one where it needs it."""
    made = create_app(settings, testing=True)
    yield made
    close(made)


@pytest.fixture
def db(app: Flask) -> Iterator[SQLAlchemy]:
    """The database inside an application context: for tests of actions and queries. They commit for themselves."""
    with app.app_context():
        yield database


@pytest.fixture(scope="session")
def bare_app(base_settings: Settings) -> Flask:
    """An application that asks no database: for forms, words and rules that speak."""
    return create_app(base_settings, testing=True)


@pytest.fixture
def danish(bare_app: Flask) -> Iterator[None]:
    """A request in Danish that asks no database."""
    with bare_app.test_request_context("/?lang=da"):
        yield


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def page_client(app: Flask) -> PageClient:
    """A client that looks over every page it gets, and fills in forms as they stand."""
    app.test_client_class = PageClient
    found = app.test_client()
    assert isinstance(found, PageClient)
    return found


# --- time ----------------------------------------------------------------------------------------------------


@pytest.fixture
def now() -> datetime:
    """A moment to pass in: a week before the debate of the demo case, at noon in Copenhagen."""
    return datetime(2023, 9, 21, 10, 0, tzinfo=UTC)


# --- the product from outside --------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def smtp_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[smtp.SmtpServer]:
    with smtp.running(tmp_path_factory.mktemp("smtp")) as server:
        yield server


@pytest.fixture
def smtp_server(smtp_session: smtp.SmtpServer) -> smtp.SmtpServer:
    """A real SMTP server with STARTTLS, empty; it can be told to fail."""
    smtp_session.clear()
    return smtp_session


Start = Callable[..., live.LiveServer]


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Start]:
    """Start the product with settings of your own: ``start_server(DEMO_STAGE="door", MAIL_SERVER=...)``."""
    with ExitStack() as stack:

        def start(**settings: str) -> live.LiveServer:
            instance = tmp_path / f"instance-{len(list(tmp_path.iterdir()))}"
            return stack.enter_context(live.running(instance, settings))

        yield start


@pytest.fixture
def live_server(start_server: Start, smtp_server: smtp.SmtpServer) -> live.LiveServer:
    """The product on SQLite with the demo case, sending its mail to ``smtp_server``."""
    return start_server(**smtp_server.environment())


@pytest.fixture(scope="session")
def served_session() -> Iterator[served.Served]:
    with served.running() as server:
        yield server


@pytest.fixture
def address(app: Flask, served_session: served.Served) -> Iterator[str]:
    """Where a browser finds ``app``; all tests have the same server, and each its own application behind it."""
    with served_session.serving(app) as where:
        yield where


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=chromium.PATIENCE_MS)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    started = chromium.launch(playwright)
    yield started
    started.close()


OpenTab = Callable[..., chromium.Watched]


@pytest.fixture
def open_tab(browser: Browser, playwright: Playwright) -> Iterator[OpenTab]:
    """Open a watched tab: ``open_tab(live_server.address, size="phone", lang="en", camera=film)``."""
    with ExitStack() as stack:

        def opened(address: str, *, camera: Path | None = None, **options: Any) -> chromium.Watched:
            used = browser
            if camera:
                used = chromium.launch(playwright, camera=camera)
                stack.callback(used.close)
                options["permissions"] = ["camera"]
            return stack.enter_context(chromium.tab(used, address, **options))

        yield opened
