"""What tests of the whole thread begin with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask

from eventapp import clock
from eventapp.web.permissions import Role
from tests.support.pages import PageClient
from tests.support.staff import sign_in
from tests.thread.roads import World


@pytest.fixture
def be_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.fixture
def world(page_client: PageClient, app: Flask, be_at: Callable[[datetime], None]) -> World:
    sign_in(page_client, *(one for one in Role if one is not Role.DOOR))
    return World(page_client, app, be_at, {})
